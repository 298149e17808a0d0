//! What the manifests promise: the direction of the crates, one version per dependency, one set of
//! lints. Cargo enforces the direction once the manifests are right.

use super::{Source, assert_none, sources};

/// What a crate must never know, because another layer does.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("api", &["sea-orm", "sea-orm-migration", "redis", "migration"]),
    ("service", &["async-graphql", "async-graphql-axum", "axum", "api"]),
    ("entity", &["service", "migration", "api", "async-graphql", "axum"]),
    ("migration", &["service", "entity", "api"]),
];

fn manifests() -> Vec<Source> {
    sources().into_iter().filter(|source| source.path.ends_with("/Cargo.toml")).collect()
}

/// The lines of a manifest that name a dependency, of whatever kind.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut is_inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            is_inside = line.trim_matches(['[', ']']).ends_with("dependencies");
        } else if is_inside && !line.is_empty() && !line.starts_with('#') {
            found.push(line);
        }
    }
    found
}

fn name(dependency: &str) -> &str {
    dependency.split(['.', ' ', '=']).next().unwrap_or_default()
}

#[test]
fn dependencies_point_one_way() {
    let mut found = Vec::new();
    for manifest in manifests() {
        let forbidden =
            FORBIDDEN.iter().filter(|(at, _)| manifest.path == format!("{at}/Cargo.toml"));
        for unwanted in forbidden.flat_map(|(_, names)| *names) {
            if dependencies(&manifest.text).iter().any(|line| name(line) == *unwanted) {
                found.push(format!("{}: {unwanted}", manifest.path));
            }
        }
    }
    assert_none("api → service → entity, and each layer's library stays in its layer", &found);
}

#[test]
fn a_dependency_has_one_version() {
    let is_shared = |line: &str| line.replace(' ', "").contains("workspace=true");
    let mut found = Vec::new();
    for manifest in manifests() {
        let own = dependencies(&manifest.text).into_iter().filter(|line| !is_shared(line));
        found.extend(own.map(|line| format!("{}: {line}", manifest.path)));
    }
    assert_none(
        "a version stands in the root manifest; a crate says `name.workspace = true`",
        &found,
    );
}

#[test]
fn every_crate_has_the_workspace_s_lints() {
    let is_lax = |manifest: &Source| !manifest.text.contains("[lints]\nworkspace = true");
    let found: Vec<_> = manifests().into_iter().filter(is_lax).map(|m| m.path).collect();
    assert_none("a crate says `[lints] workspace = true`", &found);
}

#[test]
fn dependencies_of_every_kind_are_found() {
    let text = "[dev-dependencies]\na.workspace = true\n[lints]\nb = 1\n[target.x.dependencies]\nc = \"1\"";
    assert_eq!(dependencies(text).into_iter().map(name).collect::<Vec<_>>(), ["a", "c"]);
}
