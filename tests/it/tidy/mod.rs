//! The rules of the layout, as tests: what the project says of itself stays true of every new file.
//!
//! A rule reads files and nothing else, finds new ones by itself, and says what would be right. A
//! rule that the compiler or clippy can enforce belongs there, not here.

mod bans;
mod layout;
mod manifests;
mod scan;
mod shape;
mod writes;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are made, not written.
const MADE: [&str; 4] = ["target", ".git", "florin-data", "node_modules"];

/// A text file of the project, its path as `git` prints it.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every text file of the project, in order of path.
pub(crate) fn sources() -> Vec<Source> {
    let (mut found, mut folders) = (Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if MADE.iter().any(|made| path.ends_with(made)) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(Source { path: relative(&path), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

fn rust_sources() -> Vec<Source> {
    sources().into_iter().filter(Source::is_rust).collect()
}

/// Fails with every offence at once, so that one run shows all there is to mend.
#[track_caller]
fn assert_none(right: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{right}\n  {}\n", offences.join("\n  "));
}
