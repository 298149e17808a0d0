//! Secrets of API clients: made here, kept only as Argon2id hashes.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::secret::SecretText;

use crate::error::{Error, Result};

/// 256 bits: not to be guessed, so the hash's cost is there against a stolen table alone.
const SECRET_BYTES: usize = 32;
/// So that a leaked secret is recognised by scanners.
const PREFIX: &str = "fls_";

/// A new secret in plain and its hash. Hashing takes tens of milliseconds of a core, so it runs
/// beside the request threads.
pub(crate) async fn new_secret() -> Result<(String, SecretText)> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes to be had"))?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let plain = secret.clone();
    let hash =
        tokio::task::spawn_blocking(move || hash(&plain)).await.map_err(Error::internal)??;
    Ok((secret, hash))
}

fn hash(secret: &str) -> Result<SecretText> {
    let hash = Argon2::default().hash_password(secret.as_bytes());
    Ok(SecretText::new(hash.map_err(|error| Error::internal(error.to_string()))?.to_string()))
}
