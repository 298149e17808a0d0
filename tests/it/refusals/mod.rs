//! What nobody may do, refused precisely: by a code, at a field, with nothing written in any table
//! (`Caller::is_refused` compares them all). Refusals that belong to a larger story are told there;
//! each code has one somewhere.

mod earning;
mod members;
mod partners;
mod payments;
mod purchases;
mod shapes;

use std::collections::BTreeSet;

use service::Code;

use crate::tidy;

/// A well-formed id of a kind that names nothing.
fn nothing(prefix: &str) -> String {
    format!("{prefix}_01h2xcejqtf2nbrexx3vqjhp41")
}

/// A refusal as `is_refused` tells it.
fn refusal(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

#[test]
fn every_code_has_a_story() {
    let stories = tidy::sources();
    let stories = stories.iter().filter(|source| source.path.starts_with("tests/it/"));
    let told: Vec<&str> = stories.map(|source| source.text.as_str()).collect();
    let untold: BTreeSet<&str> = Code::ALL
        .iter()
        .map(|code| code.name())
        .filter(|code| !told.iter().any(|story| story.contains(code)))
        .collect();
    assert!(untold.is_empty(), "no story is refused with {untold:?}");
}
