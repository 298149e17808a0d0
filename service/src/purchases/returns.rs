//! Goods that come back: whole, by line, by quantity, several times, never more than was bought.
//!
//! What a return takes back is what the receipt earned less what the rest of it would have earned,
//! so that returning a receipt in parts takes exactly what returning it whole does.

mod batch;
mod lines;

use chrono::{DateTime, Utc};
use entity::ids::{PurchaseId, WalletId};
use entity::purchases::purchase::{self, Line};
use entity::purchases::purchase_return::{self, ReturnedLines};
use serde::Serialize;

pub(crate) use self::batch::{Draft, Known, TakeBack};

use super::Purchases;
use crate::actor::{Actor, Scope};
use crate::earning::decide::By;
use crate::earning::rest::{self, Rest};
use crate::error::{Error, Result};
use crate::keys;
use crate::refusal::Code;
use crate::writes::{Done, Write};

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
    /// What is left of the receipt then.
    left: Vec<Line>,
    amount_minor: i64,
    rest: Rest,
}

impl Purchases {
    /// Takes goods back, and the points they had earned.
    pub async fn take_back(&self, actor: &Actor, wish: Return) -> Result<Returned> {
        let (programme, partner) = actor.partner(Scope::PurchasesWrite)?;
        let (rules, now) = (self.ask.programmes.rules(programme).await?, self.clock.now());
        rules.accepts_no_future(wish.occurred_at, now)?;
        let key = keys::key(actor, &wish.idempotency_key, "returnPurchase", &wish)?;
        let write = Write::TakeBack(TakeBack::of(actor, partner, key, wish, now));
        match self.writes.submit(programme, write).await.map_err(at_purchase)? {
            Done::Returned(returned) => Ok(*returned),
            _ => Err(Error::internal("a return was answered as something else")),
        }
    }
}

/// What is left of a receipt after these returns.
pub(crate) fn left_of(purchase: &purchase::Model, earlier: &[purchase_return::Model]) -> Vec<Line> {
    lines::left(&purchase.lines.0, earlier.iter().map(|row| &row.lines))
}

/// What a wish comes to, after what has come back before, of a receipt whose points are in `wallet`.
fn decide(
    by: By<'_>,
    (purchase, wallet): (&purchase::Model, Option<WalletId>),
    earlier: &[purchase_return::Model],
    wish: &Return,
) -> Result<Decision> {
    let left = left_of(purchase, earlier);
    let lines = lines::wished(&left, wish.lines.as_deref())?;
    let left: Vec<Line> = lines::less(&left, &lines);
    let taken: Vec<_> = earlier.iter().map(|row| &row.taken).collect();
    let basket = by.basket(purchase, &left);
    let version = |rule, version| by.rules.version(rule, version).cloned();
    let rest = rest::rest(&basket, (wallet, purchase.points), &taken, version)?;
    let amounts = lines.iter().map(|line| line.amount_minor);
    Ok(Decision {
        amount_minor: amounts.sum(),
        lines: ReturnedLines(lines),
        left,
        number: i64::try_from(earlier.len()).unwrap_or(i64::MAX).saturating_add(1),
        rest,
    })
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
