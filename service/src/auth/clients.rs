//! API clients: their secrets, made here and kept only as hashes; how often one may try; and the
//! scopes that it gets.

use std::net::IpAddr;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::ids::ApiClientId;
use entity::partners::api_client;
use entity::secret::SecretText;
use sea_orm::EntityTrait;

use super::secrets;
use crate::actor::{PARTNER_SCOPES, Scope};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::hot::{Bucket, HotStore};

/// 256 bits: not to be guessed, so the hash's cost is there against a stolen table alone.
const SECRET_BYTES: usize = 32;
/// So that a leaked secret is recognised by scanners.
const PREFIX: &str = "fls_";
/// Attempts of one client, and of one address: ten at once, then one in two seconds.
const ATTEMPTS: Bucket = Bucket { capacity: 20, leak_per_second: 1 };
const DROPS_PER_ATTEMPT: u64 = 2;

/// A new secret in plain and its hash.
pub(crate) async fn new_secret() -> Result<(String, SecretText)> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes to be had"))?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = secrets::hash(secret.clone()).await?;
    Ok((secret, hash))
}

/// The client of that id.
pub(super) async fn find(db: &Db, client: &str) -> Result<Option<api_client::Model>> {
    let Ok(id) = client.parse::<ApiClientId>() else { return Ok(None) };
    Ok(api_client::Entity::find_by_id(id).one(db.reader()).await?)
}

/// Counts attempts by address, and by client and address: whoever knows a client's id can't shut its
/// partner out from elsewhere. A secret of 256 bits needs no more; what is guarded is the work of
/// hashing. When attempts can't be counted, nobody comes in.
pub(super) async fn throttle(hot: &dyn HotStore, client: &str, address: &str) -> Result<()> {
    let client = client.get(..64).unwrap_or(client);
    let address = network(address);
    for key in [format!("sign-in:{address}"), format!("sign-in:{address}:{client}")] {
        pour(hot, &key, ATTEMPTS, DROPS_PER_ATTEMPT).await?;
    }
    Ok(())
}

/// Counts an attempt. When it can't be counted, it isn't made.
pub(super) async fn pour(hot: &dyn HotStore, key: &str, bucket: Bucket, drops: u64) -> Result<()> {
    let retry_after_seconds = match hot.pour(key, bucket, drops).await {
        Ok(level) if level.is_accepted => return Ok(()),
        Ok(level) => level.retry_after.as_secs().max(1),
        Err(_) => 5,
    };
    Err(Error::Throttled { retry_after_seconds })
}

/// Where an address belongs: one caller has a whole /64 of IPv6.
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// The scopes to grant: all that the client has, or those it asks for among them.
pub(super) fn granted(has: &str, asks: Option<&str>) -> Result<Vec<Scope>> {
    let has: Vec<Scope> = has.split_whitespace().filter_map(Scope::parse).collect();
    let Some(asks) = asks else { return Ok(has) };
    let wanted = |name: &str| {
        Scope::parse(name).filter(|scope| has.contains(scope) && PARTNER_SCOPES.contains(scope))
    };
    asks.split_whitespace()
        .map(|name| {
            wanted(name)
                .ok_or_else(|| Error::bad_input("scope", format!("the client has no scope {name}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_long_and_its_own() {
        let (secret, hash) = new_secret().await.unwrap();
        assert!(secret.starts_with(PREFIX) && secret.len() == 47);
        assert!(secrets::is_right(Some(&hash), &secret).await.unwrap());
        assert_ne!(new_secret().await.unwrap().0, secret);
    }

    #[test]
    fn a_client_gets_no_scope_that_it_lacks() {
        assert_eq!(granted("purchases:write", None).unwrap(), [Scope::PurchasesWrite]);
        assert!(granted("purchases:write", Some("purchases:write payments:write")).is_err());
        assert!(granted("purchases:write", Some("ledger:adjust")).is_err());
    }

    #[tokio::test]
    async fn guessing_at_a_client_shuts_out_the_guesser_alone() {
        let hot = crate::hot::Memory::default();
        let attempt = |address: &'static str| throttle(&hot, "cli_1", address);
        for _ in 0..10 {
            attempt("2001:db8::1").await.unwrap();
        }
        let again = attempt("2001:db8::ffff").await;
        assert!(matches!(again, Err(Error::Throttled { .. })), "the same /64");
        attempt("2001:db8:0:1::1").await.unwrap();
        attempt("192.0.2.7").await.unwrap();
    }
}
