//! How a file looks: it says what it is for, it is short, its functions fit on a screen, and its
//! words are the words of the domain.

use super::scan::{code_only, functions, is_word};
use super::{Source, assert_none, rust_sources, sources};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn every_module_says_what_it_is_for() {
    let silent = |source: &Source| {
        let text = source.text.trim_start_matches("\u{feff}");
        (!text.starts_with("//! ")).then(|| source.path.clone())
    };
    let found: Vec<_> = rust_sources().iter().filter_map(silent).collect();
    assert_none("a module starts with `//!`: what it is for, and what it must not do", &found);
}

#[test]
fn files_are_short() {
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", source.path))
    };
    let found: Vec<_> = rust_sources().iter().filter_map(long).collect();
    assert_none("a file has at most 400 lines: split it by use case", &found);
}

#[test]
fn functions_fit_on_a_screen() {
    let long = |source: &Source| {
        let path = source.path.clone();
        functions(&source.text)
            .into_iter()
            .filter(|function| function.lines > FUNCTION_LINES_MAX)
            .map(move |f| format!("{path}:{}: `{}` has {} lines", f.line, f.name, f.lines))
    };
    let found: Vec<_> = rust_sources().iter().flat_map(long).collect();
    assert_none("a function has at most 70 lines: name its parts", &found);
}

/// Words of the code that the domain spells otherwise.
fn slips(code: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for word in code.split(|c| !is_word(c)).map(str::to_lowercase) {
        if word.replace("programme", "").contains("program") {
            found.push("`program`: here it is a `programme`");
        }
        if word.contains("merchant") {
            found.push("`merchant`: here it is a `partner`");
        }
    }
    found
}

#[test]
fn names_are_the_words_of_the_domain() {
    let spoken = |source: &Source| {
        let path = source.path.clone();
        slips(&code_only(&source.text)).into_iter().map(move |slip| format!("{path}: {slip}"))
    };
    let found: Vec<_> = rust_sources().iter().flat_map(spoken).collect();
    assert_none("a name uses the domain's own word, spelled its way", &found);
}

#[test]
fn a_slip_is_seen_and_the_right_word_is_not() {
    assert_eq!(slips("let program_id = ProgramId::new();").len(), 2);
    assert_eq!(slips("let programme_id = ProgrammeId::new();").len(), 0);
}

/// What a secret looks like, cut in two so that this file has none.
const SECRETS: [(&str, &str); 6] = [
    ("-----BEGIN PRIVATE", " KEY-----"),
    ("-----BEGIN RSA PRIVATE", " KEY-----"),
    ("-----BEGIN EC PRIVATE", " KEY-----"),
    ("gh", "p_"),
    ("xox", "b-"),
    ("eyJhbGciOi", "JFZERTQSIs"),
];

fn holds_secret(text: &str) -> bool {
    SECRETS.iter().any(|(one, two)| text.contains(&format!("{one}{two}")))
}

#[test]
fn no_secret_is_committed() {
    let found: Vec<_> =
        sources().into_iter().filter(|s| holds_secret(&s.text)).map(|s| s.path).collect();
    assert_none("keys and tokens are made where they are used, and never committed", &found);
    assert!(holds_secret(&format!("token = {}{}abc", SECRETS[3].0, SECRETS[3].1)));
}
