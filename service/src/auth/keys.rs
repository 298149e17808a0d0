//! The keys that sign and verify, kept in memory and read anew from the database: a key made by
//! another gateway is found within seconds.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::auth::signing_key;
use entity::secret::SecretBytes;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::RwLock;

use super::MasterKey;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::seal::{seal, unseal};
use crate::tx::retrying;

/// How long a retired key verifies: the longest token's life and an hour.
const RETIREMENT: TimeDelta = TimeDelta::hours(25);
/// Rings are read anew after that.
const AGE_MAX: TimeDelta = TimeDelta::seconds(60);
/// An unknown key makes the ring be read anew, but no more often than that.
const AGE_MIN: TimeDelta = TimeDelta::seconds(2);

/// The public keys, as RFC 7517 shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeySet {
    /// One each.
    pub keys: Vec<PublicKey>,
}

/// A public key, as RFC 8037 shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    /// The key's name: its RFC 7638 thumbprint.
    pub kid: String,
    x: String,
}

pub(super) struct KeyRing {
    db: Db,
    master: MasterKey,
    ring: RwLock<Option<Ring>>,
}

#[derive(Clone)]
struct Ring {
    read_at: DateTime<Utc>,
    keys: Arc<Vec<signing_key::Model>>,
}

impl KeyRing {
    pub(super) fn new(db: Db, master: MasterKey) -> Self {
        Self { db, master, ring: RwLock::new(None) }
    }

    /// The name and key to sign with: the newest that isn't retired.
    pub(super) async fn signer(&self, now: DateTime<Utc>) -> Result<(String, EncodingKey)> {
        self.prepare(now).await?;
        let keys = self.keys(AGE_MAX, now).await?;
        let newest = keys.iter().rev().find(|key| key.retired_at.is_none());
        let key = newest.ok_or_else(|| Error::internal("there is no key to sign with"))?;
        let private = unseal(&self.master, &key.kid, key.sealed_private_key.expose())?;
        Ok((key.kid.clone(), EncodingKey::from_ed_der(&private)))
    }

    /// The key of that name, if tokens that it signed still count.
    pub(super) async fn verifier(
        &self,
        kid: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DecodingKey>> {
        for age in [AGE_MAX, AGE_MIN] {
            let keys = self.keys(age, now).await?;
            let key = keys.iter().find(|key| key.kid == kid && still_verifies(key, now));
            if let Some(key) = key {
                let x = URL_SAFE_NO_PAD.encode(&key.public_key);
                return DecodingKey::from_ed_components(&x).map(Some).map_err(Error::internal);
            }
        }
        Ok(None)
    }

    pub(super) async fn public(&self, now: DateTime<Utc>) -> Result<KeySet> {
        let keys = self.keys(AGE_MIN, now).await?;
        let keys = keys.iter().filter(|key| still_verifies(key, now)).map(public_key).collect();
        Ok(KeySet { keys })
    }

    /// Makes the first key.
    pub(super) async fn prepare(&self, now: DateTime<Utc>) -> Result<()> {
        if self.keys(AGE_MAX, now).await?.iter().any(|key| key.retired_at.is_none()) {
            return Ok(());
        }
        self.add(now, false).await.map(drop)
    }

    pub(super) async fn rotate(&self, now: DateTime<Utc>) -> Result<String> {
        self.add(now, true).await
    }

    async fn add(&self, now: DateTime<Utc>, retires_others: bool) -> Result<String> {
        let row = new_key(&self.master, now)?;
        let kid = row.kid.clone();
        retrying(|| async {
            let tx = self.db.begin().await?;
            if retires_others {
                signing_key::Entity::update_many()
                    .col_expr(signing_key::Column::RetiredAt, Expr::value(now))
                    .filter(signing_key::Column::RetiredAt.is_null())
                    .exec(tx.connection())
                    .await?;
            }
            signing_key::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(tx.connection())
                .await?;
            tx.commit(()).await
        })
        .await?;
        *self.ring.write().await = None;
        tracing::info!(kid, at = ?now, "a new signing key");
        Ok(kid)
    }

    /// The keys, no older than that.
    async fn keys(
        &self,
        age: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Arc<Vec<signing_key::Model>>> {
        let is_recent = |ring: &&Ring| (ring.read_at..ring.read_at + age).contains(&now);
        if let Some(ring) = self.ring.read().await.as_ref().filter(is_recent) {
            return Ok(Arc::clone(&ring.keys));
        }
        let query = signing_key::Entity::find().order_by_asc(signing_key::Column::CreatedAt);
        let keys = Arc::new(query.all(self.db.reader()).await?);
        *self.ring.write().await = Some(Ring { read_at: now, keys: Arc::clone(&keys) });
        Ok(keys)
    }
}

fn still_verifies(key: &signing_key::Model, now: DateTime<Utc>) -> bool {
    key.retired_at.is_none_or(|retired_at| now < retired_at + RETIREMENT)
}

fn public_key(key: &signing_key::Model) -> PublicKey {
    PublicKey {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        usage: "sig",
        kid: key.kid.clone(),
        x: URL_SAFE_NO_PAD.encode(&key.public_key),
    }
}

fn new_key(master: &MasterKey, now: DateTime<Utc>) -> Result<signing_key::Model> {
    let failed = |_| Error::internal("no key could be made");
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let private = pair.to_pkcs8v1().map_err(failed)?;
    let public = pair.public_key().as_ref().to_vec();
    let kid = thumbprint(&public);
    let sealed = seal(master, &kid, private.as_ref())?;
    Ok(signing_key::Model {
        kid,
        public_key: public,
        sealed_private_key: SecretBytes::new(sealed),
        created_at: now,
        retired_at: None,
    })
}

/// RFC 7638: the hash of the key's required members in order of their names.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_rfc_8037_s() {
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
