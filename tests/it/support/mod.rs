//! A world to tell stories in: a programme, its partners and members, behind a real gateway. Actors
//! speak GraphQL over HTTP and nothing else.

pub(crate) mod books;
mod caller;

use std::sync::Arc;

use api::http::{Server, Settings};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ApiClientId, MemberId, PartnerId, ProgrammeId};
use serde_json::{Value, json};
use service::hot::Memory;
use service::programmes::{self, Create};
use service::{Clock, Scope, Services, Who, auth};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::books::Books;
pub(crate) use self::caller::{Caller, code};

/// When every story begins.
pub(crate) const START: &str = "2026-03-02T09:00:00Z";

/// How long tokens hold where a story isn't about them.
const LONG: TimeDelta = TimeDelta::days(1000);

/// A programme with an operator, behind a gateway on a free port.
pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) operator: Caller,
    pub(crate) programme: ProgrammeId,
    clock: Clock,
    address: String,
    running: JoinHandle<()>,
    pub(crate) books: Books,
}

impl World {
    /// Points can be spent at once and expire after a year.
    pub(crate) async fn new() -> Self {
        Self::with(programmes::Settings {
            pending_days: 0,
            expiry_months: 12,
            ..Default::default()
        })
        .await
    }

    pub(crate) async fn with(settings: programmes::Settings) -> Self {
        let books = Books::new().await;
        let clock = Clock::manual(START.parse().unwrap());
        let auth = auth::Settings {
            issuer: "http://florin.test".to_owned(),
            master_key: auth::MasterKey::new([7; 32]),
        };
        let services =
            Services::new(books.db().await, clock.clone(), Arc::new(Memory::default()), auth);
        services.auth.prepare(clock.now()).await.unwrap();
        let create = Create {
            code: "arno".to_owned(),
            name: "Arno".to_owned(),
            points_code: "FLR".to_owned(),
            points_name: "Florins".to_owned(),
            currency: "EUR".to_owned(),
            settings,
            operator: "ana".to_owned(),
        };
        let (programme, operator) = services.programmes.create(create).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::new(services.clone(), Settings::development()).unwrap();
        let running = tokio::spawn(server.run(listener, std::future::pending()));
        let who = Who::Operator(operator.id);
        let operator = caller(&services, &address, programme.id, who, LONG).await;
        Self { services, operator, programme: programme.id, clock, address, running, books }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Time passes, and what is due is done.
    pub(crate) async fn days_pass(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
        self.services.settle_due().await.unwrap();
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Somebody with a token that holds so long.
    pub(crate) async fn signs_in(&self, who: Who, life: TimeDelta) -> Caller {
        caller(&self.services, &self.address, self.programme, who, life).await
    }

    /// Another operator of the programme.
    pub(crate) async fn second_operator(&self) -> Caller {
        let row = self.services.programmes.operator_named(self.programme, "bea").await.unwrap();
        self.signs_in(Who::Operator(row.id), LONG).await.named(row.id.to_string())
    }

    /// A partner with a contract: one point a euro, and points are spent there too.
    pub(crate) async fn partner(&self, code: &str) -> Caller {
        let input = json!({ "code": code, "name": code, "receiptScope": "PARTNER",
            "roles": { "isIssuer": true, "isAcceptor": true }, "baseRateMillipoints": 1000,
            "excludedCategories": ["TOBACCO"] });
        let onboarded = self.operator.does("onboardPartner", "partner { id }", input).await;
        let id = onboarded["partner"]["id"].as_str().unwrap().to_owned();
        let terms = json!({ "partnerId": id, "validFrom": "2026-01-01T00:00:00Z", "funding": "AT_ISSUE",
            "issuePrice": "0.012", "acceptancePrice": "0.009", "serviceFeeBp": 100, "breakageShareBp": 0,
            "onUs": "FULL", "paymentDays": 14, "disputeDays": 14, "taxCode": "STD" });
        let signed = self.operator.does("signContract", "contract { version }", terms).await;
        assert_eq!(signed["contract"]["version"], 1);
        let scopes = [
            "purchases:write",
            "purchases:read",
            "payments:write",
            "members:write",
            "members:read",
        ];
        let client = json!({ "partnerId": id, "name": "till", "scopes": scopes });
        let client =
            self.operator.does("registerApiClient", "apiClient { id } secret", client).await;
        let client: ApiClientId = client["apiClient"]["id"].as_str().unwrap().parse().unwrap();
        let partner: PartnerId = id.parse().unwrap();
        self.signs_in(Who::Partner(partner, client), LONG).await.named(id)
    }

    /// A member with a card, and a token of its own.
    pub(crate) async fn member(&self, card: &str) -> Caller {
        let enrolled =
            self.operator.does("enrolMember", "member { id }", json!({ "cardNumber": card })).await;
        let id = enrolled["member"]["id"].as_str().unwrap().to_owned();
        let member: MemberId = id.parse().unwrap();
        self.signs_in(Who::Member(member), LONG).await.named(id)
    }

    /// What the member's wallet holds: available, pending, held, debt.
    pub(crate) async fn wallet(&self, member: &Caller) -> [i64; 4] {
        let viewer = member.asks("{ viewer { wallet { available pending held debt } } }").await;
        let wallet = &viewer["viewer"]["wallet"];
        ["available", "pending", "held", "debt"].map(|balance| wallet[balance].as_i64().unwrap())
    }

    /// The end of every story: the books hold, and all facts find their place.
    pub(crate) async fn closes(self) {
        self.services.sequence().await.unwrap();
        let verdict = self.services.ledger.verify(self.programme).await.unwrap();
        let faults: Vec<_> = verdict.checks.iter().filter(|check| check.faults > 0).collect();
        self.running.abort();
        let _ = self.running.await;
        self.services.close().await.unwrap();
        self.books.remove().await;
        assert!(faults.is_empty(), "the books don't hold: {faults:?}");
    }
}

async fn caller(
    services: &Services,
    address: &str,
    programme: ProgrammeId,
    who: Who,
    life: TimeDelta,
) -> Caller {
    let (now, scopes) = (services.clock.now(), Scope::ALL.to_vec());
    let issued = services.auth.issue(programme, who, scopes, life, now).await.unwrap();
    Caller::new(address, issued.token)
}

/// A receipt of one line.
pub(crate) fn receipt(number: &str, card: &str, amount: &str, at: DateTime<Utc>) -> Value {
    json!({ "receiptNumber": number, "member": { "cardNumber": card }, "occurredAt": at,
        "total": { "amount": amount, "currencyCode": "EUR" },
        "lines": [{ "sku": "A1", "category": "FOOD", "quantity": 2, "amount": amount }] })
}

/// A payment in one step.
pub(crate) fn payment(card: &str, points: i64, key: &str, at: DateTime<Utc>) -> Value {
    json!({ "member": { "cardNumber": card }, "points": points, "occurredAt": at, "idempotencyKey": key })
}
