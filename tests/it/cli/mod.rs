//! The program itself, as a shell runs it: what it prints, how it ends, what it leaves behind.

mod archive;
mod coalition;
mod coupons;
mod damages;
mod demo;
mod import;
mod programme;
mod settings;
mod settle;
mod statement;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

pub(crate) use self::demo::Demo;
use crate::support::books::Books;
use crate::support::gateway;
use crate::tidy;

/// A folder of one test, gone when it has passed.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("florin-cli-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs `florin` here; words of the line are separated by blanks, and its data is in `data`.
    pub(crate) fn florin(&self, line: &str) -> Ended {
        self.florin_with(line, &[])
    }

    /// The same with settings in the environment.
    pub(crate) fn florin_with(&self, line: &str, settings: &[(&str, &str)]) -> Ended {
        let Output { status, stdout, stderr } = self.command(line, settings).output().unwrap();
        Ended {
            code: status.code().unwrap(),
            printed: String::from_utf8(stdout).unwrap(),
            complained: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The same over the books of a world.
    pub(crate) fn florin_over(&self, line: &str, books: &Books) -> Ended {
        let folder = books.folder().map(|folder| folder.to_str().unwrap().to_owned());
        let database = folder.is_none().then(|| books.url());
        let mut settings = vec![("FLORIN_MASTER_KEY", gateway::MASTER_KEY)];
        settings.extend(folder.iter().map(|folder| ("FLORIN_DATA", folder.as_str())));
        settings.extend(database.iter().map(|url| ("DATABASE_URL", url.as_str())));
        self.florin_with(line, &settings)
    }

    /// The command, not yet run: with these settings, and none of whoever runs the test.
    pub(crate) fn command(&self, line: &str, settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(binary());
        for (name, _) in std::env::vars() {
            if name.starts_with("FLORIN_") || name.ends_with("_URL") {
                command.env_remove(name);
            }
        }
        command.current_dir(&self.0).env("FLORIN_DATA", "data").envs(settings.iter().copied());
        command.args(line.split_whitespace());
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) printed: String,
    pub(crate) complained: String,
}

/// `target/debug/florin`, which must be as new as its sources: a test of an old one proves nothing.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().and_then(Path::parent).unwrap().join("florin");
    let built = modified(&binary);
    let is_newer = |source: &tidy::Source| {
        // Modules of tests alone are no part of it.
        let is_test =
            source.path.split(['/', '.']).any(|part| ["tests", "properties"].contains(&part));
        let is_compiled = source.is_rust() && !is_test;
        is_compiled && modified(&tidy::root().join(&source.path)) > built
    };
    if let Some(newer) = tidy::sources().iter().find(|source| is_newer(source)) {
        panic!("{} is newer than {}: cargo build --workspace", newer.path, binary.display());
    }
    binary
}

fn modified(path: &Path) -> SystemTime {
    let metadata = fs::metadata(path);
    metadata
        .unwrap_or_else(|error| panic!("{}: {error}: cargo build --workspace", path.display()))
        .modified()
        .unwrap()
}
