//! Persons who enrol and sign in by themselves, with an account elsewhere; and who can't.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::provider::{Provider, Signer};
use crate::support::{Caller, World, code, receipt};

const REGISTER: &str = "registerIdentityProvider";
const ENROL: &str = "enrolWithIdentity";

/// What an app gets for an ID token at the token endpoint.
async fn exchanges(world: &World, id_token: &str) -> Value {
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("subject_token", id_token),
    ];
    let address = format!("http://{}/oauth/token", world.gateway.address);
    let answer = reqwest::Client::new().post(address).form(&form).send().await.unwrap();
    answer.json().await.unwrap()
}

async fn is_refused(world: &World, id_token: &str) -> String {
    let nobody = world.operator.as_nobody();
    nobody.is_refused(ENROL, json!({ "idToken": id_token })).await.0
}

#[tokio::test]
async fn a_person_enrols_signs_in_buys_and_sees_why() {
    let world = World::new().await;
    let (grocer, provider) = (world.partner("grocer").await, Provider::new(Signer::rsa()).await);
    world.trusts(&provider).await;
    let id_token = provider.id_token("ana", world.now());
    let early = exchanges(&world, &id_token).await;
    assert_eq!(early["error"], "invalid_grant", "nobody is enrolled yet: {early}");

    let nobody = world.operator.as_nobody();
    let (enrol, result) = (json!({ "idToken": id_token }), "member { id } isReplayed");
    let (first, second) = tokio::join!(
        nobody.does(ENROL, result, enrol.clone()),
        nobody.does(ENROL, result, enrol.clone()),
    );
    assert_eq!(first["member"]["id"], second["member"]["id"], "twice at once, enrolled once");
    assert_ne!(first["isReplayed"], second["isReplayed"]);

    let granted = exchanges(&world, &id_token).await;
    assert_eq!(granted["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert_eq!(granted["expires_in"], 900);
    let ana = nobody.with(granted["access_token"].as_str().unwrap());
    let viewer = ana.asks("{ viewer { id cards { number } } }").await;
    assert_eq!(viewer["viewer"]["id"], first["member"]["id"]);
    let card = viewer["viewer"]["cards"][0]["number"].as_str().unwrap();
    grocer.does("recordPurchase", "points", receipt("R1", card, "12.00", world.now())).await;
    let seen = ana.asks("{ viewer { history { nodes { reason { summary } } } } }").await;
    let why = seen["viewer"]["history"]["nodes"][0]["reason"]["summary"].as_str().unwrap();
    assert!(why.contains("earned 12 points"), "{why}");
    world.closes().await;
}

#[tokio::test]
async fn an_account_is_one_member_and_another_account_another() {
    let world = World::new().await;
    let provider = Provider::new(Signer::ed25519()).await;
    let other = Provider::new(Signer::p256()).await;
    world.trusts(&provider).await;
    world.trusts(&other).await;
    let nobody = world.operator.as_nobody();
    let mut members = Vec::new();
    for (at, subject) in
        [(&provider, "ana"), (&provider, "bob"), (&other, "ana"), (&provider, "ana")]
    {
        let wish = json!({ "idToken": at.id_token(subject, world.now()) });
        let enrolled = nobody.does(ENROL, "member { id }", wish).await;
        members.push(enrolled["member"]["id"].clone());
    }
    assert_eq!(members[0], members[3]);
    members.pop();
    members.dedup();
    assert_eq!(members.len(), 3);
    world.closes().await;
}

#[tokio::test]
async fn a_token_that_proves_nothing_enrols_nobody() {
    let world = World::new().await;
    let (provider, stranger) =
        (Provider::new(Signer::ed25519()).await, Provider::new(Signer::ed25519()).await);
    world.trusts(&provider).await;
    let now = world.now();
    let good = provider.claims("ana", now);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        provider.signs(&claims)
    };
    let hour_ago = (now - TimeDelta::hours(1)).timestamp();
    let in_an_hour = (now + TimeDelta::hours(1)).timestamp();
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    let bad = [
        String::new(),
        "a.b.c".to_owned(),
        "x".repeat(9_000),
        stranger.id_token("ana", now),
        stranger.signs(&good),
        with("aud", json!("another-app")),
        with("aud", json!(["app", "another-app"])),
        with("iss", json!(stranger.issuer)),
        with("iss", json!(format!("{}\u{0}", provider.issuer))),
        with("exp", json!(hour_ago)),
        with("iat", json!(in_an_hour)),
        with("nbf", json!(in_an_hour)),
        with("sub", json!("")),
        with("sub", json!("a".repeat(256))),
        with("exp", json!("9999999999")),
        with("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
        provider.signs_as(&json!({ "alg": "EdDSA", "kid": "k1", "typ": "at+jwt" }), &good),
        provider.signs_as(&header("none", "k1"), &good),
        provider.signs_as(&header("HS256", "k1"), &good),
        provider.signs_as(&header("RS256", "k1"), &good),
        provider.signs_as(&header("EdDSA", "k2"), &good),
        provider.signs_as(&json!({ "alg": "EdDSA" }), &good),
        provider.signs_as(&json!({ "alg": "EdDSA", "kid": "k1", "crit": ["x"] }), &good),
        provider.signs(&good).trim_end_matches(|c| c != '.').to_owned(),
    ];
    for token in &bad {
        assert_eq!(is_refused(&world, token).await, "IDENTITY_TOKEN_INVALID", "{token}");
        assert_eq!(exchanges(&world, token).await["error"], "invalid_request", "{token}");
    }
    let several = json!(["app", "another-app"]);
    let mut asked_by_the_app = good.clone();
    (asked_by_the_app["aud"], asked_by_the_app["azp"]) = (several, json!("app"));
    let wish = json!({ "idToken": provider.signs(&asked_by_the_app) });
    world.operator.as_nobody().does(ENROL, "isReplayed", wish).await;
    world.closes().await;
}

#[tokio::test]
async fn keys_turn_and_a_provider_may_be_away_for_a_while() {
    let world = World::new().await;
    let mut provider = Provider::new(Signer::ed25519()).await;
    world.trusts(&provider).await;
    let signs_in = async |provider: &Provider, subject: &str| {
        let wish = json!({ "idToken": provider.id_token(subject, world.now()) });
        let payload = world.operator.as_nobody().tries(ENROL, "", wish).await;
        code(&payload)
    };
    assert_eq!(signs_in(&provider, "ana").await, "OK");
    let asked = provider.asked();
    assert_eq!(signs_in(&provider, "bob").await, "OK");
    assert_eq!(provider.asked(), asked, "known keys aren't asked for again");

    provider.turns(Signer::p256(), "k2");
    assert_eq!(signs_in(&provider, "cem").await, "IDENTITY_TOKEN_INVALID", "just asked");
    world.seconds_pass(31);
    assert_eq!(signs_in(&provider, "cem").await, "OK");

    provider.goes_away();
    world.seconds_pass(2 * 60 * 60);
    assert_eq!(signs_in(&provider, "dia").await, "OK", "its keys still serve");
    world.seconds_pass(24 * 60 * 60);
    assert_eq!(signs_in(&provider, "eva").await, "IDENTITY_PROVIDER_UNREACHABLE");
    let away = exchanges(&world, &provider.id_token("ana", world.now())).await;
    assert_eq!(away["error"], "temporarily_unavailable");
    world.closes().await;
}

#[tokio::test]
async fn a_provider_is_one_that_answers_as_such_and_is_registered_once() {
    let world = World::new().await;
    let provider = Provider::new(Signer::ed25519()).await;
    let wish = |issuer: &str, audience: &str| json!({ "issuer": issuer, "audience": audience });
    let refused = async |issuer: &str, audience: &str| {
        world.operator.is_refused(REGISTER, wish(issuer, audience)).await
    };
    let invalid = |field: &str| ("IDENTITY_PROVIDER_INVALID".to_owned(), field.to_owned());
    let nowhere = [
        "",
        "accounts.example",
        "http://accounts.example",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://localhost:1",
        "ftp://127.0.0.1",
        "http://127.0.0.1:1",
    ];
    for issuer in nowhere {
        assert_eq!(refused(issuer, "app").await, invalid("issuer"), "{issuer}");
    }
    assert_eq!(refused(&format!("{}?a=b", provider.issuer), "app").await, invalid("issuer"));
    assert_eq!(refused(&provider.issuer, " ").await, invalid("audience"));
    provider.poses_as("http://accounts.example");
    assert_eq!(refused(&provider.issuer, "app").await, invalid("issuer"), "it names another");
    provider.poses_as(&provider.issuer);

    let first = world.operator.does(REGISTER, "proposal { id }", wish(&provider.issuer, "app"));
    let first = first.await["proposal"]["id"].clone();
    assert_eq!(
        is_refused(&world, &provider.id_token("ana", world.now())).await,
        "IDENTITY_TOKEN_INVALID",
        "not approved yet"
    );
    let bea = world.second_operator().await;
    let same = bea.does(REGISTER, "proposal { id }", wish(&provider.issuer, "app")).await;
    bea.does("approveProposal", "proposal { status }", json!({ "proposalId": first })).await;
    let taken = ("IDENTITY_PROVIDER_TAKEN".to_owned(), "audience".to_owned());
    assert_eq!(refused(&provider.issuer, "app").await, taken);
    let same = json!({ "proposalId": same["proposal"]["id"] });
    assert_eq!(world.operator.is_refused("approveProposal", same).await, taken);
    world.closes().await;
}

#[tokio::test]
async fn nobody_signs_in_through_a_retired_provider_or_into_a_closed_membership() {
    let world = World::new().await;
    let provider = Provider::new(Signer::ed25519()).await;
    world.trusts(&provider).await;
    let token = |subject: &str| provider.id_token(subject, world.now());
    let nobody = world.operator.as_nobody();
    let ana = nobody.does(ENROL, "member { id }", json!({ "idToken": token("ana") })).await;
    let closed = json!({ "memberId": ana["member"]["id"] });
    world.operator.does("closeMember", "member { status }", closed).await;
    assert_eq!(exchanges(&world, &token("ana")).await["error"], "invalid_grant");
    let again = nobody.does(ENROL, "member { status }", json!({ "idToken": token("ana") })).await;
    assert_eq!(again["member"]["status"], "CLOSED", "enrolling again opens nothing");

    let list = "{ identityProviders { nodes { id issuer audience retiredAt } } }";
    let listed = world.operator.asks(list).await["identityProviders"]["nodes"][0].clone();
    assert_eq!(listed["issuer"], provider.issuer.as_str());
    let retired = json!({ "identityProviderId": listed["id"] });
    for _ in 0..2 {
        let result = "identityProvider { retiredAt }";
        world.operator.does("retireIdentityProvider", result, retired.clone()).await;
    }
    assert_eq!(is_refused(&world, &token("bob")).await, "IDENTITY_TOKEN_INVALID");
    let unknown = json!({ "identityProviderId": "idp_01h2xcejqtf2nbrexx3vqjhp41" });
    let refused = world.operator.is_refused("retireIdentityProvider", unknown).await;
    assert_eq!(refused.0, "IDENTITY_PROVIDER_NOT_FOUND");
    world.closes().await;
}

#[tokio::test]
async fn who_hangs_up_or_names_unknown_keys_shuts_nobody_out() {
    let world = World::new().await;
    let mut provider = Provider::new(Signer::ed25519()).await;
    world.trusts(&provider).await;
    let (early, unknown) =
        (provider.id_token("ana", world.now()), json!({ "alg": "EdDSA", "kid": "no" }));
    let unknown = provider.signs_as(&unknown, &provider.claims("eve", world.now()));
    let nobody = world.operator.as_nobody();
    let enrols =
        async |id_token: &str| code(&nobody.tries(ENROL, "", json!({ "idToken": id_token })).await);
    provider.takes(Duration::from_millis(300));
    let hangs_up = tokio::time::timeout(Duration::from_millis(50), enrols(&unknown)).await;
    assert!(hangs_up.is_err());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(enrols(&early).await, "OK", "the keys were read all the same");

    provider.takes(Duration::from_secs(3));
    world.seconds_pass(31);
    let (begun, known) = (Instant::now(), provider.id_token("bob", world.now()));
    let (_, known) = tokio::join!(enrols(&unknown), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (enrols(&known).await, begun.elapsed())
    });
    assert_eq!(known.0, "OK");
    assert!(known.1 < Duration::from_secs(2), "a known key doesn't wait: {:?}", known.1);

    provider.takes(Duration::ZERO);
    provider.turns(Signer::p256(), "k2");
    provider.shows_besides(json!({ "kid": 1, "kty": "RSA", "x5c": "no list" }));
    provider.shows_besides(
        json!({ "kid": "k2", "kty": "RSA", "alg": "RS512", "n": "AQAB", "e": "AQAB" }),
    );
    world.seconds_pass(31);
    assert_eq!(enrols(&provider.id_token("cem", world.now())).await, "OK", "beside odd keys");
    world.closes().await;
}

/// What one sees of another's: nothing.
#[tokio::test]
async fn a_person_of_one_programme_is_nobody_in_another() {
    let world = World::new().await;
    let provider = Provider::new(Signer::ed25519()).await;
    world.trusts(&provider).await;
    let elsewhere: Caller = world.elsewhere("C9").await;
    let nobody = world.operator.as_nobody();
    let wish = json!({ "idToken": provider.id_token("ana", world.now()) });
    let ana = nobody.does(ENROL, "member { id }", wish).await;
    let query = format!("{{ node(id: {}) {{ id }} }}", ana["member"]["id"]);
    assert_eq!(elsewhere.asks(&query).await["node"], Value::Null);
    world.closes().await;
}
