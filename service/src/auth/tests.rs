//! Which tokens hold, and which keys they hold by: forged with every means that somebody without our
//! private key has, and with some that only we would have.

use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::auth::signing_key;
use entity::ids::{ApiClientId, MemberId, ProgrammeId};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::keys::KeyRing;
use super::tokens::{Claims, sign, verify};
use super::{MasterKey, Who, clients, status};
use crate::db::Db;
use crate::error::Result;
use crate::scratch::Scratch;
use crate::seal::unseal;

const ISSUER: &str = "https://florin.test";

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn gateway(db: &Db) -> KeyRing {
    KeyRing::new(db.clone(), MasterKey::new([7; 32]))
}

/// Our first key, stolen.
async fn private_key(db: &Db) -> (String, Ed25519KeyPair) {
    let query = signing_key::Entity::find().order_by_asc(signing_key::Column::CreatedAt);
    let row = query.one(db.primary()).await.unwrap().unwrap();
    let sealed = row.sealed_private_key.expose();
    let pkcs8 = unseal(&MasterKey::new([7; 32]), &row.kid, sealed).unwrap();
    (row.kid, Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap())
}

fn claims() -> Value {
    let member = MemberId::from_uuid(Uuid::from_u128(1));
    let programme = ProgrammeId::from_uuid(Uuid::from_u128(2));
    let now = start().timestamp();
    json!({ "iss": ISSUER, "aud": "florin", "sub": member, "iat": now, "nbf": now,
        "exp": now + 900, "jti": "1", "prg": programme, "scope": "" })
}

/// The same with one field set to something else, or left out.
fn with(base: &Value, field: &str, value: impl Into<Option<Value>>) -> Value {
    let mut changed = base.clone();
    let fields = changed.as_object_mut().unwrap();
    match value.into() {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    changed
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn signed(header: &Value, claims: &Value, key: &Ed25519KeyPair) -> String {
    let text = unsigned(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn with_hmac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let text = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
    format!("{text}.{signature}")
}

async fn holds(keys: &KeyRing, token: &str, now: DateTime<Utc>) -> Result<()> {
    verify(keys, ISSUER, token, now).await?.at(now).map(drop)
}

#[tokio::test]
async fn a_token_holds_only_as_we_would_have_made_it() {
    let scratch = Scratch::new().await;
    let db = scratch.open().await;
    let keys = gateway(&db);
    keys.prepare(start()).await.unwrap();
    let (kid, ours) = private_key(&db).await;
    let theirs = Ed25519KeyPair::generate().unwrap();
    let x = |key: &Ed25519KeyPair| URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x(&theirs) });
    let header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": kid });
    let hs256 = with(&header, "alg", json!("HS256"));
    let none = unsigned(&with(&header, "alg", json!("none")), &claims());
    let good = signed(&header, &claims(), &ours);
    let (text, signature) = good.rsplit_once('.').unwrap();
    let operator = unsigned(&header, &with(&claims(), "aud", json!("florin:operator")));

    let mut forged = vec![
        ("no algorithm", format!("{none}.")),
        ("no algorithm, but a signature", format!("{none}.{signature}")),
        (
            "our public key as a shared secret",
            with_hmac(&hs256, &claims(), ours.public_key().as_ref()),
        ),
        ("the same as text", with_hmac(&hs256, &claims(), x(&ours).as_bytes())),
        ("another algorithm", signed(&with(&header, "alg", json!("ES256")), &claims(), &ours)),
        ("a stranger's key", signed(&header, &claims(), &theirs)),
        ("a key that comes along", signed(&with(&header, "jwk", jwk.clone()), &claims(), &theirs)),
        (
            "a key to be fetched",
            signed(&with(&header, "jku", json!("https://evil.test")), &claims(), &theirs),
        ),
        ("an unknown key", signed(&with(&header, "kid", json!("nobody")), &claims(), &ours)),
        ("no key named", signed(&with(&header, "kid", None), &claims(), &ours)),
        ("an unknown extension", signed(&with(&header, "crit", json!(["exp"])), &claims(), &ours)),
        ("other claims than were signed", format!("{operator}.{signature}")),
        ("no signature", format!("{text}.")),
        ("too long", signed(&header, &with(&claims(), "scope", json!("a".repeat(4096))), &ours)),
    ];
    for (field, value) in [
        ("aud", json!("another")),
        ("aud", json!("florin:operator")),
        ("aud", json!(["florin"])),
        ("iss", json!("https://evil.test")),
        ("exp", json!("99999999999")),
        ("exp", json!(99_999_999_999.5)),
        ("exp", json!(i64::MAX)),
        ("iat", json!("0")),
        ("nbf", json!(null)),
        ("sub", json!("mem_")),
        ("sub", json!(1)),
        ("prg", json!("prg_")),
    ] {
        forged.push((field, signed(&header, &with(&claims(), field, value), &ours)));
    }
    for field in claims().as_object().unwrap().keys() {
        let token = signed(&header, &with(&claims(), field, None), &ours);
        assert!(holds(&keys, &token, start()).await.is_err(), "without {field}");
    }
    for (what, token) in forged {
        assert!(holds(&keys, &token, start()).await.is_err(), "{what}: {token}");
    }
    assert!(holds(&keys, &good, start()).await.is_ok());
    let foreign = with(&with(&header, "jwk", jwk), "jku", json!("https://evil.test"));
    assert!(holds(&keys, &signed(&foreign, &claims(), &ours), start()).await.is_ok());
    db.close().await.unwrap();
    scratch.remove().await;
}

#[tokio::test]
async fn a_token_holds_from_when_it_begins_until_it_ends() {
    let scratch = Scratch::new().await;
    let db = scratch.open().await;
    let keys = gateway(&db);
    let token = token(&keys, start()).await;
    for (seconds, expected) in [(-31, false), (-30, true), (0, true), (899, true), (900, false)] {
        let now = start() + TimeDelta::seconds(seconds);
        assert_eq!(holds(&keys, &token, now).await.is_ok(), expected, "after {seconds} s");
    }
    db.close().await.unwrap();
    scratch.remove().await;
}

async fn token(keys: &KeyRing, now: DateTime<Utc>) -> String {
    let (programme, member) = (Uuid::from_u128(2), Uuid::from_u128(1));
    let who = Who::Member(MemberId::from_uuid(member));
    let until = now + TimeDelta::minutes(15);
    let claims =
        Claims::new(ISSUER, ProgrammeId::from_uuid(programme), who, &[], now, until).unwrap();
    sign(keys, &claims, now).await.unwrap()
}

async fn published(keys: &KeyRing, now: DateTime<Utc>) -> Vec<String> {
    keys.public(now).await.unwrap().keys.into_iter().map(|key| key.kid).collect()
}

#[tokio::test]
async fn keys_rotate_on_all_gateways_and_no_token_is_cut_short() {
    let scratch = Scratch::new().await;
    let (one, two) = (scratch.open().await, scratch.open().await);
    let (here, there) = (gateway(&one), gateway(&two));
    let old = token(&here, start()).await;
    let (first, _) = there.signer(start()).await.unwrap();
    assert_eq!(first, here.signer(start()).await.unwrap().0);

    let rotated = start() + TimeDelta::minutes(5);
    let second = here.rotate(rotated).await.unwrap();
    assert_eq!(here.signer(rotated).await.unwrap().0, second);
    assert_eq!(published(&here, rotated).await, [first.clone(), second.clone()]);
    let new = token(&here, rotated).await;
    for gateway in [&here, &there] {
        assert!(holds(gateway, &old, rotated).await.is_ok());
        assert!(holds(gateway, &new, rotated).await.is_ok());
    }
    let soon = rotated + TimeDelta::minutes(1);
    assert_eq!(there.signer(soon).await.unwrap().0, second);
    assert_eq!(published(&there, soon).await, [first.clone(), second.clone()]);

    let last = rotated + TimeDelta::hours(25);
    assert_eq!(published(&there, last - TimeDelta::seconds(1)).await, [first, second.clone()]);
    for gateway in [&here, &there] {
        assert_eq!(published(gateway, last).await, std::slice::from_ref(&second));
    }
    let (kid, key) = private_key(&one).await;
    let header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": kid });
    let stolen = signed(&header, &with(&claims(), "exp", json!(last.timestamp() + 900)), &key);
    assert!(holds(&here, &stolen, last - TimeDelta::seconds(1)).await.is_ok());
    assert!(holds(&here, &stolen, last).await.is_err());
    one.close().await.unwrap();
    two.close().await.unwrap();
    scratch.remove().await;
}

#[tokio::test]
async fn an_unknown_key_makes_a_gateway_look_again_but_not_for_every_token() {
    let scratch = Scratch::new().await;
    let (one, two) = (scratch.open().await, scratch.open().await);
    let (here, there) = (gateway(&one), gateway(&two));
    there.signer(start()).await.unwrap();
    here.rotate(start()).await.unwrap();
    let new = token(&here, start()).await;
    let almost = start() + TimeDelta::milliseconds(1999);
    assert!(holds(&there, &new, almost).await.is_err());
    assert!(holds(&there, &new, start() + TimeDelta::seconds(2)).await.is_ok());
    one.close().await.unwrap();
    two.close().await.unwrap();
    scratch.remove().await;
}

#[tokio::test]
async fn a_busy_writer_keeps_nobody_out() {
    let scratch = Scratch::new().await;
    let db = scratch.open().await;
    let token = token(&gateway(&db), start()).await;
    let writer = db.begin().await.unwrap();
    let come_in = async {
        let verified = verify(&gateway(&db), ISSUER, &token, start()).await.unwrap();
        assert!(status::check(&db, &verified.actor).await.is_err(), "there is no such member");
        let client = ApiClientId::from_uuid(Uuid::from_u128(1)).to_string();
        assert!(clients::find(&db, &client).await.unwrap().is_none());
    };
    tokio::time::timeout(Duration::from_secs(1), come_in).await.unwrap();
    drop(writer);
    db.close().await.unwrap();
    scratch.remove().await;
}
