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
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

pub use self::holds::{Capture, Held, PlaceHold, Release};

use crate::actor::{Actor, Scope};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::core::{Acceptance, Action, Command, Key, Receipt};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, may_spend, resolve};
use crate::partners::{Directory, Partners, Role};
use crate::programmes::{Programmes, Rules};
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};
use crate::{keys, ledger, text};

/// The use cases.
pub struct Payments {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
    partners: Arc<Partners>,
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
    pub fn new(db: Db, clock: Clock, programmes: Arc<Programmes>, partners: Arc<Partners>) -> Self {
        Self { db, clock, programmes, partners }
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
        let receipt = keys::or_earlier(&self.db, programme, &key, outcome).await?;
        self.paid(programme, receipt).await
    }

    async fn try_pay(
        &self,
        actor: &Actor,
        wish: &Pay,
        key: &Key,
        reference: Option<String>,
    ) -> Result<Receipt> {
        let request = self.request(actor).await?;
        request.rules.accepts_time(wish.occurred_at, request.now)?;
        above_zero(wish.points)?;
        let store = request.store(wish.store_code.as_deref(), wish.occurred_at)?;
        let acceptance = request.acceptance(wish.occurred_at)?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let (_, wallet) = payer(&tx, &request, &wish.member).await?;
            let command = Command {
                store,
                occurred_at: wish.occurred_at,
                action: Action::Pay { points: wish.points, acceptance },
                ..request.command(wallet, key.clone(), reference.clone())
            };
            submit(tx, &request.rules, command).await
        })
        .await
    }

    /// Undoes a payment: the same lots get back what they gave.
    pub async fn reverse(&self, actor: &Actor, wish: Reverse) -> Result<Paid> {
        let request = self.request_of_any(actor).await?;
        let key = keys::key(actor, &wish.idempotency_key, "reversePayment", &wish.payment)?;
        let outcome = retrying(|| async {
            let tx = self.db.begin().await?;
            let payment = find_payment(&tx, &request, wish.payment).await?;
            let wallet = ledger::current_wallet(&tx, request.rules.id(), payment.wallet_id).await?;
            let command = Command {
                store: payment.store_id,
                action: Action::Reverse { payment: payment.id },
                ..request.command(wallet, key.clone(), None)
            };
            submit(tx, &request.rules, command).await
        })
        .await
        .map_err(|error| at(error, "paymentId"));
        let receipt = keys::or_earlier(&self.db, request.rules.id(), &key, outcome).await?;
        self.paid(request.rules.id(), receipt).await
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

    async fn paid(&self, programme: ProgrammeId, receipt: Receipt) -> Result<Paid> {
        let entry = ledger::find_entry(self.db.primary(), programme, &receipt).await?;
        Ok(Paid { entry, is_replay: receipt.is_replay })
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
        Ok(Acceptance { partner: self.partner, price_micros: contract.acceptance_price_micros })
    }

    /// A command about the wallet, whose action is still to be said.
    fn command(&self, wallet: WalletId, key: Key, reference: Option<String>) -> Command {
        Command {
            entry: EntryId::at(self.now),
            wallet,
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

/// Decides one command and commits it.
async fn submit(tx: Tx, rules: &Rules, command: Command) -> Result<Receipt> {
    let receipt = ledger::apply_one(&tx, rules.for_ledger(), command).await?;
    tx.commit(receipt).await
}

/// Who pays, and the wallet with the points.
async fn payer(
    tx: &Tx,
    request: &Request<'_>,
    named: &MemberRef,
) -> Result<(entity::ids::MemberId, WalletId)> {
    let resolved = resolve(tx.connection(), request.rules.id(), [named.clone()]).await?;
    let member = resolved.member(named).map_err(|refusal| refusal.at("member"))?;
    may_spend(member.status).map_err(|refusal| refusal.at("member"))?;
    Ok((member.id, member.wallet_id))
}

async fn find_payment(tx: &Tx, request: &Request<'_>, id: EntryId) -> Result<entry::Model> {
    let query = entry::Entity::find()
        .filter(entry::Column::ProgrammeId.eq(request.rules.id()))
        .filter(entry::Column::Id.eq(id))
        .filter(entry::Column::PartnerId.eq(request.partner))
        .filter(entry::Column::Kind.is_in([entry::EntryKind::Paid, entry::EntryKind::Captured]));
    Ok(query.one(tx.connection()).await?.ok_or(Refusal::new(Code::PaymentNotFound))?)
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
