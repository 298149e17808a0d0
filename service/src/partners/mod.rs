//! Partners: onboarded, amended, suspended; their stores, contracts, bank accounts and API clients.

pub(crate) mod accounts;
mod clients;
mod contracts;
mod directory;
mod stores;

use std::sync::Arc;

use entity::amount::BasisPoints;
use entity::ids::{PartnerId, ProgrammeId};
use entity::partners::partner::{self, Categories, PartnerStatus, ReceiptScope};
use entity::partners::{contract, store};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use uuid::Uuid;

pub use self::accounts::SetAccount;
pub use self::clients::{NewClient, RegisterClient};
pub use self::contracts::Sign;
pub use self::directory::{Directory, Role};
pub use self::stores::AddStore;

use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::fresh::Fresh;
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most that a base rate may be: a million points a unit.
const RATE_MAX: i64 = 1_000_000_000;

/// The use cases.
pub struct Partners {
    db: Db,
    clock: Clock,
    directory: Fresh<ProgrammeId, Directory>,
}

/// What a partner may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// `ISSUES`.
    pub issues: bool,
    /// `ACCEPTS`.
    pub accepts: bool,
    /// `SUPPLIES`.
    pub supplies: bool,
}

/// A partner to be taken in.
#[derive(Clone, Debug)]
pub struct Onboard {
    /// Unique in the programme.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Roles,
    /// Within what its receipt numbers are unique.
    pub receipt_scope: ReceiptScope,
    /// Thousandths of a point for each unit of settlement currency.
    pub base_rate_millipoints: i64,
    /// Categories that earn nothing.
    pub excluded_categories: Vec<String>,
    /// How much of the eligible amount comes back as money.
    pub cashback_bp: BasisPoints,
}

/// What changes about a partner; what is left out stays.
#[derive(Clone, Debug)]
pub struct Amend {
    /// Which.
    pub partner: PartnerId,
    /// The version that the operator saw.
    pub expected_version: i32,
    /// A new name.
    pub name: Option<String>,
    /// New roles.
    pub roles: Option<Roles>,
    /// A new base rate.
    pub base_rate_millipoints: Option<i64>,
    /// Other categories that earn nothing.
    pub excluded_categories: Option<Vec<String>>,
    /// Another share that comes back as money.
    pub cashback_bp: Option<BasisPoints>,
}

impl Partners {
    /// The use cases over this database.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, directory: Fresh::default() }
    }

    /// Takes a partner in.
    pub async fn onboard(&self, actor: &Actor, wish: Onboard) -> Result<partner::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let row = partner::Model {
            id: PartnerId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            name: text::name(&wish.name)?,
            issues: wish.roles.issues,
            accepts: wish.roles.accepts,
            supplies: wish.roles.supplies,
            status: PartnerStatus::Active,
            receipt_scope: wish.receipt_scope,
            base_rate_millipoints: rate(wish.base_rate_millipoints)?,
            excluded_categories: categories(&wish.excluded_categories)?,
            cashback_bp: wish.cashback_bp,
            version: 1,
            created_at: at,
        };
        let row = retrying(|| insert(&self.db, actor, &row)).await?;
        self.directory.forget(programme);
        Ok(row)
    }

    /// Changes a partner. Its receipt scope stays: old receipts are named by it.
    pub async fn amend(&self, actor: &Actor, wish: Amend) -> Result<partner::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, wish.partner).await?;
            let after = amended(&before, &wish)?;
            self.change(tx, actor, "partner.amended", &before, after).await
        })
        .await
    }

    /// Stops a partner's sales and payments, within a minute on every gateway; returns go on.
    pub async fn suspend(&self, actor: &Actor, partner: PartnerId) -> Result<partner::Model> {
        self.set_status(actor, partner, PartnerStatus::Suspended, "partner.suspended").await
    }

    /// Lets a suspended partner take part again.
    pub async fn reinstate(&self, actor: &Actor, partner: PartnerId) -> Result<partner::Model> {
        self.set_status(actor, partner, PartnerStatus::Active, "partner.reinstated").await
    }

    async fn set_status(
        &self,
        actor: &Actor,
        partner: PartnerId,
        status: PartnerStatus,
        action: &'static str,
    ) -> Result<partner::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, partner).await?;
            if before.status == status {
                return Ok(before);
            }
            let after = partner::Model { status, ..before.clone() };
            self.change(tx, actor, action, &before, after).await
        })
        .await
    }

    /// Writes a partner's new version with its audit row.
    async fn change(
        &self,
        tx: Tx,
        actor: &Actor,
        action: &'static str,
        before: &partner::Model,
        mut after: partner::Model,
    ) -> Result<partner::Model> {
        after.version += 1;
        let change = Change {
            action,
            subject: after.id.to_string(),
            before: Some(&seen(before)),
            after: Some(&seen(&after)),
        };
        audit::append(&tx, actor, after.programme_id, self.clock.now(), change).await?;
        let row = after.into_active_model().reset_all().update(tx.connection()).await?;
        let row = tx.commit(row).await?;
        self.directory.forget(row.programme_id);
        Ok(row)
    }

    /// The programme's partners. Everybody with a token may see them: names and codes are on doors.
    pub async fn list(&self, actor: &Actor, window: Window<Uuid>) -> Result<Page<partner::Model>> {
        let programme = actor.programme()?;
        let query = partner::Entity::find().filter(partner::Column::ProgrammeId.eq(programme));
        window.read(self.db.reader_for(actor), query.cursor_by(partner::Column::Id)).await
    }

    /// A partner by id.
    pub async fn find(&self, actor: &Actor, partner: PartnerId) -> Result<Option<partner::Model>> {
        let directory = self.directory(actor.programme()?).await?;
        Ok(directory.partner(partner).cloned())
    }

    /// A partner by code.
    pub async fn find_by_code(&self, actor: &Actor, code: &str) -> Result<Option<partner::Model>> {
        let directory = self.directory(actor.programme()?).await?;
        Ok(directory.by_code(code).cloned())
    }

    /// All of a programme's partners, stores and contracts, at most five seconds old.
    pub async fn directory(&self, programme: ProgrammeId) -> Result<Arc<Directory>> {
        self.directory
            .get(programme, async {
                let db = self.db.reader();
                let partners = partner::Entity::find()
                    .filter(partner::Column::ProgrammeId.eq(programme))
                    .all(db)
                    .await?;
                let stores = store::Entity::find()
                    .filter(store::Column::ProgrammeId.eq(programme))
                    .all(db)
                    .await?;
                let contracts = contract::Entity::find()
                    .filter(contract::Column::ProgrammeId.eq(programme))
                    .all(db)
                    .await?;
                Ok(Directory::new(partners, stores, contracts))
            })
            .await
    }

    /// Whether the actor may see a partner's commercial side: an operator, or the partner itself.
    fn may_see_terms(actor: &Actor, partner: PartnerId) -> bool {
        match actor.who() {
            Who::Operator(_) | Who::System => true,
            Who::Partner(own, _) => own == partner,
            Who::Member(_) | Who::Anonymous => false,
        }
    }
}

/// Writes a new partner. Of two with one code at once, the later finds it taken when it tries again.
async fn insert(db: &Db, actor: &Actor, row: &partner::Model) -> Result<partner::Model> {
    let (programme, at) = (row.programme_id, row.created_at);
    let tx = db.begin().await?;
    let same_code = partner::Entity::find()
        .filter(partner::Column::ProgrammeId.eq(programme))
        .filter(partner::Column::Code.eq(&row.code));
    if same_code.one(tx.connection()).await?.is_some() {
        return Err(Refusal::new(Code::CodeTaken).at("code").into());
    }
    let row = row.clone().into_active_model().insert(tx.connection()).await?;
    let change = Change {
        action: "partner.onboarded",
        subject: row.id.to_string(),
        before: None,
        after: Some(&seen(&row)),
    };
    audit::append(&tx, actor, programme, at, change).await?;
    tx.commit(row).await
}

/// The partner as an operator wishes it.
fn amended(before: &partner::Model, wish: &Amend) -> Result<partner::Model> {
    if before.version != wish.expected_version {
        return Err(Error::Conflict(before.version));
    }
    let mut after = before.clone();
    if let Some(name) = &wish.name {
        after.name = text::name(name)?;
    }
    if let Some(roles) = wish.roles {
        (after.issues, after.accepts, after.supplies) =
            (roles.issues, roles.accepts, roles.supplies);
    }
    if let Some(new) = wish.base_rate_millipoints {
        after.base_rate_millipoints = rate(new)?;
    }
    if let Some(new) = &wish.excluded_categories {
        after.excluded_categories = categories(new)?;
    }
    if let Some(new) = wish.cashback_bp {
        after.cashback_bp = new;
    }
    Ok(after)
}

/// The partner's row, locked against other changes of it.
async fn lock(tx: &Tx, programme: ProgrammeId, partner: PartnerId) -> Result<partner::Model> {
    let query =
        partner::Entity::find_by_id(partner).filter(partner::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::PartnerNotFound).at("partnerId").into())
}

fn rate(millipoints: i64) -> Result<i64, Refusal> {
    if (0..=RATE_MAX).contains(&millipoints) {
        return Ok(millipoints);
    }
    let message = format!("The base rate must be between 0 and {RATE_MAX} thousandths of a point.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("baseRateMillipoints"))
}

fn categories(names: &[String]) -> Result<Categories, Refusal> {
    if names.len() > 500 {
        let message = "At most 500 categories can be left out.";
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("excludedCategories"));
    }
    let clean = |(place, name): (usize, &String)| {
        text::clean(name, 100, Code::NameInvalid)
            .map_err(|r| r.at(&format!("excludedCategories.{place}")))
    };
    names.iter().enumerate().map(clean).collect::<Result<_, _>>().map(Categories)
}

/// What the audit trail shows of a partner.
fn seen(row: &partner::Model) -> serde_json::Value {
    serde_json::json!({
        "code": row.code,
        "name": row.name,
        "issues": row.issues,
        "accepts": row.accepts,
        "supplies": row.supplies,
        "status": row.status,
        "receiptScope": row.receipt_scope,
        "baseRateMillipoints": row.base_rate_millipoints,
        "excludedCategories": row.excluded_categories,
        "cashbackBp": row.cashback_bp,
    })
}
