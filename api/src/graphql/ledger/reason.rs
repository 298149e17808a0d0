//! The reason for every point, for people to read and for programs to compute with.

use async_graphql::SimpleObject;
use entity::earning::definition::CapKind;
use entity::ledger::entry;
use entity::programmes::programme::Rounding;
use service::Error;
use service::earning::Explanation;
use service::ledger::reason::{Cause, DueRule, Figures};

use super::award::EarningReason;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::scalars::{DateTime, Points};

/// Why a balance changed. What doesn't apply is null or zero.
#[derive(SimpleObject)]
pub struct Reason {
    /// In one sentence, in English.
    summary: String,
    /// The receipt's number, where it is about one.
    receipt_number: Option<String>,
    /// How the receipt's points came about; of a return, how what is left of the receipt earns.
    earning: Option<EarningReason>,
    /// What a member, partner or operator wrote.
    note: Option<String>,
    /// Since when it was due, where it happened by itself.
    due_at: Option<DateTime>,
    /// By which rule it happened by itself.
    rule: Option<Enumeration<DueRule>>,
    /// Points that went to what the member owed.
    debt_filled: Points,
    /// Points of a hold that went back.
    given_back: Points,
    /// A return took these from the purchase's own points.
    recovered: Points,
    /// A return took these from the wallet's other points.
    from_other_lots: Points,
    /// A return left the member owing these.
    owed: Points,
    /// A return forgave these, by the programme's debt policy.
    forgiven: Points,
    /// These had expired before the goods came back.
    excused: Points,
}

impl Reason {
    /// The reason that an entry keeps.
    pub(super) fn of(entry: &entry::Model) -> Result<Self> {
        let service::ledger::Reason { cause, figures } =
            service::ledger::Reason::from_json(&entry.reason).map_err(Error::internal)?;
        let mut reason = Self::with(figures);
        reason.summary = summary(entry, &cause);
        match cause {
            Cause::Receipt { receipt_number, earning }
            | Cause::Return { receipt_number, earning, .. } => {
                reason.receipt_number = Some(receipt_number);
                reason.earning = Some(EarningReason(earning));
            }
            Cause::Event { earning, .. } => reason.earning = earning.map(EarningReason),
            Cause::Payment { reference } => reason.note = reference,
            Cause::Claim { title, .. } => reason.note = Some(title),
            Cause::Transfer { note } => reason.note = note,
            Cause::Adjustment { note, .. } | Cause::WriteOff { note } => reason.note = Some(note),
            Cause::Household { .. } | Cause::Cashback { .. } => {}
            Cause::Due { due_at, rule } => {
                reason.due_at = Some(DateTime(due_at));
                reason.rule = Some(Enumeration(rule));
            }
        }
        Ok(reason)
    }

    fn with(figures: Figures) -> Self {
        Self {
            summary: String::new(),
            receipt_number: None,
            earning: None,
            note: None,
            due_at: None,
            rule: None,
            debt_filled: figures.debt_filled.into(),
            given_back: figures.given_back.into(),
            recovered: figures.recovered.into(),
            from_other_lots: figures.from_other_lots.into(),
            owed: figures.owed.into(),
            forgiven: figures.forgiven.into(),
            excused: figures.excused.into(),
        }
    }
}

/// An entry's reason in one sentence.
pub(crate) fn reason_of(entry: &entry::Model) -> Option<String> {
    let reason = service::ledger::Reason::from_json(&entry.reason).ok()?;
    Some(summary(entry, &reason.cause))
}

fn summary(entry: &entry::Model, cause: &Cause) -> String {
    use entity::ledger::entry::EntryKind::{
        Adjusted, Captured, Earned, EventEarned, Expired, Held, Lapsed, Matured, Paid, PooledIn,
        PooledOut, Released, Returned, Reversed, TransferredIn, TransferredOut, WrittenOff,
    };
    let points = match entry.points.get() {
        1 => "1 point".to_owned(),
        many => format!("{many} points"),
    };
    match (entry.kind, cause) {
        (Earned, Cause::Receipt { receipt_number, earning }) => {
            format!("Receipt {receipt_number} earned {points}: {}.", how(earning))
        }
        (EventEarned, Cause::Event { kind, earning, .. }) => {
            let how = earning.as_ref().map(|earning| awards(earning, "")).unwrap_or_default();
            format!(
                "{kind} earned {points}{}.",
                if how.is_empty() { how } else { format!(": {how}") }
            )
        }
        (Returned, Cause::Return { receipt_number, .. }) => {
            format!("Goods of receipt {receipt_number} came back that had earned {points}.")
        }
        (Matured, _) => {
            format!("{points} can be spent: the return window has closed.")
        }
        (Held, _) => format!("A payment set {points} aside."),
        (Captured, _) => format!("A payment took {points} of what was set aside."),
        (Released, _) => format!("{points} set aside came back."),
        (Lapsed, _) => {
            format!("{points} set aside came back: the hold had lapsed.")
        }
        (Paid, Cause::Claim { title, .. }) => format!("{points} paid for {title}."),
        (Paid, _) => format!("{points} paid."),
        (Reversed, Cause::Claim { title, .. }) => {
            format!("{points} paid for {title} came back.")
        }
        (Reversed, _) => format!("A payment of {points} was undone."),
        (TransferredOut, _) => format!("{points} given away."),
        (TransferredIn, _) => format!("{points} received."),
        (PooledOut, _) => format!("{points} went into the household's wallet."),
        (PooledIn, _) => format!("{points} came into the household's wallet."),
        (Expired, _) => format!("{points} expired."),
        (Adjusted, Cause::Cashback { .. }) => format!("Cashback became {points}."),
        (Adjusted, _) => format!("An operator adjusted the balance by {points}."),
        (WrittenOff, _) => format!("{points} of debt written off."),
        (Earned | EventEarned | Returned, _) => format!("{points}."),
    }
}

/// How a receipt's points came about.
fn how(earning: &Explanation) -> String {
    if earning.caps.iter().any(|cap| cap.kind == CapKind::PartnerCreditExceeded) {
        return "the partner's credit limit is reached".to_owned();
    }
    let rounded = if earning.rounding == Rounding::Down { "down" } else { "half up" };
    let base = format!("{} exactly, rounded {rounded}", earning.exact);
    awards(earning, &base)
}

/// What rules gave, after the base.
fn awards(earning: &Explanation, base: &str) -> String {
    let given = earning.awards.iter().filter(|award| !award.points.is_zero());
    let given = given.map(|award| format!("{} for {}", award.points, award.name));
    let base = Some(base.to_owned()).filter(|base| !base.is_empty());
    base.into_iter().chain(given).collect::<Vec<_>>().join(", and ")
}
