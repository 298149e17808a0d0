//! Who may come in: tokens, the keys that sign them, and the clients and persons that ask for them.
//!
//! Tokens are JWTs signed with Ed25519 by keys of the database. The algorithm comes from here,
//! never from a token's header; `jwk`, `jku` and `x5u` are ignored.

pub mod clients;
mod identities;
mod keys;
mod provider_keys;
pub(crate) mod providers;
mod secrets;
mod status;
#[cfg(test)]
mod tests;
mod tokens;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::ProgrammeId;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

pub use self::identities::Identity;
pub use self::keys::{KeySet, PublicKey};
pub use self::providers::RegisterProvider;

pub(crate) use self::status::check as check_owner;

use self::keys::KeyRing;
use self::provider_keys::ProviderKeys;
use self::tokens::{Verified, verify};
use crate::actor::{Actor, Scope, Who};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::hot::HotStore;
use crate::outside::Outside;
use crate::replica::Reads;

/// How many verified tokens are remembered.
const TOKENS_REMEMBERED: usize = 10_000;
/// How long a token holds that a client or person asked for.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);

/// The key that seals private keys at rest. Never printed.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Lets the bytes out, to seal and unseal.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How tokens are made and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What `iss` says: the gateway's public address.
    pub issuer: String,
    /// Seals private keys.
    pub master_key: MasterKey,
    /// Whether an OpenID provider may be on this machine, without TLS: in development.
    pub trusts_this_machine: bool,
}

/// A token that was issued.
pub struct Issued {
    /// The JWT.
    pub token: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
}

/// The use cases.
pub struct Auth {
    db: Db,
    hot: Arc<dyn HotStore>,
    reads: Reads,
    issuer: String,
    keys: KeyRing,
    verified: Cache<[u8; 32], Verified>,
    outside: Arc<Outside>,
    provider_keys: ProviderKeys,
}

impl Auth {
    /// The use cases over this database.
    pub fn new(db: Db, hot: Arc<dyn HotStore>, settings: Settings) -> Self {
        Self {
            keys: KeyRing::new(db.clone(), settings.master_key),
            issuer: settings.issuer,
            verified: Cache::new(TOKENS_REMEMBERED),
            outside: Arc::new(Outside::new(settings.trusts_this_machine)),
            provider_keys: ProviderKeys::default(),
            reads: Reads::new(&db, &hot),
            db,
            hot,
        }
    }

    /// Whose token it is. A suspension or revocation holds within half a minute.
    pub async fn authenticate(&self, token: &str, now: DateTime<Utc>) -> Result<Actor> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.verified.get(&digest).filter(|known| known.is_fresh(now));
        let verified = match known {
            Some(known) => known,
            None => {
                let mut verified = verify(&self.keys, &self.issuer, token, now).await?;
                verified.actor = status::check(&self.db, &verified.actor).await?;
                self.verified.insert(digest, verified.clone());
                verified
            }
        };
        verified.at(now)
    }

    /// The owner of a token that was checked before, with what it still may do, looked at anew.
    pub async fn still(&self, actor: &Actor) -> Result<Actor> {
        if actor.who() == Who::Anonymous {
            return Ok(actor.clone());
        }
        check_owner(&self.db, actor).await
    }

    /// Makes a token. For the command line, and for those who have proved who they are. Its owner, who
    /// may just have enrolled as nobody in particular, finds itself.
    pub async fn issue(
        &self,
        programme: ProgrammeId,
        who: Who,
        scopes: Vec<Scope>,
        life: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Issued> {
        let expires_at = now + life;
        let claims = tokens::Claims::new(&self.issuer, programme, who, &scopes, now, expires_at)?;
        let token = tokens::sign(&self.keys, &claims, now).await?;
        self.reads.told(&Actor::new(programme, who, Vec::new(), expires_at)).await;
        Ok(Issued { token, expires_at, scopes })
    }

    /// The keys that tokens can be checked with.
    pub async fn jwks(&self, now: DateTime<Utc>) -> Result<KeySet> {
        self.keys.public(now).await
    }

    /// A new key signs from now on; those before it verify until their tokens have ended.
    pub async fn rotate_keys(&self, now: DateTime<Utc>) -> Result<String> {
        self.keys.rotate(now).await
    }

    /// Makes sure that there is a key to sign with.
    pub async fn prepare(&self, now: DateTime<Utc>) -> Result<()> {
        self.keys.prepare(now).await
    }

    /// A token for an API client, by its id and secret (RFC 6749, section 4.4). Unknown, revoked and
    /// wrong answer the same after the same work.
    pub async fn client_token(
        &self,
        client: &str,
        secret: &str,
        scope: Option<&str>,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Issued> {
        clients::throttle(self.hot.as_ref(), client, address).await?;
        let row = clients::find(&self.db, client).await?;
        let is_right = secrets::is_right(row.as_ref().map(|row| &row.secret_hash), secret).await?;
        let row = row.filter(|row| is_right && row.revoked_at.is_none());
        let row = row.ok_or(Error::Unauthenticated("unknown client or wrong secret"))?;
        let scopes = clients::granted(&row.scopes, scope)?;
        let who = Who::Partner(row.partner_id, row.id);
        self.issue(row.programme_id, who, scopes, TOKEN_LIFE, now).await
    }
}
