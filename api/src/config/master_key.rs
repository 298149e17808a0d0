//! The key that encrypts private keys at rest: 32 random bytes, from the environment, or from a
//! file that only its owner may read. A key that somebody thought up is refused.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::{fmt, str};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Invalid;

const BYTES: usize = 32;
/// Random bytes have about 30 different ones among 32, and never as few as this.
const DIFFERENT_BYTES_MIN: usize = 16;
const SETTING: &str = "FLORIN_MASTER_KEY";

/// 32 random bytes, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; BYTES]);

impl MasterKey {
    /// The key itself.
    pub fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// Reads base64, and refuses what is no random key.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let make_one = "make one with `openssl rand -base64 32`";
        let bytes = BASE64_STANDARD.decode(text.trim()).ok();
        let Some(bytes) = bytes.and_then(|bytes| <[u8; BYTES]>::try_from(bytes).ok()) else {
            return Err(Invalid::new(SETTING, format!("expected 32 bytes in base64; {make_one}")));
        };
        if is_thought_up(&bytes) {
            return Err(Invalid::new(SETTING, format!("this is no random key; {make_one}")));
        }
        Ok(Self(bytes))
    }

    /// The key in `master.key` of a folder, made when there is none yet.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, Invalid> {
        let path = folder.join("master.key");
        let fails = |what: &str, error: &io::Error| {
            Invalid::new("--data", format!("{what} {}: {error}", path.display()))
        };
        match make(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(fails("can't write", &error)),
        }
        refuse_if_open_to_others(&path)?;
        let text = fs::read_to_string(&path).map_err(|error| fails("can't read", &error))?;
        Self::parse(&text)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Text, or a pattern: what a sample in somebody's documentation looks like.
fn is_thought_up(bytes: &[u8]) -> bool {
    let different: BTreeSet<&u8> = bytes.iter().collect();
    different.len() < DIFFERENT_BYTES_MIN || str::from_utf8(bytes).is_ok_and(|_| bytes.is_ascii())
}

fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut key = [0; BYTES];
    aws_lc_rs::rand::fill(&mut key).map_err(io::Error::other)?;
    writeln!(file, "{}", BASE64_STANDARD.encode(key))?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path) -> Result<(), Invalid> {
    use std::os::unix::fs::PermissionsExt;

    let is_open = fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if !is_open {
        return Ok(());
    }
    let path = path.display();
    Err(Invalid::new("--data", format!("others may read {path}; `chmod 600 {path}` mends it")))
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_: &Path) -> Result<(), Invalid> {
    Ok(())
}
