//! Words that code in a certain place may not use, each with the reason that tells what would be
//! right. To add a rule, add a line to `BANS`, with an example that it must catch.

use super::scan::{code_only, mentions};
use super::{Source, assert_none, rust_sources};

struct Ban {
    /// What would be right.
    right: &'static str,
    /// Where it holds, by path.
    holds_in: fn(&str) -> bool,
    phrases: &'static [&'static str],
    /// A file that breaks it: path and text.
    example: (&'static str, &'static str),
}

const BANS: [Ban; 6] = [
    Ban {
        right: "the cores of the books are pure: no I/O, no clock, no logging; ids and times come in with the command",
        holds_in: |path| {
            ["ledger", "cashback", "reconciliation"]
                .iter()
                .any(|context| path.starts_with(&format!("service/src/{context}/core")))
        },
        phrases: &[
            "async",
            ".await",
            "sea_orm",
            "tracing",
            "metrics",
            "std::fs",
            "std::env",
            "tokio",
            "SystemTime",
            "Instant",
            "Utc::now",
            "now_v7",
            "new_v4",
        ],
        example: ("service/src/ledger/core/fold.rs", "async fn apply() {}"),
    },
    Ban {
        right: "only `service/src/tx.rs` opens, commits and retries: take a `&Tx`, end with `tx.commit(value)`",
        holds_in: |path| is_shipped(path) && path != "service/src/tx.rs",
        phrases: &[
            "TransactionTrait",
            "DatabaseTransaction",
            ".commit()",
            ".rollback()",
            "begin_with_config",
        ],
        example: ("service/src/members/mod.rs", "tx.commit().await?;"),
    },
    Ban {
        right: "time enters as an argument: ask the `Clock` of `service/src/clock.rs` at the edge",
        holds_in: |path| is_shipped(path) && path != "service/src/clock.rs",
        phrases: &["Utc::now", "Local::now", "SystemTime::now"],
        example: ("api/src/cli/demo.rs", "let now = chrono::Utc::now();"),
    },
    Ban {
        right: "no float touches points or money: whole points, minor units, micro-units, basis points",
        holds_in: |path| {
            ["entity/", "migration/", "service/", "api/src/graphql"]
                .iter()
                .any(|place| path.starts_with(place))
        },
        phrases: &["f32", "f64"],
        example: ("service/src/purchases/rules.rs", "let points = amount as f64 * rate;"),
    },
    Ban {
        right: "no test is left out: mend it or delete it",
        holds_in: |_| true,
        phrases: &["#[ignore", "should_panic"],
        example: ("tests/it/members.rs", "#[test] #[ignore = \"slow\"] fn waits() {}"),
    },
    Ban {
        right: "a lint is met or expected with a reason: `#[expect(lint, reason = \"…\")]`, never allowed in silence",
        holds_in: |_| true,
        phrases: &["#[allow", "#![allow"],
        example: ("api/src/lib.rs", "#[allow(dead_code)] fn unused() {}"),
    },
];

/// Code that ends up in the binary.
fn is_shipped(path: &str) -> bool {
    ["api/", "entity/", "migration/", "service/"].iter().any(|crate_| path.starts_with(crate_))
}

fn offences(ban: &Ban, source: &Source) -> Vec<String> {
    if !(ban.holds_in)(&source.path) {
        return Vec::new();
    }
    let code = code_only(&source.text);
    let says = |(at, line): (usize, &str)| {
        let phrase = ban.phrases.iter().find(|phrase| mentions(line, phrase))?;
        Some(format!("{}:{}: `{phrase}`", source.path, at + 1))
    };
    code.lines().enumerate().filter_map(says).collect()
}

#[test]
fn no_code_says_what_is_banned_where_it_stands() {
    let sources = rust_sources();
    for ban in &BANS {
        let found: Vec<_> = sources.iter().flat_map(|source| offences(ban, source)).collect();
        assert_none(ban.right, &found);
    }
}

#[test]
fn every_ban_catches_its_example() {
    for ban in &BANS {
        let (path, text) = ban.example;
        assert_eq!(offences(ban, &Source::new(path, text)).len(), 1, "{}", ban.right);
        assert_eq!(
            offences(ban, &Source::new(path, &format!("//! {text}"))).len(),
            0,
            "{}",
            ban.right
        );
    }
}
