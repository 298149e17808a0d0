//! Columns that must never be printed: their `Debug` is `***`.

use std::fmt;

use sea_orm::DeriveValueType;

/// A hash or other text that nobody may read in a log.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct SecretText(String);

/// Sealed bytes that nobody may read in a log.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct SecretBytes(Vec<u8>);

impl SecretText {
    /// Takes the text in.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Lets the text out, to compare it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl SecretBytes {
    /// Takes the bytes in.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Lets the bytes out, to unseal them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
