//! Holds: placed, then captured or released; one that is neither lapses by itself.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{HoldId, ProgrammeId};
use entity::ledger::entry;
use entity::ledger::hold::{self, HoldStatus};
use serde::Serialize;

use super::{Payments, Request, above_zero, at, payer};
use crate::actor::{Actor, Scope};
use crate::error::Result;
use crate::ledger::core::{Action, Command, Key};
use crate::members::MemberRef;
use crate::refusal::{Code, Refusal};
use crate::writes::{Made, Move};
use crate::{keys, text};

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
        self.held(programme, &key, outcome).await
    }

    async fn try_hold(
        &self,
        actor: &Actor,
        wish: &PlaceHold,
        key: &Key,
        reference: Option<String>,
    ) -> Result<Made> {
        let request = self.request(actor).await?;
        above_zero(wish.points)?;
        let store = request.store(wish.store_code.as_deref(), request.now)?;
        let lapses_at = request.now + minutes(&request, wish.minutes)?;
        let (hold, points) = (HoldId::at(request.now), wish.points);
        let command = Command { store, ..request.command(key.clone(), reference) };
        let member = wish.member.clone();
        let wish = Move::of_members(key, vec![member.clone()], move |found| {
            let payer = payer(found, &member)?;
            let action = Action::Hold { hold, member: payer.id, points, lapses_at };
            Ok(Command { wallet: payer.wallet_id, action, ..command.clone() })
        });
        self.writes.make(request.rules.id(), wish).await
    }

    /// Pays a hold, or some of it; the rest goes back.
    pub async fn capture(&self, actor: &Actor, wish: Capture) -> Result<Held> {
        let (programme, _) = actor.partner(Scope::PaymentsWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "captureHold", &wish)?;
        let outcome = self.try_capture(actor, &wish, &key).await;
        self.held(programme, &key, outcome).await
    }

    async fn try_capture(&self, actor: &Actor, wish: &Capture, key: &Key) -> Result<Made> {
        let request = self.request(actor).await?;
        request.rules.accepts_time(wish.occurred_at, request.now)?;
        if let Some(points) = wish.points {
            above_zero(points)?;
        }
        let acceptance = request.acceptance(wish.occurred_at)?;
        let (points, occurred_at) = (wish.points, wish.occurred_at);
        self.close(&request, wish.hold, key, move |hold| {
            let points = points.unwrap_or(hold.points);
            (Action::Capture { hold: hold.id, points, acceptance }, occurred_at)
        })
        .await
    }

    /// Gives a hold back.
    pub async fn release(&self, actor: &Actor, wish: Release) -> Result<Held> {
        let request = self.request_of_any(actor).await?;
        let key = keys::key(actor, &wish.idempotency_key, "releaseHold", &wish.hold)?;
        let now = request.now;
        let close = move |hold: &hold::Model| (Action::Release { hold: hold.id }, now);
        let outcome = self.close(&request, wish.hold, &key, close).await;
        self.held(request.rules.id(), &key, outcome).await
    }

    async fn close(
        &self,
        request: &Request<'_>,
        hold: HoldId,
        key: &Key,
        action: impl Fn(&hold::Model) -> (Action, DateTime<Utc>) + Send + Sync + 'static,
    ) -> Result<Made> {
        let (partner, command) = (request.partner, request.command(key.clone(), None));
        let wish = Move::of_hold(key, hold, move |found| {
            let hold = found.hold(partner, hold)?;
            is_open(hold)?;
            let (action, occurred_at) = action(hold);
            let (wallet, store) = (hold.wallet_id, hold.store_id);
            Ok(Command { wallet, store, occurred_at, action, ..command.clone() })
        });
        let made = self.writes.make(request.rules.id(), wish).await;
        made.map_err(|error| at(error, "holdId"))
    }

    async fn held(&self, programme: ProgrammeId, key: &Key, outcome: Result<Made>) -> Result<Held> {
        let mut made = self.writes.or_earlier(programme, key, outcome).await?;
        let hold = self.writes.hold(programme, &mut made).await?;
        let entry = self.writes.entry(programme, &mut made).await?;
        Ok(Held { hold, entry, is_replay: made.is_replay() })
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

/// A hold that is closed answers without its wallet, which may have been pooled since: with what became
/// of it, or under the key that closed it as the first time.
fn is_open(hold: &hold::Model) -> Result<(), Refusal> {
    Err(Refusal::new(match hold.status {
        HoldStatus::Open => return Ok(()),
        HoldStatus::Captured => Code::HoldAlreadyCaptured,
        HoldStatus::Released => Code::HoldAlreadyReleased,
        HoldStatus::Lapsed => Code::HoldLapsed,
    }))
}
