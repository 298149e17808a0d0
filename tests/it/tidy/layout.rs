//! Where things stand: the top level is fixed, and a context has one noun, which names its file or
//! folder in every crate.

use std::collections::BTreeSet;
use std::fs;

use super::{MADE, assert_none, root, sources};

/// Beside these, names that start with a dot.
const TOP_LEVEL: [&str; 14] = [
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "README.md",
    "api",
    "docker-compose.yml",
    "docs",
    "entity",
    "migration",
    "rust-toolchain.toml",
    "schema.graphql",
    "service",
    "tests",
];

const CONTEXTS: [&str; 22] = [
    "activity",
    "analytics",
    "auth",
    "cashback",
    "earning",
    "engagement",
    "gamification",
    "leaderboards",
    "ledger",
    "live",
    "members",
    "memberships",
    "offers",
    "partners",
    "payments",
    "programmes",
    "proposals",
    "purchases",
    "reconciliation",
    "rewards",
    "settlement",
    "tiers",
];

/// Names that say nothing: what is in such a file belongs to what it serves.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];

/// The names standing directly in a folder, without `.rs`, `mod` and `lib`.
fn names_in(folder: &str) -> BTreeSet<String> {
    let prefix = format!("{folder}/");
    let first = |path: &str| {
        let name = path.strip_prefix(&prefix)?.split('/').next()?;
        let stem = name.strip_suffix(".rs").unwrap_or(name);
        (!["mod", "lib", "main"].contains(&stem)).then(|| stem.to_owned())
    };
    sources().iter().filter_map(|source| first(&source.path)).collect()
}

#[test]
fn the_top_level_is_as_agreed() {
    let is_known =
        |name: &str| name.starts_with('.') || TOP_LEVEL.contains(&name) || MADE.contains(&name);
    let found: Vec<_> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !is_known(name))
        .collect();
    assert_none(
        "the top level is fixed: tool settings are dotfiles, all else belongs to a crate or to docs",
        &found,
    );
}

#[test]
fn a_context_is_spelled_alike_in_every_crate() {
    let mut found = Vec::new();
    for folder in ["entity/src", "service/src", "api/src/graphql"] {
        for name in names_in(folder) {
            if let Some(context) = misspelled(&name) {
                found.push(format!("{folder}/{name}: is it `{context}`?"));
            }
        }
    }
    assert_none("a context has one noun, spelled the same in every crate", &found);
}

/// The context that a name nearly is.
fn misspelled(name: &str) -> Option<&'static str> {
    let is_near = |context: &str| {
        context.len() > 4
            && context.get(..4) == name.get(..4)
            && context.len().abs_diff(name.len()) <= 2
    };
    let near = CONTEXTS.into_iter().find(|context| is_near(context));
    near.filter(|_| !CONTEXTS.contains(&name))
}

#[test]
fn a_context_with_tables_has_use_cases_and_tests() {
    let (services, tests) = (names_in("service/src"), names_in("tests/it"));
    let mut found = Vec::new();
    for context in names_in("entity/src").iter().filter(|name| CONTEXTS.contains(&name.as_str())) {
        if !services.contains(context) {
            found.push(format!("service/src/{context} is missing"));
        }
        if !tests.contains(context) {
            found.push(format!("tests/it/{context}.rs is missing"));
        }
    }
    assert_none("a context of `entity` has its mirror in `service` and in `tests/it`", &found);
}

#[test]
fn a_context_in_the_schema_has_use_cases() {
    let services = names_in("service/src");
    let found: Vec<_> = names_in("api/src/graphql")
        .into_iter()
        .filter(|name| CONTEXTS.contains(&name.as_str()) && !services.contains(name))
        .collect();
    assert_none("a context of `api/src/graphql` has its mirror in `service`", &found);
}

#[test]
fn a_file_is_named_for_what_it_does() {
    let is_empty = |path: &str| path.split(['/', '.']).any(|name| EMPTY_NAMES.contains(&name));
    let found: Vec<_> =
        sources().into_iter().map(|s| s.path).filter(|path| is_empty(path)).collect();
    assert_none("a file is named for what it does: put the code beside what it serves", &found);
}

#[test]
fn a_nearly_right_name_is_seen() {
    assert_eq!(misspelled("member"), Some("members"));
    assert_eq!(misspelled("programs"), Some("programmes"));
    assert_eq!(misspelled("members"), None);
    assert_eq!(misspelled("page"), None);
}
