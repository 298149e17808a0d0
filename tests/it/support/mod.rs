//! A world to tell stories in: a programme, its partners and members, behind a real gateway. Actors
//! speak GraphQL over HTTP and nothing else.

pub(crate) mod block;
pub(crate) mod books;
mod caller;
pub(crate) mod cluster;
pub(crate) mod gateway;
pub(crate) mod lint;
pub(crate) mod listener;
mod postgres;
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod redis;
pub(crate) mod socket;
pub(crate) mod wire;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ApiClientId, MemberId, PartnerId, ProgrammeId};
use entity::purchases::purchase::{Channel, Line};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use service::actor::PARTNER_SCOPES;
use service::hot::HotStore;
use service::members::MemberRef;
use service::programmes::{self, Create};
use service::purchases::{Mode, Receipt, Recorded};
use service::{Actor, Clock, Db, Location, Refusal, Scope, Who};
use uuid::Uuid;

use self::books::Books;
pub(crate) use self::caller::{Caller, code};
use self::gateway::Gateway;
use self::provider::Provider;

/// When every story begins.
pub(crate) const START: &str = "2026-03-02T09:00:00Z";
/// As long as any story.
const LIFE: TimeDelta = TimeDelta::days(1000);

/// A programme with an operator, behind a gateway. A story ends with [`World::closes`].
pub(crate) struct World {
    pub(crate) operator: Caller,
    pub(crate) programme: ProgrammeId,
    pub(crate) gateway: Gateway,
    clock: Clock,
    redis_prefix: String,
    is_checked: bool,
    pub(crate) books: Books,
}

impl World {
    /// Points can be spent at once and expire after a year.
    pub(crate) async fn new() -> Self {
        Self::on(Books::new().await).await
    }

    /// The same on books of another kind.
    pub(crate) async fn on(books: Books) -> Self {
        let settings =
            programmes::Settings { pending_days: 0, expiry_months: 12, ..Default::default() };
        Self::on_with(books, settings).await
    }

    pub(crate) async fn with(settings: programmes::Settings) -> Self {
        Self::on_with(Books::new().await, settings).await
    }

    async fn on_with(books: Books, settings: programmes::Settings) -> Self {
        let clock = Clock::manual(START.parse().unwrap());
        let redis_prefix = format!("florin-test/{}", Uuid::now_v7());
        let hot = gateway::hot(&redis_prefix);
        let gateway = Gateway::open(&books.location(), clock.clone(), hot).await;
        let (programme, operator) =
            gateway.services.programmes.create(create("arno", settings)).await.unwrap();
        let (programme, who) = (programme.id, Who::Operator(operator.id));
        let operator = caller(&gateway, &books, programme, who, Scope::ALL, LIFE).await;
        Self { operator, programme, gateway, clock, redis_prefix, is_checked: false, books }
    }

    /// Another gateway over the same books.
    pub(crate) async fn opens_gateway(&self) -> Gateway {
        self.opens_gateway_at(&self.books.location()).await
    }

    /// Another that reaches the books there.
    pub(crate) async fn opens_gateway_at(&self, location: &Location) -> Gateway {
        Gateway::open(location, self.clock.clone(), gateway::hot(&self.redis_prefix)).await
    }

    /// Another with shared state of its own.
    pub(crate) async fn opens_gateway_with(&self, hot: Arc<dyn HotStore>) -> Gateway {
        Gateway::open(&self.books.location(), self.clock.clone(), hot).await
    }

    /// Another over this database, with that shared state.
    pub(crate) async fn opens_gateway_over(&self, db: Db, hot: Arc<dyn HotStore>) -> Gateway {
        Gateway::over(db, self.clock.clone(), hot).await
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Time passes, and what is due is done.
    pub(crate) async fn days_pass(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
        self.gateway.services.settle_due().await.unwrap();
    }

    pub(crate) fn seconds_pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Somebody with a token that holds so long.
    pub(crate) async fn signs_in(&self, who: Who, life: TimeDelta) -> Caller {
        caller(&self.gateway, &self.books, self.programme, who, Scope::ALL, life).await
    }

    /// Another operator of the programme.
    pub(crate) async fn second_operator(&self) -> Caller {
        let programmes = &self.gateway.services.programmes;
        let row = programmes.operator_named(self.programme, "bea").await.unwrap();
        self.caller(Who::Operator(row.id)).await.named(row.id.to_string())
    }

    /// Two operators agree that members may sign in there.
    pub(crate) async fn trusts(&self, provider: &Provider) {
        let wish = json!({ "issuer": provider.issuer, "audience": "app" });
        let proposed =
            self.operator.does("registerIdentityProvider", "proposal { id }", wish).await;
        let named = json!({ "proposalId": proposed["proposal"]["id"] });
        let bea = self.second_operator().await;
        bea.does("approveProposal", "proposal { status }", named).await;
    }

    /// A partner with a contract: one point a euro, and points are spent there too.
    pub(crate) async fn partner(&self, code: &str) -> Caller {
        let partner = self.partner_without_contract(code).await;
        self.signs(&partner).await;
        partner
    }

    /// A partner whose receipt numbers are unique in a store only.
    pub(crate) async fn partner_by_store(&self, code: &str) -> Caller {
        self.partner_by(code, "STORE").await
    }

    /// A partner whose receipt numbers are unique in that scope only.
    pub(crate) async fn partner_by(&self, code: &str, scope: &str) -> Caller {
        let partner = self.onboards(code, scope).await;
        self.signs(&partner).await;
        partner
    }

    pub(crate) async fn partner_without_contract(&self, code: &str) -> Caller {
        self.onboards(code, "PARTNER").await
    }

    async fn signs(&self, partner: &Caller) {
        let terms = json!({ "partnerId": partner.id, "validFrom": "2026-01-01T00:00:00Z",
            "funding": "AT_ISSUE", "issuePrice": "0.012", "acceptancePrice": "0.009",
            "serviceFeeBp": 100, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
            "disputeDays": 14, "taxCode": "STD" });
        let signed = self.operator.does("signContract", "contract { version }", terms).await;
        assert_eq!(signed["contract"]["version"], 1);
    }

    async fn onboards(&self, code: &str, receipt_scope: &str) -> Caller {
        let input = json!({ "code": code, "name": code, "receiptScope": receipt_scope,
            "roles": { "isIssuer": true, "isAcceptor": true }, "baseRateMillipoints": 1000,
            "excludedCategories": ["TOBACCO"] });
        let onboarded = self.operator.does("onboardPartner", "partner { id }", input).await;
        let id = onboarded["partner"]["id"].as_str().unwrap().to_owned();
        let scopes = PARTNER_SCOPES.iter().map(|scope| scope.name()).collect::<Vec<_>>();
        let client = json!({ "partnerId": id, "name": "till", "scopes": scopes });
        let client =
            self.operator.does("registerApiClient", "apiClient { id } secret", client).await;
        let client: ApiClientId = client["apiClient"]["id"].as_str().unwrap().parse().unwrap();
        let partner: PartnerId = id.parse().unwrap();
        self.caller(Who::Partner(partner, client)).await.named(id)
    }

    /// A member of another programme on the same installation.
    pub(crate) async fn elsewhere(&self, card: &str) -> Caller {
        let services = &self.gateway.services;
        let create = create("tevere", programmes::Settings::default());
        let (programme, operator) = services.programmes.create(create).await.unwrap();
        let who = Who::Operator(operator.id);
        let operator =
            caller(&self.gateway, &self.books, programme.id, who, Scope::ALL, LIFE).await;
        let wish = json!({ "cardNumber": card });
        let enrolled = operator.does("enrolMember", "member { id }", wish).await;
        let id = enrolled["member"]["id"].as_str().unwrap().to_owned();
        let who = Who::Member(id.parse().unwrap());
        caller(&self.gateway, &self.books, programme.id, who, &[], LIFE).await.named(id)
    }

    /// An operator brings in a receipt as history.
    pub(crate) async fn backfills(
        &self,
        partner: &Caller,
        number: &str,
        card: &str,
        at: DateTime<Utc>,
    ) -> Result<Recorded, Refusal> {
        let line = Line {
            sku: "A1".to_owned(),
            category: None,
            brand: None,
            quantity: 1,
            amount_minor: 1000,
            discount_minor: 0,
        };
        let receipt = Receipt {
            partner: partner.id.parse().unwrap(),
            store_code: None,
            receipt_number: number.to_owned(),
            member: Some(MemberRef::Card(card.to_owned())),
            channel: Channel::Store,
            occurred_at: at,
            currency: "EUR".parse().unwrap(),
            total_minor: 1000,
            lines: vec![line],
            coupons: Vec::new(),
            coupon_minor: Vec::new(),
        };
        let until = self.now() + LIFE;
        let operator = Actor::new(self.programme, self.operator.who, Scope::ALL.to_vec(), until);
        let purchases = &self.gateway.services.purchases;
        let answers = purchases.record_many(&operator, vec![receipt], Mode::Backfill).await;
        answers.unwrap().pop().unwrap()
    }

    /// A member with a card, and a token of its own.
    pub(crate) async fn member(&self, card: &str) -> Caller {
        let enrolled =
            self.operator.does("enrolMember", "member { id }", json!({ "cardNumber": card })).await;
        let id = enrolled["member"]["id"].as_str().unwrap().to_owned();
        let member: MemberId = id.parse().unwrap();
        self.caller(Who::Member(member)).await.named(id)
    }

    /// What the member's wallet holds: available, pending, held, debt.
    pub(crate) async fn wallet(&self, member: &Caller) -> [i64; 4] {
        let viewer = member.asks("{ viewer { wallet { available pending held debt } } }").await;
        let wallet = &viewer["viewer"]["wallet"];
        ["available", "pending", "held", "debt"].map(|balance| wallet[balance].as_i64().unwrap())
    }

    async fn caller(&self, who: Who) -> Caller {
        caller(&self.gateway, &self.books, self.programme, who, Scope::ALL, LIFE).await
    }

    /// The same with a token of these scopes that ends so soon.
    pub(crate) async fn with_token(
        &self,
        of: &Caller,
        scopes: &[Scope],
        life: TimeDelta,
    ) -> Caller {
        caller(&self.gateway, &self.books, self.programme, of.who, scopes, life).await
    }

    /// The end of every story: the books hold, and all facts find their place.
    pub(crate) async fn closes(mut self) {
        self.gateway.services.sequence().await.unwrap();
        while self.gateway.services.follow_tiers().await.unwrap() > 0 {}
        while self.gateway.services.follow_money().await.unwrap() > 0 {}
        let verdict = self.gateway.services.ledger.verify(self.programme).await.unwrap();
        let faults: Vec<_> = verdict.checks.iter().filter(|check| check.faults > 0).collect();
        self.is_checked = true;
        self.gateway.stops().await;
        assert!(faults.is_empty(), "the books don't hold: {faults:?}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let is_over = self.is_checked || std::thread::panicking();
        assert!(is_over, "a story ends with `world.closes().await`, which checks the books");
    }
}

async fn caller(
    gateway: &Gateway,
    books: &Books,
    programme: ProgrammeId,
    who: Who,
    scopes: &[Scope],
    life: TimeDelta,
) -> Caller {
    let (auth, now) = (&gateway.services.auth, gateway.services.clock.now());
    let issued = auth.issue(programme, who, scopes.to_vec(), life, now).await.unwrap();
    Caller::new(&gateway.address, books, who, issued.token)
}

fn create(code: &str, settings: programmes::Settings) -> Create {
    Create {
        code: code.to_owned(),
        name: "Arno".to_owned(),
        points_code: "FLR".to_owned(),
        points_name: "Florins".to_owned(),
        currency: "EUR".to_owned(),
        settings,
        operator: "ana".to_owned(),
    }
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

#[tokio::test]
async fn a_story_that_skips_the_check_of_its_books_fails() {
    let story = tokio::spawn(async { drop(World::new().await) });
    assert!(story.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_story_whose_books_do_not_hold_fails() {
    let world = World::new().await;
    world.member("C1").await;
    let database = Database::connect(world.books.url()).await.unwrap();
    database.execute_unprepared("update wallet set available = available + 1").await.unwrap();
    database.close().await.unwrap();
    assert!(tokio::spawn(world.closes()).await.unwrap_err().is_panic());
}

#[tokio::test]
async fn what_a_sale_writes_is_seen_in_its_tables() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let before = books::contents(&world.books.url()).await;
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "9.00", world.now())).await;
    let mut after = books::contents(&world.books.url()).await;
    after.retain(|table, rows| before[table] != *rows);
    let written =
        ["activity_day", "entry", "lot", "outbox", "posting", "purchase", "receipt_key", "wallet"];
    assert_eq!(after.into_keys().collect::<Vec<_>>(), written);
    world.closes().await;
}
