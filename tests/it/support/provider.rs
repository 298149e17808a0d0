//! An OpenID provider: a business of its own, on this machine, whose keys the story turns.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a provider signs with.
pub(crate) enum Signer {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// Its public half, as RFC 7517 shows it.
    fn public(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ed25519(pair) => json!({ "kid": kid, "use": "sig", "kty": "OKP",
                "crv": "Ed25519", "x": text(pair.public_key().as_ref()) }),
            Self::P256(pair) => {
                // An uncompressed point: 4, x, y.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kid": kid, "use": "sig", "kty": "EC", "crv": "P-256",
                    "x": text(x), "y": text(y) })
            }
            Self::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                json!({ "kid": kid, "use": "sig", "kty": "RSA", "alg": "RS256",
                    "n": text(n.big_endian_without_leading_zero()),
                    "e": text(e.big_endian_without_leading_zero()) })
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = aws_lc_rs::rand::SystemRandom::new();
        match self {
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signed).unwrap();
                signed
            }
        }
    }
}

/// What it answers under its two addresses.
#[derive(Default)]
struct Shown {
    issuer: String,
    keys: Vec<Value>,
    asked: usize,
    takes: Duration,
}

pub(crate) struct Provider {
    pub(crate) issuer: String,
    shown: Arc<Mutex<Shown>>,
    serving: JoinHandle<()>,
    signer: Signer,
    kid: String,
}

impl Provider {
    pub(crate) async fn new(signer: Signer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shown = Arc::new(Mutex::new(Shown { issuer: issuer.clone(), ..Shown::default() }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&shown));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut provider = Self { issuer, shown, serving, signer, kid: String::new() };
        provider.shows("k1");
        provider
    }

    fn shows(&mut self, kid: &str) {
        self.kid = kid.to_owned();
        self.shown.lock().unwrap().keys.push(self.signer.public(kid));
    }

    /// It signs with another key from now on, and shows both.
    pub(crate) fn turns(&mut self, signer: Signer, kid: &str) {
        self.signer = signer;
        self.shows(kid);
    }

    /// It shows this among its keys.
    pub(crate) fn shows_besides(&self, key: Value) {
        self.shown.lock().unwrap().keys.insert(0, key);
    }

    /// How long it takes to answer from now on.
    pub(crate) fn takes(&self, time: Duration) {
        self.shown.lock().unwrap().takes = time;
    }

    /// It says that it is another.
    pub(crate) fn poses_as(&self, issuer: &str) {
        issuer.clone_into(&mut self.shown.lock().unwrap().issuer);
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.shown.lock().unwrap().asked
    }

    pub(crate) fn goes_away(&self) {
        self.serving.abort();
    }

    /// What an ID token says that was issued just now for the app.
    pub(crate) fn claims(&self, subject: &str, now: DateTime<Utc>) -> Value {
        json!({ "iss": self.issuer, "sub": subject, "aud": "app",
            "iat": now.timestamp(), "exp": (now + TimeDelta::hours(1)).timestamp() })
    }

    /// An ID token for somebody.
    pub(crate) fn id_token(&self, subject: &str, now: DateTime<Utc>) -> String {
        self.signs(&self.claims(subject, now))
    }

    /// A token that says that.
    pub(crate) fn signs(&self, claims: &Value) -> String {
        self.signs_as(&json!({ "alg": self.signer.algorithm(), "kid": self.kid }), claims)
    }

    /// The same under a header of one's own.
    pub(crate) fn signs_as(&self, header: &Value, claims: &Value) -> String {
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", text(header), text(claims));
        let signed = self.signer.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed))
    }
}

async fn configuration(State(shown): State<Arc<Mutex<Shown>>>) -> Json<Value> {
    let takes = shown.lock().unwrap().takes;
    tokio::time::sleep(takes).await;
    let issuer = shown.lock().unwrap().issuer.clone();
    Json(json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }))
}

async fn keys(State(shown): State<Arc<Mutex<Shown>>>) -> Json<Value> {
    let mut shown = shown.lock().unwrap();
    shown.asked += 1;
    Json(json!({ "keys": shown.keys }))
}
