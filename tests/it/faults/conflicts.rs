//! A database that says at random that transactions collided, as a distributed one does: at a statement
//! and at the commit, of sales and of back office alike. Whoever asks notices nothing, or is told to ask
//! again, and then it is done once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::amount::Points;
use futures_util::future::try_join_all;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use service::Location;
use service::programmes::Settings;

use crate::support::books::texts;
use crate::support::{Caller, World, code, payment, receipt};

/// One transaction in twenty fails at a statement, half of them as a deadlock, and some at the commit. A
/// sequence isn't rolled back, so it tells how many did.
const COLLIDES: &str = "
    create sequence serialization_failures;
    create sequence deadlocks;
    create function collides() returns trigger language plpgsql as $$
    declare
        draw float := random() / tg_argv[0]::float;
    begin
        if draw < 0.5 then
            perform nextval('serialization_failures');
            raise exception 'could not serialize access' using errcode = '40001';
        elsif draw < 1 then
            perform nextval('deadlocks');
            raise exception 'deadlock detected' using errcode = '40P01';
        end if;
        return null;
    end $$;
    create trigger collides after insert on entry for each statement execute function collides(0.05);
    create trigger collides after insert on fact for each statement execute function collides(0.05);
    create trigger collides after insert on audit_row for each statement execute function collides(0.05);
    create constraint trigger collides_late after insert on audit_row
        deferrable initially deferred for each row execute function collides(0.05);
    create constraint trigger collides_late after insert on receipt_key
        deferrable initially deferred for each row execute function collides(0.01);
    create constraint trigger collides_late after insert on idempotency_key
        deferrable initially deferred for each row execute function collides(0.01)";

const CLIENTS: usize = 8;
const ROUNDS: usize = 3;
/// How often one asks again when told so.
const AGAIN_MAX: usize = 5;

/// Back-office work of each round, by what the audit trail calls it.
const DONE_EACH_ROUND: [&str; 14] = [
    "api_client.registered",
    "api_client.revoked",
    "card.blocked",
    "card.linked",
    "contract.signed",
    "household.left",
    "household.pooled",
    "member.reinstated",
    "member.suspended",
    "partner.amended",
    "partner.reinstated",
    "partner.suspended",
    "store.added",
    "store.closed",
];

/// Someone with a till, an operator's desk, and two members, who pool and part.
struct Client {
    place: usize,
    now: DateTime<Utc>,
    till: Caller,
    desk: Caller,
    first: Caller,
    second: Caller,
    partner: Value,
    household: Value,
    /// What its household has in the end.
    points: i64,
}

impl Client {
    /// Works a round.
    async fn works(mut self, round: usize, now: DateTime<Utc>) -> Self {
        self.now = now;
        if round == 0 {
            self.opens().await;
        }
        self.points += self.sells(round).await + self.claims(round).await;
        self.pools().await;
        self.keeps_partner(round).await;
        self
    }

    async fn opens(&mut self) {
        let own = json!({ "code": format!("p{}", self.place), "name": "Own", "receiptScope": "PARTNER",
            "roles": { "isIssuer": true, "isAcceptor": true }, "baseRateMillipoints": 1000,
            "excludedCategories": [] });
        let opened = does(&self.desk, "onboardPartner", "partner { id }", own).await;
        self.partner = opened["partner"]["id"].clone();
    }

    /// What a till does with the first member's card, and one adjustment.
    async fn sells(&self, round: usize) -> i64 {
        let (till, card) = (&self.till, format!("C{}", self.place));
        let name = |of: &str| format!("{of}-{}-{round}", self.place);
        let sale = receipt(&name("own"), &card, "10.00", self.now);
        let sold = does(till, "recordPurchase", "purchase { id } isReplayed", sale).await;
        let shared = receipt(&name("all"), "ALL", "10.00", self.now);
        does(till, "recordPurchase", "isReplayed", shared).await;
        does(till, "payWithPoints", "isReplayed", payment(&card, 3, &name("pay"), self.now)).await;
        let much = payment(&card, 1_000_000, &name("much"), self.now);
        assert_eq!(code(&asks(till, "payWithPoints", "", much).await), "INSUFFICIENT_POINTS");
        let gift =
            json!({ "to": { "cardNumber": "ALL" }, "points": 1, "idempotencyKey": name("gift") });
        does(&self.first, "transferPoints", "isReplayed", gift).await;
        let more = json!({ "memberId": self.first.id, "points": 1, "reason": "sorry", "idempotencyKey": name("sorry") });
        does(&self.desk, "adjustPoints", "isReplayed", more).await;
        let hold = json!({ "member": { "cardNumber": card }, "points": 2, "idempotencyKey": name("hold") });
        let hold =
            does(till, "placeHold", "hold { id } isReplayed", hold).await["hold"]["id"].clone();
        if round.is_multiple_of(2) {
            let capture = json!({ "holdId": hold, "points": 2, "occurredAt": self.now, "idempotencyKey": name("end") });
            does(till, "captureHold", "isReplayed", capture).await;
            return 10 - 3 - 1 + 1 - 2;
        }
        let release = json!({ "holdId": hold, "idempotencyKey": name("end") });
        does(till, "releaseHold", "isReplayed", release).await;
        let back = json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": self.now, "idempotencyKey": name("back") });
        does(till, "returnPurchase", "isReplayed", back).await;
        -3 - 1 + 1
    }

    /// A receipt of a card that nobody had is the second member's in the end.
    async fn claims(&self, round: usize) -> i64 {
        let card = format!("X{}-{round}", self.place);
        let sale = receipt(&format!("kept-{}-{round}", self.place), &card, "10.00", self.now);
        does(&self.till, "recordPurchase", "isReplayed", sale).await;
        let link = json!({ "memberId": self.second.id, "cardNumber": card });
        let linked = does(&self.desk, "linkCard", "card { id }", link).await;
        let claim = json!({ "member": { "cardNumber": card } });
        let claimed = does(&self.till, "claimPurchases", "purchases { id }", claim).await;
        assert_eq!(claimed["purchases"].as_array().unwrap().len(), 1, "{claimed}");
        does(&self.desk, "blockCard", "card { id }", json!({ "cardId": linked["card"]["id"] }))
            .await;
        10
    }

    /// The second member joins the first with all it has, and leaves with nothing.
    async fn pools(&mut self) {
        let members = json!([self.first.id, self.second.id]);
        let pool = match &self.household {
            Value::Null => json!({ "memberIds": members }),
            household => json!({ "memberIds": members, "householdId": household }),
        };
        let pooled = does(&self.desk, "poolHousehold", "household { id }", pool).await;
        self.household = pooled["household"]["id"].clone();
        let second = json!({ "memberId": self.second.id });
        for change in ["leaveHousehold", "suspendMember", "reinstateMember"] {
            does(&self.desk, change, "member { id }", second.clone()).await;
        }
    }

    async fn keeps_partner(&self, round: usize) {
        let (desk, partner) = (&self.desk, json!({ "partnerId": self.partner }));
        let terms = json!({ "partnerId": self.partner, "validFrom": self.now, "funding": "AT_ISSUE",
            "issuePrice": "0.012", "acceptancePrice": "0.009", "serviceFeeBp": 100, "breakageShareBp": 0,
            "onUs": "FULL", "paymentDays": 14, "disputeDays": 14, "taxCode": "STD" });
        let signed = does(desk, "signContract", "contract { version }", terms).await;
        assert_eq!(signed["contract"]["version"], round + 1, "{signed}");
        // Three versions a round: amended, suspended, reinstated.
        let amend = json!({ "partnerId": self.partner, "expectedVersion": 3 * round + 1, "name": format!("Own {round}") });
        does(desk, "updatePartner", "partner { id }", amend).await;
        does(desk, "suspendPartner", "partner { id }", partner.clone()).await;
        does(desk, "reinstatePartner", "partner { id }", partner).await;
        let store =
            json!({ "partnerId": self.partner, "code": round.to_string(), "name": "Store" });
        let store = does(desk, "addStore", "store { id }", store).await;
        does(desk, "closeStore", "store { id }", json!({ "storeId": store["store"]["id"] })).await;
        let wish =
            json!({ "partnerId": self.partner, "name": "till", "scopes": ["purchases:write"] });
        let client = does(desk, "registerApiClient", "apiClient { id }", wish).await;
        let named = json!({ "apiClientId": client["apiClient"]["id"] });
        does(desk, "revokeApiClient", "apiClient { id }", named).await;
    }
}

/// The payload of a mutation, asked for again where the answer is to do so.
async fn asks(caller: &Caller, mutation: &str, result: &str, input: Value) -> Value {
    for _ in 0..AGAIN_MAX {
        let answer = caller.sends(mutation, result, input.clone()).await;
        if answer["errors"].is_null() {
            return answer["data"][mutation].clone();
        }
        assert_eq!(answer["errors"][0]["extensions"]["code"], "OVERLOADED", "{mutation}: {answer}");
    }
    panic!("{mutation} was told to come again without end");
}

/// The same, of one that must be done, and that nobody has done before.
async fn does(caller: &Caller, mutation: &str, result: &str, input: Value) -> Value {
    let payload = asks(caller, mutation, result, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
    assert_ne!(payload["isReplayed"], true, "{mutation}: {payload}");
    payload
}

#[tokio::test]
async fn transactions_that_collide_at_random_are_done_once_and_nobody_notices() {
    let adjustment_limit = Points::new(1_000).unwrap();
    let world = World::with(Settings { adjustment_limit, pending_days: 0, ..Settings::default() });
    let world = world.await;
    // A file has one writer, whom nothing gets in the way of.
    if matches!(world.books.location(), Location::Postgres(_)) {
        collide(&world).await;
    }
    world.closes().await;
}

async fn collide(world: &World) {
    let (till, all) = (world.partner("grocer").await, world.member("ALL").await);
    let mut other = world.opens_gateway().await;
    other.works();
    let mut clients = Vec::new();
    for place in 0..CLIENTS {
        let first = world.member(&format!("C{place}")).await;
        let second = world.member(&format!("D{place}")).await;
        // They stand at two gateways.
        let at = |caller: &Caller| {
            if place.is_multiple_of(2) { caller.clone() } else { caller.at(&other) }
        };
        let (till, desk, first) = (at(&till), at(&world.operator), at(&first));
        let (partner, household, now) = (Value::Null, Value::Null, world.now());
        clients.push(Client {
            place,
            now,
            till,
            desk,
            first,
            second,
            partner,
            household,
            points: 0,
        });
    }
    let database = Database::connect(world.books.url()).await.unwrap();
    let mut expected = audited(&database).await;
    database.execute_unprepared(COLLIDES).await.unwrap();

    for round in 0..ROUNDS {
        let works = |client: Client| tokio::spawn(client.works(round, world.now()));
        clients = try_join_all(clients.into_iter().map(works)).await.unwrap();
        world.seconds_pass(1);
    }
    for client in &clients {
        assert_eq!(world.wallet(&client.first).await, [client.points, 0, 0, 0]);
    }
    let rounds = CLIENTS * ROUNDS;
    assert_eq!(world.wallet(&all).await, [i64::try_from(rounds).unwrap() * 11, 0, 0, 0]);
    for action in DONE_EACH_ROUND {
        *expected.entry(action.to_owned()).or_default() += rounds;
    }
    *expected.entry("partner.onboarded".to_owned()).or_default() += CLIENTS;
    assert_eq!(audited(&database).await, expected);
    for kind in ["serialization_failures", "deadlocks"] {
        let met = texts(&database, &format!("select last_value::text from {kind}")).await;
        assert!(met[0].parse::<u32>().unwrap() > 1, "{kind}: {met:?}");
    }
    database.close().await.unwrap();
    other.stops().await;
}

/// How often each thing was done in the back office.
async fn audited(database: &DatabaseConnection) -> BTreeMap<String, usize> {
    let lines = texts(database, "select action || ' ' || count(*) from audit_row group by action");
    let pair = |line: String| {
        let (action, count) = line.split_once(' ').unwrap();
        (action.to_owned(), count.parse().unwrap())
    };
    lines.await.into_iter().map(pair).collect()
}
