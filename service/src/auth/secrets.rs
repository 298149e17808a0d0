//! Secrets as Argon2id hashes: made, and compared in constant time.
//!
//! A hash takes a core and 19 MiB for tens of milliseconds, so only so many are worked on at a time,
//! beside the request threads, and only so many wait; whoever comes then is told at once.

use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use entity::secret::SecretText;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// OWASP's choice for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const AT_A_TIME: usize = 2;
/// About half a second's work.
const WAITING_MAX: usize = 32;
/// What they take.
const QUEUE_WAIT: Duration = Duration::from_millis(500);

static HASHING: Hashing = Hashing::new(AT_A_TIME, WAITING_MAX);

/// The hash to keep of a new secret.
pub(super) async fn hash(secret: String) -> Result<SecretText> {
    HASHING.run(move || hash_now(&secret)).await?
}

/// Whether the secret is the one that was hashed. Where there is no hash the answer is no, after
/// the same work.
pub(super) async fn is_right(hash: Option<&SecretText>, secret: &str) -> Result<bool> {
    let hash = hash.map_or_else(decoy, |hash| hash.expose().to_owned());
    let secret = secret.to_owned();
    HASHING.run(move || is_right_now(&hash, &secret)).await
}

fn hash_now(secret: &str) -> Result<SecretText> {
    let failed = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| failed(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(secret.as_bytes()).map_err(|error| failed(&error))?;
    Ok(SecretText::new(hash.to_string()))
}

/// With the parameters that the hash itself names.
fn is_right_now(hash: &str, secret: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok())
}

/// A hash that no secret has.
fn decoy() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

/// Work on a few cores, with a queue of bounded length.
struct Hashing {
    places: Semaphore,
    cores: Semaphore,
}

impl Hashing {
    const fn new(at_a_time: usize, waiting_max: usize) -> Self {
        Self {
            places: Semaphore::const_new(at_a_time + waiting_max),
            cores: Semaphore::const_new(at_a_time),
        }
    }

    async fn run<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let place = self.places.try_acquire().map_err(|_| Error::overloaded(QUEUE_WAIT))?;
        let core = self.cores.acquire().await.map_err(Error::internal)?;
        let work = move || {
            // Given back when the work is done, even if nobody waits for it any more.
            let _held = (place, core);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn only_the_secret_itself_is_right() {
        let hash = hash("fls_secret".to_owned()).await.unwrap();
        assert!(is_right(Some(&hash), "fls_secret").await.unwrap());
        assert!(!is_right(Some(&hash), "fls_guess").await.unwrap());
        assert!(!is_right(None, "fls_secret").await.unwrap());
        assert_eq!(format!("{hash:?}"), "***");
    }

    #[test]
    fn an_unknown_client_costs_as_much_work_as_a_known_one() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        let hash = hash_now("fls_secret").unwrap();
        assert_eq!(parameters(hash.expose()), "$argon2id$v=19$m=19456,t=2,p=1");
        assert_eq!(parameters(&decoy()), parameters(hash.expose()));
        assert!(PasswordHash::new(&decoy()).is_ok());
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_told_at_once() {
        static ONE: Hashing = Hashing::new(1, 1);
        let (finish, finished) = mpsc::channel::<()>();
        let first = tokio::spawn(ONE.run(move || finished.recv().is_err()));
        let second = tokio::spawn(ONE.run(|| 2));
        while ONE.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(ONE.run(|| 3).await, Err(Error::Overloaded { .. })));
        drop(finish);
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(ONE.run(|| 3).await.unwrap(), 3);
    }
}
