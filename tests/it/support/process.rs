//! A gateway in a process of its own, as an operator runs it, over the books of a story.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use service::Location;

use super::gateway::MASTER_KEY;
use super::{Caller, World};
use crate::cli::{Folder, binary};

pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    folder: Folder,
    settings: Vec<(&'static str, String)>,
}

impl Process {
    /// Serves the world's books until it is dropped, each client with more than its share.
    pub(crate) fn serving(world: &World) -> Self {
        let books = match world.books.location() {
            Location::Sqlite(file) => {
                ("FLORIN_DATA", file.parent().unwrap().to_str().unwrap().to_owned())
            }
            Location::Postgres(url) => ("DATABASE_URL", url),
        };
        let settings = vec![
            books,
            ("FLORIN_MASTER_KEY", MASTER_KEY.to_owned()),
            ("FLORIN_COST_PER_SECOND", "100000000".to_owned()),
        ];
        let folder = Folder::new();
        let own = folder.command("serve --listen 127.0.0.1:0", &pairs(&settings));
        // A file that grows beyond a limit is an error to it, as a full disk is, and not its end.
        let mut command = Command::new("env");
        command.arg("--ignore-signal=XFSZ").arg(binary()).args(own.get_args());
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let serves = |line: String| {
            let url = line.strip_prefix("Florin serves at http://")?.to_owned();
            Some(url.strip_suffix("/graphql")?.to_owned())
        };
        let address = said.filter_map(serves).next().unwrap();
        Self { child, address, folder, settings }
    }

    /// The same at this gateway, with a token of now: `partner grocer`, `member C1`.
    pub(crate) fn caller(&self, of: &Caller, whose: &str) -> Caller {
        let token = self.folder.florin_with(&format!("token {whose}"), &pairs(&self.settings));
        assert_eq!(token.code, 0, "{}", token.complained);
        let token = token.printed.lines().last().unwrap();
        of.with(token).at_address(&self.address)
    }

    /// The memory that it takes.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Nothing of its files beyond so many bytes can be written: `unlimited` for all there is.
    pub(crate) fn files_end_at(&self, limit: &str) {
        let mut command = Command::new("prlimit");
        command.args(["--pid", &self.child.id().to_string(), &format!("--fsize={limit}:")]);
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pairs<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
