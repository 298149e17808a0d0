//! Paying with points: held, captured, released, or in one step; and undone.
//!
//! A payment's id is its entry's. Acceptance prices are those of the contract in force when the
//! payment occurred.

mod holds;
mod read;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, PartnerId, ProgrammeId, StoreId, WalletId};
use entity::ledger::entry;
use entity::members::member;
use serde::Serialize;
use uuid::Uuid;

pub use self::holds::{Capture, Held, PlaceHold, Release};

use crate::actor::{Actor, Scope};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::core::{Acceptance, Action, Command, Key};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, may_spend};
use crate::partners::{Directory, Partners, Role};
use crate::programmes::{Programmes, Rules};
use crate::refusal::{Code, Refusal};
use crate::writes::{Found, Made, Move, Writes};
use crate::{keys, text};

/// The use cases.
pub struct Payments {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
    partners: Arc<Partners>,
    writes: Arc<Writes>,
}

/// A payment in one step.
#[derive(Clone, Debug)]
pub struct Pay {
    /// Who pays.
    pub member: MemberRef,
    /// In which store, by the partner's own code.
    pub store_code: Option<String>,
    /// How much.
    pub points: Points,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The partner's own reference.
    pub reference: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// A payment to be undone.
#[derive(Clone, Debug)]
pub struct Reverse {
    /// The payment, in one step or captured.
    pub payment: EntryId,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What paying or undoing did.
#[derive(Clone, Debug)]
pub struct Paid {
    /// The entry: of the payment, or of its reversal.
    pub entry: entry::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

/// What all commands of one request share.
struct Request<'a> {
    actor: &'a Actor,
    partner: PartnerId,
    rules: Arc<Rules>,
    directory: Arc<Directory>,
    now: DateTime<Utc>,
}

#[derive(Serialize)]
struct CanonicalPay<'a> {
    member: String,
    store_code: Option<&'a str>,
    points: Points,
    occurred_at: DateTime<Utc>,
    reference: Option<&'a str>,
}

impl Payments {
    /// The use cases over this database.
    pub(crate) fn new(
        db: Db,
        clock: Clock,
        programmes: Arc<Programmes>,
        partners: Arc<Partners>,
        writes: Arc<Writes>,
    ) -> Self {
        Self { db, clock, programmes, partners, writes }
    }

    /// Pays in one step.
    pub async fn pay(&self, actor: &Actor, wish: Pay) -> Result<Paid> {
        let (programme, _) = actor.partner(Scope::PaymentsWrite)?;
        let reference = text::clean_option(wish.reference.as_deref(), 64, Code::ReferenceInvalid)
            .map_err(|refusal| refusal.at("reference"))?;
        let canonical = CanonicalPay {
            member: wish.member.canonical(),
            store_code: wish.store_code.as_deref(),
            points: wish.points,
            occurred_at: wish.occurred_at,
            reference: reference.as_deref(),
        };
        let key = keys::key(actor, &wish.idempotency_key, "payWithPoints", &canonical)?;
        let outcome = self.try_pay(actor, &wish, &key, reference).await;
        self.paid(programme, &key, outcome).await
    }

    async fn try_pay(
        &self,
        actor: &Actor,
        wish: &Pay,
        key: &Key,
        reference: Option<String>,
    ) -> Result<Made> {
        let request = self.request(actor).await?;
        request.rules.accepts_time(wish.occurred_at, request.now)?;
        above_zero(wish.points)?;
        let store = request.store(wish.store_code.as_deref(), wish.occurred_at)?;
        let acceptance = request.acceptance(wish.occurred_at)?;
        let command = Command {
            store,
            occurred_at: wish.occurred_at,
            action: Action::Pay { points: wish.points, acceptance },
            ..request.command(key.clone(), reference)
        };
        let member = wish.member.clone();
        let wish = Move::of_members(key, vec![member.clone()], move |found| {
            let wallet = payer(found, &member)?.wallet_id;
            Ok(Command { wallet, ..command.clone() })
        });
        self.writes.make(request.rules.id(), wish).await
    }

    /// Undoes a payment: the same lots get back what they gave.
    pub async fn reverse(&self, actor: &Actor, wish: Reverse) -> Result<Paid> {
        let request = self.request_of_any(actor).await?;
        let key = keys::key(actor, &wish.idempotency_key, "reversePayment", &wish.payment)?;
        let (partner, programme) = (request.partner, request.rules.id());
        let action = Action::Reverse { payment: wish.payment };
        let command = Command { action, ..request.command(key.clone(), None) };
        let wish = Move::of_payment(&key, wish.payment, move |found| {
            let (payment, wallet) = found.payment(partner, wish.payment)?;
            Ok(Command { wallet, store: payment.store_id, ..command.clone() })
        });
        let outcome = self.writes.make(programme, wish).await;
        self.paid(programme, &key, outcome.map_err(|error| at(error, "paymentId"))).await
    }

    /// A request by a partner that accepts points.
    async fn request<'a>(&self, actor: &'a Actor) -> Result<Request<'a>> {
        let request = self.request_of_any(actor).await?;
        request.directory.in_role(request.partner, Role::Accepts)?;
        Ok(request)
    }

    /// A request by any partner: a suspended one may still give back.
    async fn request_of_any<'a>(&self, actor: &'a Actor) -> Result<Request<'a>> {
        let (programme, partner) = actor.partner(Scope::PaymentsWrite)?;
        Ok(Request {
            actor,
            partner,
            rules: self.programmes.rules(programme).await?,
            directory: self.partners.directory(programme).await?,
            now: self.clock.now(),
        })
    }

    async fn paid(&self, programme: ProgrammeId, key: &Key, outcome: Result<Made>) -> Result<Paid> {
        let mut made = self.writes.or_earlier(programme, key, outcome).await?;
        let entry = self.writes.entry(programme, &mut made).await?;
        Ok(Paid { entry, is_replay: made.is_replay() })
    }
}

impl Request<'_> {
    fn store(&self, code: Option<&str>, at: DateTime<Utc>) -> Result<Option<StoreId>> {
        let store =
            code.map(|code| self.directory.open_store(self.partner, code, at)).transpose()?;
        Ok(store.map(|store| store.id))
    }

    fn acceptance(&self, at: DateTime<Utc>) -> Result<Acceptance> {
        let contract = self.directory.contract_at(self.partner, at)?;
        let partner = Some(self.partner);
        Ok(Acceptance { partner, price_micros: contract.acceptance_price_micros })
    }

    /// A command whose wallet and action are still to be said.
    fn command(&self, key: Key, reference: Option<String>) -> Command {
        Command {
            entry: EntryId::at(self.now),
            wallet: WalletId::from_uuid(Uuid::nil()),
            key: Some(key),
            actor: self.actor.to_string(),
            origin: self.actor.origin().to_owned(),
            partner: Some(self.partner),
            store: None,
            purchase: None,
            occurred_at: self.now,
            recorded_at: self.now,
            is_history: false,
            cause: Cause::Payment { reference },
            action: Action::Settle,
        }
    }
}

/// Who pays.
fn payer<'a>(found: &'a Found, named: &MemberRef) -> Result<&'a member::Model, Refusal> {
    let member = found.members.member(named);
    let member = member.and_then(|member| may_spend(member.status).map(|()| member));
    member.map_err(|refusal| refusal.at("member"))
}

pub(crate) fn above_zero(points: Points) -> Result<(), Refusal> {
    if points.is_zero() { Err(Refusal::new(Code::PointsInvalid).at("points")) } else { Ok(()) }
}

/// Says which field a refusal without one is about.
fn at(error: Error, path: &str) -> Error {
    match error {
        Error::Refused(refusal) if refusal.path.is_empty() => refusal.at(path).into(),
        other => other,
    }
}
