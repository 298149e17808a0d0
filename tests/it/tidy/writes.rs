//! What writes must be, so that they stand on any database: each transaction is tried again where others
//! got in its way, and nothing is taken from a place that all of them share.

use super::scan::code_only;
use super::{Source, assert_none, rust_sources};

/// Where transactions are opened, and who tries again there: the lanes, by batch.
const BY_BATCH: &str = "service/src/writes/mod.rs";
/// One gateway at a time sequences facts and migrates; no write waits for either.
const ALONE: [&str; 2] = ["service/src/sequencer.rs", "service/src/migrate.rs"];
/// What a write must not ask the database for.
const SHARED: [&str; 7] = [
    "advisory",
    "nextval",
    "create sequence",
    " serial ",
    "bigserial",
    "as identity",
    "autoincrement",
];

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("/batches.rs")
}

/// How many transactions a file opens, and how many of them it tries again.
fn counts(source: &Source) -> (usize, usize) {
    let code = code_only(&source.text);
    let retried = code.matches("retrying(").count() + code.matches("retrying_within(").count();
    (code.matches(".begin()").count(), retried)
}

#[test]
fn every_transaction_is_tried_again() {
    let is_open = |source: &&Source| {
        let is_here = source.path.starts_with("service/src/") && source.path != "service/src/tx.rs";
        let (begun, retried) = counts(source);
        is_here && !is_test(&source.path) && source.path != BY_BATCH && begun != retried
    };
    let sources = rust_sources();
    let found: Vec<_> = sources.iter().filter(is_open).map(|source| source.path.clone()).collect();
    assert_none(
        "a use case opens its transaction within `tx::retrying`, which tries it again on a conflict",
        &found,
    );
    let example = Source::new("service/src/a.rs", "let tx = self.db.begin().await?;");
    assert!(is_open(&&example));
}

#[test]
fn no_write_asks_for_what_all_writes_share() {
    let sources = rust_sources();
    let is_write = |source: &&Source| {
        let path = source.path.as_str();
        (path.starts_with("service/") || path.starts_with("migration/")) && !ALONE.contains(&path)
    };
    let says = |source: &Source| {
        let lines = source.text.to_lowercase();
        let shared = |line: &str| SHARED.iter().any(|word| line.contains(word));
        let path = source.path.clone();
        let found: Vec<_> = lines.lines().enumerate().filter(|(_, line)| shared(line)).collect();
        found.into_iter().map(|(at, _)| format!("{path}:{}", at + 1)).collect::<Vec<_>>()
    };
    let found: Vec<_> = sources.iter().filter(is_write).flat_map(says).collect();
    assert_none(
        "ids are made here and locks are rows': no advisory lock and no sequence, which all writes share",
        &found,
    );
    let example = Source::new("migration/src/a.rs", "create table a (id bigserial primary key)");
    assert_eq!(says(&example).len(), 1);
}

/// Whether a line makes an index, and none of the two before says for which query.
fn unexplained(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_index =
        |line: &str| line.contains("create index") || line.contains("create unique index");
    let is_told =
        |at: usize| lines[at.saturating_sub(2)..at].iter().any(|line| line.contains("// "));
    let found = lines.iter().enumerate().filter(|(at, line)| is_index(line) && !is_told(*at));
    found.map(|(at, _)| format!("{}:{}", source.path, at + 1)).collect()
}

#[test]
fn every_index_names_its_query() {
    let sources = rust_sources();
    let migrations = sources.iter().filter(|source| source.path.starts_with("migration/"));
    let found: Vec<_> = migrations.flat_map(unexplained).collect();
    assert_none("an index costs each write: the line above says which query needs it", &found);
    let example = Source::new("migration/src/a.rs", "db.run(\"create index a_b on a (b)\")");
    assert_eq!(unexplained(&example).len(), 1);
}
