//! The keys that OpenID providers sign with, read from each by OpenID Connect Discovery 1.0 and kept
//! for a while. A key that isn't known makes them be read anew, as providers rotate theirs; neither
//! guessing at key names nor a provider that is away makes Florin ask again and again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::outside::{NoAnswer, Outside};
use crate::refusal::{Code, Refusal};

/// Read anew after that.
const AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// An unknown key, or a provider that was away, makes them be read no more often than that.
const AGE_MIN: TimeDelta = TimeDelta::seconds(30);
/// Keys still serve so long while their provider is away.
const STALE_MAX: TimeDelta = TimeDelta::hours(24);

/// What a provider says of itself.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

/// A provider's keys, asked for over the network.
pub(super) async fn discover(outside: &Outside, issuer: &str) -> Result<JwkSet, NoAnswer> {
    if issuer.contains(['?', '#']) {
        return Err(NoAnswer::new("an issuer has neither query nor fragment"));
    }
    let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let configuration: Configuration = outside.json(&at).await?;
    // Section 4.3: else one provider could answer in another's name.
    if configuration.issuer != issuer {
        return Err(NoAnswer::new("it names another issuer"));
    }
    outside.json(&configuration.jwks_uri).await
}

/// Keys by issuer.
#[derive(Default)]
pub(super) struct ProviderKeys(std::sync::Mutex<HashMap<String, Arc<Mutex<Kept>>>>);

/// One provider's keys. Whoever needs them while they are read waits for that.
#[derive(Default)]
struct Kept {
    keys: Option<(DateTime<Utc>, Arc<JwkSet>)>,
    asked_at: Option<DateTime<Utc>>,
}

impl ProviderKeys {
    /// The key of that name; none where the provider has none.
    pub(super) async fn find(
        &self,
        outside: &Outside,
        issuer: &str,
        kid: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Jwk>, Refusal> {
        let kept = self.of(issuer);
        let mut kept = kept.lock().await;
        if let Some(key) = kept.younger_than(AGE_MAX, now).and_then(|keys| keys.find(kid).cloned())
        {
            return Ok(Some(key));
        }
        if kept.may_ask(now) {
            kept.asked_at = Some(now);
            match discover(outside, issuer).await {
                Ok(keys) => kept.keys = Some((now, Arc::new(keys))),
                Err(why) => tracing::warn!(issuer, %why, "an OpenID provider doesn't answer"),
            }
        }
        match kept.younger_than(STALE_MAX, now) {
            Some(keys) => Ok(keys.find(kid).cloned()),
            None => Err(Code::IdentityProviderUnreachable.into()),
        }
    }

    fn of(&self, issuer: &str) -> Arc<Mutex<Kept>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(issuer.to_owned()).or_default())
    }
}

impl Kept {
    fn younger_than(&self, age: TimeDelta, now: DateTime<Utc>) -> Option<&JwkSet> {
        let (read_at, keys) = self.keys.as_ref()?;
        (now < *read_at + age).then_some(keys)
    }

    fn may_ask(&self, now: DateTime<Utc>) -> bool {
        self.asked_at.is_none_or(|asked_at| now >= asked_at + AGE_MIN)
    }
}
