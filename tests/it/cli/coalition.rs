//! The coalition that the sample's receipts belong to: seven partners, their stores, and a member
//! for most of its cards; on SQLite, or on a database of its own where the suite runs on PostgreSQL.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::BasisPoints;
use entity::partners::contract::{Funding, OnUs};
use entity::partners::partner::ReceiptScope;
use sea_orm::Database;
use service::members::{Enrol, Members};
use service::partners::{AddStore, Onboard, Partners, Roles, Sign};
use service::programmes::Programmes;
use service::{Actor, Clock, Db, Location, Scope, Who};

use super::Folder;
use crate::support::books::{Books, texts};
use crate::support::gateway;

/// A folder with a coalition in it.
pub(super) struct Coalition {
    pub(super) folder: Folder,
    /// The settings that lead to its database.
    settings: Vec<(&'static str, String)>,
    location: Location,
    url: String,
    _books: Option<Books>,
}

impl Coalition {
    /// The coalition of these receipts. Every fifth card belongs to nobody yet.
    pub(super) async fn of(receipts: &str) -> Self {
        let folder = Folder::new();
        let (books, settings) = database(&folder).await;
        let file = folder.0.join("data/florin.sqlite");
        let url = format!("sqlite://{}", file.display());
        let coalition = Self {
            location: books.as_ref().map_or(Location::Sqlite(file), Books::location),
            url: books.as_ref().map_or(url, Books::url),
            folder,
            settings,
            _books: books,
        };
        let made =
            coalition.florin("programme create arno --name Arno --currency USD --pending-days 0");
        assert_eq!(made.code, 0, "{}", made.complained);
        populate(Db::open(&coalition.location).await.unwrap(), receipts).await;
        coalition
    }

    pub(super) fn florin(&self, line: &str) -> super::Ended {
        self.folder.florin_with(line, &self.settings())
    }

    pub(super) fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Receipts, cents and points by partner, and points by card: what must be equal in the end.
    pub(super) async fn totals(&self) -> Vec<String> {
        let connection = Database::connect(&self.url).await.unwrap();
        let mut totals = texts(
            &connection,
            "select p.code || ' ' || count(*) || ' ' || sum(u.total_minor) || ' ' || sum(u.points)
             from purchase u join partner p on p.id = u.partner_id group by p.code order by 1",
        )
        .await;
        let by_card = "select c.number || ' ' || (w.available + w.pending)
             from card c join member m on m.id = c.member_id join wallet w on w.id = m.wallet_id order by 1";
        totals.extend(texts(&connection, by_card).await);
        connection.close().await.unwrap();
        totals
    }

    pub(super) async fn receipts(&self) -> u64 {
        self.count("receipt_key").await
    }

    /// Receipts that nobody has claimed.
    pub(super) async fn kept(&self) -> u64 {
        self.count("purchase where member_id is null").await
    }

    async fn count(&self, of: &str) -> u64 {
        let connection = Database::connect(&self.url).await.unwrap();
        let count = texts(&connection, &format!("select '' || count(*) from {of}")).await;
        connection.close().await.unwrap();
        count[0].parse().unwrap()
    }

    pub(super) fn books_hold(&self) {
        let verdict = self.florin("verify");
        assert_eq!(verdict.code, 0, "{}{}", verdict.printed, verdict.complained);
        assert!(verdict.printed.ends_with("arno: the books hold\n"), "{}", verdict.printed);
    }
}

/// A database of this test alone, in its folder or on the server of the suite, and the settings that
/// lead to it.
async fn database(folder: &Folder) -> (Option<Books>, Vec<(&'static str, String)>) {
    let Some(books) = Books::empty_on_server().await else { return (None, Vec::new()) };
    let url = books.url();
    let migrated = folder.florin_with("migrate", &[("DATABASE_URL", &url)]);
    assert_eq!(migrated.code, 0, "{}", migrated.complained);
    let settings =
        vec![("DATABASE_URL", url), ("FLORIN_MASTER_KEY", gateway::MASTER_KEY.to_owned())];
    (Some(books), settings)
}

async fn populate(db: Db, receipts: &str) {
    let programmes = Programmes::new(db.clone(), Clock::System);
    let programme = programmes.by_code(Some("arno")).await.unwrap();
    let operator = programmes.operator_named(programme.id, "operator").await.unwrap();
    let tomorrow = Utc::now() + TimeDelta::days(1);
    let actor = Actor::new(programme.id, Who::Operator(operator.id), Scope::ALL.to_vec(), tomorrow);
    let column = |at: &'static str| {
        let header = receipts.lines().next().unwrap();
        let at = header.split(',').position(|name| name == at).unwrap();
        move |row: &str| row.split(',').nth(at).unwrap().to_owned()
    };
    let (partner, store, card) = (column("partner"), column("store_no"), column("card_no"));
    let rows = || receipts.lines().skip(1);

    let partners = Partners::new(db.clone(), Clock::System);
    for code in rows().map(&partner).collect::<BTreeSet<_>>() {
        let own = rows().filter(|row| partner(row) == code).map(&store).collect::<BTreeSet<_>>();
        onboard(&partners, &actor, &code, own).await;
    }
    let members = Members::new(db, Clock::System);
    let cards: BTreeSet<_> = rows().map(&card).collect();
    for (place, card_number) in cards.into_iter().enumerate() {
        if place % 5 != 0 {
            let wish = Enrol { card_number, partner_reference: None };
            members.enrol(&actor, wish).await.unwrap();
        }
    }
}

async fn onboard(partners: &Partners, actor: &Actor, code: &str, stores: BTreeSet<String>) {
    let wish = Onboard {
        code: code.to_owned(),
        name: code.to_owned(),
        roles: Roles { issues: true, accepts: true, supplies: false },
        receipt_scope: ReceiptScope::Partner,
        base_rate_millipoints: 1_000,
        excluded_categories: Vec::new(),
        cashback_bp: Default::default(),
    };
    let partner = partners.onboard(actor, wish).await.unwrap().id;
    partners.sign(actor, contract(partner)).await.unwrap();
    for code in stores {
        partners.add_store(actor, AddStore { partner, name: code.clone(), code }).await.unwrap();
    }
}

fn contract(partner: entity::ids::PartnerId) -> Sign {
    Sign {
        partner,
        valid_from: DateTime::parse_from_rfc3339("2016-01-01T00:00:00Z").unwrap().to_utc(),
        funding: Funding::AtIssue,
        issue_share_bp: None,
        issue_price_micros: 10_000,
        acceptance_price_micros: 9_000,
        service_fee_bp: BasisPoints::new(100).unwrap(),
        breakage_share_bp: BasisPoints::new(0).unwrap(),
        on_us: OnUs::Full,
        credit_limit_minor: None,
        credit_alert_minor: None,
        payment_days: 30,
        dispute_days: 30,
        tax_code: "NONE".to_owned(),
    }
}
