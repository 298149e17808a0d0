//! What a token says, and whether it holds. Time is checked against the time that comes in, never
//! against a clock of the library's.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ApiClientId, MemberId, OperatorId, PartnerId, ProgrammeId};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::keys::KeyRing;
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};

/// Whom tokens are for. Operators' have an audience of their own, so that neither serves for the
/// other.
const AUDIENCE: &str = "florin";
const OPERATOR_AUDIENCE: &str = "florin:operator";
/// Longer texts are no token of ours.
const LENGTH_MAX: usize = 4096;
/// How far clocks may differ.
const LEEWAY_SECONDS: i64 = 30;
/// A remembered token's owner is looked at anew after that.
const FRESH: TimeDelta = TimeDelta::seconds(30);

const INVALID: Error = Error::Unauthenticated("the token isn't valid");
const EXPIRED: Error = Error::Unauthenticated("the token has expired");

/// What a token says. All of it is required, and typed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    /// The programme.
    prg: ProgrammeId,
    scope: String,
}

/// A token that held.
#[derive(Clone)]
pub(super) struct Verified {
    pub(super) actor: Actor,
    not_before: i64,
    expires: i64,
    seen_at: DateTime<Utc>,
}

impl Verified {
    /// Whether its owner was looked at just now.
    pub(super) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (self.seen_at..self.seen_at + FRESH).contains(&now)
    }

    /// The actor, if the token holds at that time.
    pub(super) fn at(self, now: DateTime<Utc>) -> Result<Actor> {
        if self.expires <= now.timestamp() {
            return Err(EXPIRED);
        }
        if self.not_before > now.timestamp() + LEEWAY_SECONDS {
            return Err(INVALID);
        }
        Ok(self.actor)
    }
}

impl Claims {
    pub(super) fn new(
        issuer: &str,
        programme: ProgrammeId,
        who: Who,
        scopes: &[Scope],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Self> {
        let sub = match who {
            Who::Member(member) => member.to_string(),
            Who::Partner(partner, client) => format!("{partner}/{client}"),
            Who::Operator(operator) => operator.to_string(),
            Who::Anonymous | Who::System => return Err(Error::internal("no token for nobody")),
        };
        Ok(Self {
            iss: issuer.to_owned(),
            aud: audience(who).to_owned(),
            sub,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: entity::ids::uuid_at(now).simple().to_string(),
            prg: programme,
            scope: scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "),
        })
    }

    fn who(&self) -> Option<Who> {
        if let Ok(member) = self.sub.parse::<MemberId>() {
            return Some(Who::Member(member));
        }
        if let Ok(operator) = self.sub.parse::<OperatorId>() {
            return Some(Who::Operator(operator));
        }
        let (partner, client) = self.sub.split_once('/')?;
        Some(Who::Partner(partner.parse::<PartnerId>().ok()?, client.parse::<ApiClientId>().ok()?))
    }
}

fn audience(who: Who) -> &'static str {
    if matches!(who, Who::Operator(_)) { OPERATOR_AUDIENCE } else { AUDIENCE }
}

/// Signs with the newest key.
pub(super) async fn sign(keys: &KeyRing, claims: &Claims, now: DateTime<Utc>) -> Result<String> {
    let (kid, key) = keys.signer(now).await?;
    let header = Header { kid: Some(kid), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &key).map_err(Error::internal)
}

/// Reads a token: its key from our set by name, its algorithm fixed, every claim required.
pub(super) async fn verify(
    keys: &KeyRing,
    issuer: &str,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Verified> {
    if token.len() > LENGTH_MAX {
        return Err(INVALID);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| INVALID)?;
    // RFC 7515: who doesn't know what is critical refuses; we know no extension.
    if header.alg != Algorithm::EdDSA || header.crit.is_some() {
        return Err(INVALID);
    }
    let kid = header.kid.ok_or(INVALID)?;
    let key = keys.verifier(&kid, now).await?.ok_or(INVALID)?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE, OPERATOR_AUDIENCE]);
    validation.set_issuer(&[issuer]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    // Checked below, against the time that came in.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims =
        jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| INVALID)?.claims;
    let who = claims.who().filter(|who| audience(*who) == claims.aud).ok_or(INVALID)?;
    let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(INVALID)?;
    let scopes = claims.scope.split_whitespace().filter_map(Scope::parse).collect();
    Ok(Verified {
        actor: Actor::new(claims.prg, who, scopes, expires_at),
        not_before: claims.nbf,
        expires: claims.exp,
        seen_at: now,
    })
}
