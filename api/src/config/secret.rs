//! A setting that is never shown: not in a log, not in an error, not in a panic.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Text that prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one who uses it and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Always succeeds: what is wrong with a secret is said without showing it.
impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
