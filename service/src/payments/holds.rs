//! Holds: placed, then captured or released; one that is neither lapses by itself.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{HoldId, ProgrammeId};
use entity::ledger::entry;
use entity::ledger::hold::{self, HoldStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{Payments, Request, above_zero, at, payer, submit};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::ledger::core::{Action, Command, Key, Receipt};
use crate::members::MemberRef;
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};
use crate::{keys, ledger, text};

/// Points to be set aside.
#[derive(Clone, Debug)]
pub struct PlaceHold {
    /// Whose.
    pub member: MemberRef,
    /// In which store, by the partner's own code.
    pub store_code: Option<String>,
    /// How many.
    pub points: Points,
    /// For how long; the programme's most if not said.
    pub minutes: Option<i32>,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// A hold to be paid.
#[derive(Clone, Debug, Serialize)]
pub struct Capture {
    /// Which.
    pub hold: HoldId,
    /// How much of it; all if not said.
    pub points: Option<Points>,
    /// When the goods changed hands.
    pub occurred_at: DateTime<Utc>,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A hold to be given back.
#[derive(Clone, Debug)]
pub struct Release {
    /// Which.
    pub hold: HoldId,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What was done to a hold.
#[derive(Clone, Debug)]
pub struct Held {
    /// The hold as it is now.
    pub hold: hold::Model,
    /// The entry of what was done.
    pub entry: entry::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct CanonicalHold<'a> {
    member: String,
    store_code: Option<&'a str>,
    points: Points,
    minutes: Option<i32>,
    reference: Option<&'a str>,
}

impl Payments {
    /// Sets points aside.
    pub async fn place_hold(&self, actor: &Actor, wish: PlaceHold) -> Result<Held> {
        let (programme, _) = actor.partner(Scope::PaymentsWrite)?;
        let reference = text::clean_option(wish.reference.as_deref(), 64, Code::ReferenceInvalid)
            .map_err(|refusal| refusal.at("reference"))?;
        let canonical = CanonicalHold {
            member: wish.member.canonical(),
            store_code: wish.store_code.as_deref(),
            points: wish.points,
            minutes: wish.minutes,
            reference: reference.as_deref(),
        };
        let key = keys::key(actor, &wish.idempotency_key, "placeHold", &canonical)?;
        let outcome = self.try_hold(actor, &wish, &key, reference).await;
        let receipt = keys::or_earlier(&self.db, programme, &key, outcome).await?;
        self.held(programme, receipt).await
    }

    async fn try_hold(
        &self,
        actor: &Actor,
        wish: &PlaceHold,
        key: &Key,
        reference: Option<String>,
    ) -> Result<Receipt> {
        let request = self.request(actor).await?;
        above_zero(wish.points)?;
        let store = request.store(wish.store_code.as_deref(), request.now)?;
        let lapses_at = request.now + minutes(&request, wish.minutes)?;
        let hold = HoldId::at(request.now);
        retrying(|| async {
            let tx = self.db.begin().await?;
            let (member, wallet) = payer(&tx, &request, &wish.member).await?;
            let command = Command {
                store,
                action: Action::Hold { hold, member, points: wish.points, lapses_at },
                ..request.command(wallet, key.clone(), reference.clone())
            };
            submit(tx, &request.rules, command).await
        })
        .await
    }

    /// Pays a hold, or some of it; the rest goes back.
    pub async fn capture(&self, actor: &Actor, wish: Capture) -> Result<Held> {
        let (programme, _) = actor.partner(Scope::PaymentsWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "captureHold", &wish)?;
        let outcome = self.try_capture(actor, &wish, &key).await;
        let receipt = keys::or_earlier(&self.db, programme, &key, outcome).await?;
        self.held(programme, receipt).await
    }

    async fn try_capture(&self, actor: &Actor, wish: &Capture, key: &Key) -> Result<Receipt> {
        let request = self.request(actor).await?;
        request.rules.accepts_time(wish.occurred_at, request.now)?;
        if let Some(points) = wish.points {
            above_zero(points)?;
        }
        let acceptance = request.acceptance(wish.occurred_at)?;
        self.close(&request, wish.hold, key, |hold| {
            let points = wish.points.unwrap_or(hold.points);
            (Action::Capture { hold: hold.id, points, acceptance }, wish.occurred_at)
        })
        .await
    }

    /// Gives a hold back.
    pub async fn release(&self, actor: &Actor, wish: Release) -> Result<Held> {
        let request = self.request_of_any(actor).await?;
        let key = keys::key(actor, &wish.idempotency_key, "releaseHold", &wish.hold)?;
        let now = request.now;
        let close = |hold: &hold::Model| (Action::Release { hold: hold.id }, now);
        let outcome = self.close(&request, wish.hold, &key, close).await;
        let receipt = keys::or_earlier(&self.db, request.rules.id(), &key, outcome).await?;
        self.held(request.rules.id(), receipt).await
    }

    async fn close(
        &self,
        request: &Request<'_>,
        hold: HoldId,
        key: &Key,
        action: impl Fn(&hold::Model) -> (Action, DateTime<Utc>),
    ) -> Result<Receipt> {
        retrying(|| async {
            let tx = self.db.begin().await?;
            let hold = find_hold(&tx, request, hold).await?;
            if let Some(receipt) = closed_before(&tx, request, &hold, key).await? {
                return Ok(receipt);
            }
            let (action, occurred_at) = action(&hold);
            let command = Command {
                store: hold.store_id,
                occurred_at,
                action,
                ..request.command(hold.wallet_id, key.clone(), None)
            };
            submit(tx, &request.rules, command).await
        })
        .await
        .map_err(|error| at(error, "holdId"))
    }

    async fn held(&self, programme: ProgrammeId, receipt: Receipt) -> Result<Held> {
        let id: Option<HoldId> = receipt.subject.as_deref().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Error::internal("a hold's receipt names no hold"))?;
        let db = self.db.primary();
        let hold = hold::Entity::find_by_id((programme, receipt.wallet, id)).one(db).await?;
        let hold =
            hold.ok_or_else(|| Error::internal("a receipt names a hold that isn't there"))?;
        let entry = ledger::find_entry(db, programme, &receipt).await?;
        Ok(Held { hold, entry, is_replay: receipt.is_replay })
    }
}

fn minutes(request: &Request<'_>, wished: Option<i32>) -> Result<TimeDelta, Refusal> {
    let most = request.rules.programme.hold_minutes_max;
    let minutes = wished.unwrap_or(most);
    if (1..=most).contains(&minutes) {
        return Ok(TimeDelta::minutes(minutes.into()));
    }
    let message = format!("A hold may stand 1 to {most} minutes, not {minutes}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("minutes"))
}

async fn find_hold(tx: &Tx, request: &Request<'_>, id: HoldId) -> Result<hold::Model> {
    let query = hold::Entity::find()
        .filter(hold::Column::ProgrammeId.eq(request.rules.id()))
        .filter(hold::Column::Id.eq(id))
        .filter(hold::Column::PartnerId.eq(request.partner));
    Ok(query.one(tx.connection()).await?.ok_or(Refusal::new(Code::HoldNotFound))?)
}

/// A hold that is closed answers without its wallet, which may have been pooled since: as the first
/// time under the same key, else with what became of it.
async fn closed_before(
    tx: &Tx,
    request: &Request<'_>,
    hold: &hold::Model,
    key: &Key,
) -> Result<Option<Receipt>> {
    if hold.status == HoldStatus::Open {
        return Ok(None);
    }
    if let Some(earlier) = keys::earlier(tx, request.rules.id(), key).await?
        && let (Some(entry), Some(wallet)) = (earlier.entry, earlier.wallet)
    {
        return Ok(Some(Receipt { entry, wallet, subject: earlier.subject, is_replay: true }));
    }
    Err(Error::from(match hold.status {
        HoldStatus::Captured => Code::HoldAlreadyCaptured,
        HoldStatus::Released => Code::HoldAlreadyReleased,
        HoldStatus::Lapsed | HoldStatus::Open => Code::HoldLapsed,
    }))
}
