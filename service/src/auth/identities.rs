//! Persons who prove who they are with an ID token of a provider that the programme trusts (OpenID
//! Connect Core 1.0, section 3.1.3.7), and the members behind their accounts.
//!
//! An ID token is shown twice at most: to enrol, and for each short-lived token of ours (RFC 8693).
//! There are no refresh tokens of ours: the app's session is with its provider, which ends it. The
//! `nonce` is the app's to check: only the app knows it.

use chrono::{DateTime, Utc};
use entity::auth::identity;
use entity::auth::identity_provider;
use entity::ids::ProgrammeId;
use entity::members::member::{self, MemberStatus};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous};
use sea_orm::EntityTrait;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::provider_keys::algorithm_of;
use super::{Auth, Issued, TOKEN_LIFE, clients, providers};
use crate::actor::Who;
use crate::error::{Error, Result};
use crate::hot::Bucket;
use crate::refusal::{Code, Refusal};

const LENGTH_MAX: usize = 8192;
const SUBJECT_LENGTH_MAX: usize = 255;
/// How far clocks may differ.
const LEEWAY_SECONDS: i64 = 60;
/// Sign-ins from one network: a whole operator of mobile phones may share an address.
const SIGN_INS: Bucket = Bucket { capacity: 200, leak_per_second: 20 };

/// Somebody's account elsewhere, proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The programme that trusts the provider.
    pub(crate) programme: ProgrammeId,
    /// What the account is found by.
    pub(crate) digest: [u8; 32],
}

/// What an ID token says, as far as it matters here.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    /// Of security events, such as a log-out: those are no ID tokens.
    events: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Whether it was made for that app. One for several must say that the app asked for it. One for
    /// this app alone may have been asked for by another: so do providers whose apps are many for one
    /// service.
    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(all) if all.len() == 1 => all.iter().any(|one| one == audience),
            Audience::Several(all) => {
                all.iter().any(|one| one == audience) && self.azp.as_deref() == Some(audience)
            }
        }
    }

    fn holds_at(&self, now: DateTime<Utc>) -> bool {
        let now = now.timestamp();
        let begins = self.nbf.map_or(self.iat, |nbf| nbf.max(self.iat));
        self.events.is_none()
            && begins <= now.saturating_add(LEEWAY_SECONDS)
            && self.exp > now.saturating_sub(LEEWAY_SECONDS)
            && (1..=SUBJECT_LENGTH_MAX).contains(&self.sub.len())
    }
}

impl Auth {
    /// Whose ID token it is.
    pub async fn identify(&self, id_token: &str, now: DateTime<Utc>) -> Result<Identity> {
        let invalid = || Refusal::new(Code::IdentityTokenInvalid).at("idToken");
        if id_token.len() > LENGTH_MAX {
            return Err(invalid().into());
        }
        let header = jsonwebtoken::decode_header(id_token).map_err(|_| invalid())?;
        // Other kinds of token name theirs: an access token (RFC 9068), a log-out token.
        let is_id_token = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
        let is_understood = header.crit.is_none() && is_id_token;
        let kid = header.kid.filter(|_| is_understood).ok_or_else(invalid)?;
        // What it says of itself leads to the provider whose key must have signed it.
        let said: Claims = dangerous::insecure_decode_claims(id_token).map_err(|_| invalid())?;
        // No provider's name has such; PostgreSQL takes no NUL.
        if said.iss.chars().any(char::is_control) {
            return Err(invalid().into());
        }
        let trusted = providers::trusted(self.db.reader(), &said.iss).await?;
        let provider = trusted.into_iter().find(|provider| said.is_for(&provider.audience));
        let provider = provider.ok_or_else(invalid)?;
        let keys = &self.provider_keys;
        let key = keys.find(&self.outside, &provider.issuer, &kid, now).await;
        let key = key.map_err(|refusal| refusal.at("idToken"))?.ok_or_else(invalid)?;
        let claims = proved(id_token, header.alg, &key, &provider).ok_or_else(invalid)?;
        if !claims.holds_at(now) {
            return Err(invalid().into());
        }
        let digest = Sha256::new_with_prefix(claims.iss.as_bytes())
            .chain_update([0])
            .chain_update(claims.sub.as_bytes());
        Ok(Identity { programme: provider.programme_id, digest: digest.finalize().into() })
    }

    /// A token for the member behind an account (RFC 8693), for as long as one of ours holds.
    pub async fn member_token(
        &self,
        id_token: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Issued> {
        let bucket = format!("sign-in:identity:{}", clients::network(address));
        clients::pour(self.hot.as_ref(), &bucket, SIGN_INS, 1).await?;
        let Identity { programme, digest } = self.identify(id_token, now).await?;
        let linked = identity::Entity::find_by_id((programme, digest.to_vec()));
        let found = match linked.one(self.db.reader()).await? {
            Some(row) => member::Entity::find_by_id(row.member_id).one(self.db.reader()).await?,
            None => None,
        };
        let member = found.ok_or(Error::Forbidden(
            "nobody is enrolled with this account: enrol with enrolWithIdentity".to_owned(),
        ))?;
        if member.status == MemberStatus::Closed {
            return Err(Error::Forbidden("the membership is closed".to_owned()));
        }
        self.issue(programme, Who::Member(member.id), Vec::new(), TOKEN_LIFE, now).await
    }
}

/// What the token says, if the provider's key signed it with the algorithm that the key is for. A
/// token's header chooses among keys, never an algorithm that its key isn't for.
fn proved(
    id_token: &str,
    algorithm: Algorithm,
    key: &Jwk,
    provider: &identity_provider::Model,
) -> Option<Claims> {
    if algorithm_of(key)? != algorithm {
        return None;
    }
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[&provider.issuer]);
    validation.set_audience(&[&provider.audience]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // Checked by `holds_at`, against the time that came in.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let key = DecodingKey::from_jwk(key).ok()?;
    Some(jsonwebtoken::decode(id_token, &key, &validation).ok()?.claims)
}
