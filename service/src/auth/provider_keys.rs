//! The keys that OpenID providers sign with, read from each by OpenID Connect Discovery 1.0 and kept
//! for a while. Whoever shows a key that is known doesn't wait for them to be read anew; a key that
//! isn't known makes them be read, as providers rotate theirs. Reading is a task of its own, which ends
//! whoever goes away meanwhile, and is done again no sooner than half a minute later: neither guessing
//! at key names, nor hanging up, nor a provider that is away shuts anybody out for longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::Deserialize;

use crate::outside::{NoAnswer, Outside};
use crate::refusal::{Code, Refusal};

/// Read anew after that.
const AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// An unknown key, or a provider that was away, makes them be read no more often than that.
const AGE_MIN: TimeDelta = TimeDelta::seconds(30);
/// Keys still serve so long while their provider is away.
const STALE_MAX: TimeDelta = TimeDelta::hours(24);
/// For both addresses together: shorter than a request of ours may take.
const DISCOVERY_MAX: Duration = Duration::from_secs(8);

/// What a provider says of itself.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

/// What it shows: keys of kinds that we don't know, or that are malformed, are as if not there.
#[derive(Deserialize)]
struct Shown {
    keys: Vec<serde_json::Value>,
}

/// A provider's keys that tokens can be checked with.
pub(super) struct Keys(Vec<Jwk>);

impl Keys {
    fn find(&self, kid: &str) -> Option<&Jwk> {
        self.0.iter().find(|key| key.common.key_id.as_deref() == Some(kid))
    }
}

/// A provider's keys, asked for over the network.
pub(super) async fn discover(outside: &Outside, issuer: &str) -> Result<Keys, NoAnswer> {
    let answer = tokio::time::timeout(DISCOVERY_MAX, ask(outside, issuer)).await;
    answer.unwrap_or_else(|_| Err(NoAnswer::new("it took too long to answer")))
}

async fn ask(outside: &Outside, issuer: &str) -> Result<Keys, NoAnswer> {
    if issuer.contains(['?', '#']) {
        return Err(NoAnswer::new("an issuer has neither query nor fragment"));
    }
    let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let configuration: Configuration = outside.json(&at).await?;
    // Section 4.3: else one provider could answer in another's name.
    if configuration.issuer != issuer {
        return Err(NoAnswer::new("it names another issuer"));
    }
    let shown: Shown = outside.json(&configuration.jwks_uri).await?;
    let keys = shown.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    let keys: Vec<Jwk> = keys.filter(|key| algorithm_of(key).is_some()).collect();
    if keys.is_empty() {
        return Err(NoAnswer::new("it shows no key that signs with RS256, ES256 or EdDSA"));
    }
    Ok(Keys(keys))
}

/// What a key signs with, of the kinds that we take; the token has no say in it.
pub(super) fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    let common = &key.common;
    let is_for_signing = common
        .public_key_use
        .as_ref()
        .is_none_or(|used| *used == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|may| may.contains(&KeyOperations::Verify));
    let (algorithm, named) = match &key.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let is_said = common.key_algorithm.is_none_or(|said| said == named);
    (is_for_signing && is_said).then_some(algorithm)
}

/// Keys by issuer.
#[derive(Default)]
pub(super) struct ProviderKeys(Mutex<HashMap<String, Arc<Provider>>>);

#[derive(Default)]
struct Provider {
    kept: Mutex<Kept>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    keys: Option<(DateTime<Utc>, Keys)>,
    asked_at: Option<DateTime<Utc>>,
}

impl ProviderKeys {
    /// The key of that name; none where the provider has none.
    pub(super) async fn find(
        &self,
        outside: &Arc<Outside>,
        issuer: &str,
        kid: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Jwk>, Refusal> {
        let provider = self.of(issuer);
        let known = provider.kept().find(kid, now);
        let is_due = provider.kept().is_due(known.is_some(), now);
        if is_due {
            let (provider, outside) = (Arc::clone(&provider), Arc::clone(outside));
            let issuer = issuer.to_owned();
            let reading = tokio::spawn(async move { provider.read(&outside, &issuer, now).await });
            if known.is_none() {
                // A task that panicked has told the log; what is kept says the rest.
                let _ = reading.await;
            }
        }
        if known.is_some() {
            return Ok(known);
        }
        let kept = provider.kept();
        match kept.is_young(STALE_MAX, now) {
            true => Ok(kept.find(kid, now)),
            false => Err(Code::IdentityProviderUnreachable.into()),
        }
    }

    fn of(&self, issuer: &str) -> Arc<Provider> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(issuer.to_owned()).or_default())
    }
}

impl Provider {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the keys anew, unless somebody did while this waited for its turn.
    async fn read(&self, outside: &Outside, issuer: &str, now: DateTime<Utc>) {
        let _turn = self.reading.lock().await;
        if !self.kept().may_ask(now) {
            return;
        }
        let answer = discover(outside, issuer).await;
        let mut kept = self.kept();
        kept.asked_at = Some(now);
        match answer {
            Ok(keys) => kept.keys = Some((now, keys)),
            Err(why) => tracing::warn!(issuer, %why, "an OpenID provider doesn't answer"),
        }
    }
}

impl Kept {
    fn find(&self, kid: &str, now: DateTime<Utc>) -> Option<Jwk> {
        let (_, keys) = self.keys.as_ref().filter(|_| self.is_young(STALE_MAX, now))?;
        keys.find(kid).cloned()
    }

    fn is_young(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        self.keys.as_ref().is_some_and(|(read_at, _)| now < *read_at + age)
    }

    fn is_due(&self, is_known: bool, now: DateTime<Utc>) -> bool {
        !(is_known && self.is_young(AGE_MAX, now)) && self.may_ask(now)
    }

    fn may_ask(&self, now: DateTime<Utc>) -> bool {
        self.asked_at.is_none_or(|asked_at| now >= asked_at + AGE_MIN)
    }
}
