//! Goods that come back: whole, by line, by quantity, several times, never more than was bought.
//!
//! What a return takes back is what the receipt earned less what the rest of it would have earned,
//! so that returning a receipt in parts takes exactly what returning it whole does.

mod lines;

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, ProgrammeId, PurchaseId, ReturnId, WalletId};
use entity::ledger::idempotency_key::Outcome;
use entity::ledger::outbox::{self, FactKind};
use entity::purchases::purchase::{self, Line};
use entity::purchases::purchase_return::{self, ReturnedLines};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::{Purchases, store};
use crate::actor::{Actor, Scope};
use crate::earning::{self, Explanation};
use crate::error::{Error, Result};
use crate::ledger::core::{Action, Command, Key};
use crate::ledger::reason::Cause;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::insert_all;
use crate::tx::{Tx, retrying};
use crate::{keys, ledger};

/// Goods that a partner took back.
#[derive(Clone, Debug, Serialize)]
pub struct Return {
    /// Of which receipt.
    pub purchase: PurchaseId,
    /// Which lines; all that is left of the receipt if none are named.
    pub lines: Option<Vec<WishedLine>>,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// One line's part in a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WishedLine {
    /// Its place on the receipt, from 0.
    pub line: usize,
    /// How much of its quantity; all that is left of the line if not said.
    pub quantity: Option<i64>,
    /// How much of its amount, in minor units; in proportion to the quantity if not said.
    pub amount_minor: Option<i64>,
}

/// What returning did.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The return.
    pub purchase_return: purchase_return::Model,
    /// The receipt.
    pub purchase: purchase::Model,
    /// Whether it had been returned before with the same key.
    pub is_replay: bool,
}

/// What a return comes to.
struct Decision {
    /// Counts the receipt's returns, from 1.
    number: i64,
    lines: ReturnedLines,
    amount_minor: i64,
    rest: Explanation,
    points: Points,
    outstanding: Points,
}

impl Purchases {
    /// Takes goods back, and the points they had earned.
    pub async fn take_back(&self, actor: &Actor, wish: Return) -> Result<Returned> {
        let (programme, partner) = actor.partner(Scope::PurchasesWrite)?;
        let rules = self.programmes.rules(programme).await?;
        rules.accepts_no_future(wish.occurred_at, self.clock.now())?;
        let key = keys::key(actor, &wish.idempotency_key, "returnPurchase", &wish)?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let purchase = store::lock(&tx, programme, wish.purchase).await?;
            if purchase.partner_id != partner {
                return Err(Refusal::new(Code::PurchaseNotFound).at("purchaseId").into());
            }
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                return replay(&tx, programme, purchase, earlier).await;
            }
            if wish.occurred_at < purchase.occurred_at {
                return Err(Refusal::new(Code::OccurredBeforePurchase).at("occurredAt").into());
            }
            let decision = decide(&tx, &purchase, &wish).await?;
            let returned =
                self.store_return(&tx, actor, &rules, &key, &wish, &purchase, decision).await?;
            tx.commit(Returned { purchase_return: returned, purchase, is_replay: false }).await
        })
        .await
        .map_err(at_purchase)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one use case's pieces, put together in one place"
    )]
    async fn store_return(
        &self,
        tx: &Tx,
        actor: &Actor,
        rules: &Rules,
        key: &Key,
        wish: &Return,
        purchase: &purchase::Model,
        decision: Decision,
    ) -> Result<purchase_return::Model> {
        let now = self.clock.now();
        let row = purchase_return::Model {
            programme_id: rules.id(),
            id: ReturnId::at(now),
            purchase_id: purchase.id,
            partner_id: purchase.partner_id,
            entry_id: purchase.wallet_id.map(|_| EntryId::at(now)),
            lines: decision.lines.clone(),
            amount_minor: decision.amount_minor,
            points: decision.points,
            occurred_at: wish.occurred_at,
            recorded_at: now,
        };
        if let (Some(wallet), Some(entry)) = (purchase.wallet_id, row.entry_id) {
            let wallet = ledger::current_wallet(tx, rules.id(), wallet).await?;
            let command = command(actor, key, purchase, &row, decision, (wallet, entry));
            for verdict in ledger::apply(tx, rules.for_ledger(), &[command]).await? {
                verdict?;
            }
        } else {
            let outcome = Outcome { wallet: None, entry: None, subject: Some(row.id.to_string()) };
            keys::insert(tx, rules.id(), key, outcome, now).await?;
            // There is no entry to be the fact; the receipt's own was the first of its stream.
            let fact = outbox::Model {
                programme_id: rules.id(),
                stream_id: purchase.id.uuid(),
                stream_seq: decision.number,
                kind: FactKind::PurchaseKept,
                subject_id: purchase.id.uuid(),
            };
            insert_all::<outbox::Entity>(tx, &[fact]).await?;
        }
        purchase_return::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(tx.connection())
            .await?;
        Ok(row)
    }
}

/// What is left of a receipt after these returns.
pub(super) fn left_of(purchase: &purchase::Model, earlier: &[purchase_return::Model]) -> Vec<Line> {
    lines::left(&purchase.lines.0, earlier.iter().map(|row| &row.lines))
}

async fn decide(tx: &Tx, purchase: &purchase::Model, wish: &Return) -> Result<Decision> {
    let earlier = [purchase.id].into_iter();
    let earlier = store::returns_of(tx, purchase.programme_id, earlier).await?;
    let earlier = earlier.into_values().next().unwrap_or_default();
    let left = left_of(purchase, &earlier);
    let lines = lines::wished(&left, wish.lines.as_deref())?;
    let rest: Vec<Line> = lines::less(&left, &lines);
    let rest = earning::decide(&purchase.earning, &rest)?;
    let taken = earlier.iter().map(|row| row.points).try_fold(Points::ZERO, Points::plus);
    let outstanding = purchase.points.less(taken.map_err(|_| Refusal::new(Code::Overflow))?);
    let amounts = lines.iter().map(|line| line.amount_minor);
    Ok(Decision {
        amount_minor: amounts.sum(),
        points: outstanding.less(rest.points),
        lines: ReturnedLines(lines),
        number: i64::try_from(earlier.len()).unwrap_or(i64::MAX).saturating_add(1),
        outstanding,
        rest,
    })
}

fn command(
    actor: &Actor,
    key: &Key,
    purchase: &purchase::Model,
    row: &purchase_return::Model,
    decision: Decision,
    (wallet, entry): (WalletId, EntryId),
) -> Command {
    Command {
        entry,
        wallet,
        key: Some(key.clone()),
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        partner: Some(purchase.partner_id),
        store: purchase.store_id,
        purchase: Some(purchase.id),
        occurred_at: row.occurred_at,
        recorded_at: row.recorded_at,
        is_history: false,
        cause: Cause::Return {
            return_id: row.id,
            receipt_number: purchase.receipt_number.clone(),
            amount_minor: row.amount_minor,
            earning: decision.rest,
        },
        action: Action::Return {
            issuer: purchase.partner_id,
            points: decision.points,
            outstanding: decision.outstanding,
        },
    }
}

async fn replay(
    tx: &Tx,
    programme: ProgrammeId,
    purchase: purchase::Model,
    earlier: Outcome,
) -> Result<Returned> {
    let id: Option<ReturnId> = earlier.subject.as_deref().and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    let found = purchase_return::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    let purchase_return =
        found.ok_or_else(|| Error::internal("a key names a return that isn't there"))?;
    Ok(Returned { purchase_return, purchase, is_replay: true })
}

fn at_purchase(error: Error) -> Error {
    match error {
        Error::Refused(refusal)
            if refusal.path.is_empty() && refusal.code == Code::PurchaseNotFound =>
        {
            refusal.at("purchaseId").into()
        }
        other => other,
    }
}
