//! A receipt with its buyer meets the rules: what it earns goes into its row and into its command.
//! Pure.

use entity::members::member;
use entity::purchases::purchase::{self, Line};

use crate::earning::books::Known;
use crate::earning::decide::{self, By, Decision};
use crate::earning::state::Changes;
use crate::ledger::core::{Action, Command};
use crate::ledger::reason::Cause;
use crate::refusal::Refusal;

/// What a receipt earned besides points.
pub(super) struct Earned {
    pub(super) changes: Changes,
}

/// Decides what a receipt earns, of which only `left` is there any more if goods came back before its
/// buyer was known. A refusal makes the command refuse.
pub(super) fn earn(
    by: By<'_>,
    known: &mut Known,
    (purchase, left): (&mut purchase::Model, Option<&[Line]>),
    member: &member::Model,
    command: &mut Command,
) -> Option<Earned> {
    match decide(by, known, (purchase, left), member) {
        Ok(decision) => Some(fill(decision, purchase, command)),
        Err(refusal) => {
            command.action = Action::Refused(refusal);
            None
        }
    }
}

fn decide(
    by: By<'_>,
    known: &mut Known,
    (purchase, left): (&mut purchase::Model, Option<&[Line]>),
    member: &member::Model,
) -> Result<Decision, Refusal> {
    let at = purchase.occurred_at.with_timezone(&by.programme.zone);
    let facts = known.facts(member, at);
    // What came back before its buyer was known was priced without.
    if left.is_none_or(|left| left == purchase.lines.0) {
        purchase.earning.multiplier_bp = facts.multiplier_bp;
    }
    let lines = left.unwrap_or(&purchase.lines.0);
    let basket = by.basket(purchase, lines);
    let decision = decide::sale(by, &basket, (member.wallet_id, &facts), &mut known.state)?;
    purchase.earning.withheld.clone_from(&decision.withheld);
    let base = crate::earning::base(&purchase.earning, &purchase.lines.0)?.points;
    let awarded = decision.granted.iter().map(|granted| granted.points);
    let points = awarded.into_iter().try_fold(base, entity::amount::Points::plus);
    purchase.points = points.map_err(|_| Refusal::new(crate::refusal::Code::Overflow))?;
    if by.rules.asks.member && !decision.granted.is_empty() {
        purchase.earning.member = serde_json::to_value(&facts).ok();
    }
    purchase.earning.granted.clone_from(&decision.granted);
    known.sold(member.wallet_id, at.date_naive(), purchase.total_minor);
    Ok(decision)
}

fn fill(decision: Decision, purchase: &purchase::Model, command: &mut Command) -> Earned {
    let Decision { explanation, lots, changes, .. } = decision;
    let receipt_number = purchase.receipt_number.clone();
    command.cause = Cause::Receipt { receipt_number, earning: explanation };
    command.action = Action::Earn { lots };
    Earned { changes }
}
