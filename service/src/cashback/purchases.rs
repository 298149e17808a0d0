//! What purchases and their returns do to cashback follows from their points commands: the partner's
//! default is part 0. Rules that give more back command further parts in the same way.

use entity::amount::BasisPoints;
use entity::cashback::accrual::{Share, Shares};
use entity::ids::CashbackEntryId;

use super::core::{Accrue, Action, Command, Rest, cashback_of};
use super::gate::apply_locked;
use crate::earning::{Award, Explanation};
use crate::error::{Error, Result};
use crate::ledger::core::{Command as Points, Verdict};
use crate::ledger::reason::Cause;
use crate::programmes::Rules;
use crate::tx::Tx;

/// The part of a purchase that the partner's own rate gives back.
const DEFAULT_PART: i32 = 0;

/// Accrues what purchases give back and cuts what returns take away, for all points commands of a batch
/// that stand: in a fixed number of statements, and in none where nothing is given back. The points gate
/// has locked the wallets.
pub(crate) async fn follow(
    tx: &Tx,
    rules: &Rules,
    points: &[Points],
    verdicts: &[Verdict],
) -> Result<()> {
    let stands = |verdict: &Verdict| verdict.as_ref().is_ok_and(|receipt| !receipt.is_replay);
    let mut commands = Vec::new();
    for (points, _) in points.iter().zip(verdicts).filter(|(_, verdict)| stands(verdict)) {
        commands.extend(of(rules, points)?);
    }
    for verdict in apply_locked(tx, rules.id(), &commands).await? {
        verdict?;
    }
    Ok(())
}

fn of(rules: &Rules, points: &Points) -> Result<Vec<Command>> {
    match &points.cause {
        Cause::Receipt { earning, .. } => accruals(rules, points, earning),
        Cause::Return { return_id, earning, .. } => {
            let (rest, Some(purchase)) = (rest(earning), points.purchase) else {
                return Ok(Vec::new());
            };
            if rest.is_empty() {
                return Ok(Vec::new());
            }
            let action = Action::Cut { purchase, return_id: *return_id, rest };
            Ok(vec![beside(points, action)])
        }
        _ => Ok(Vec::new()),
    }
}

/// What each part that gave something back is reckoned on now.
fn rest(earning: &Explanation) -> Vec<Rest> {
    let has_default = earning.cashback_bp != BasisPoints::default();
    let default = Rest { part: DEFAULT_PART, basis_minor: earning.eligible_minor };
    let of_rules = earning.awards.iter().filter(|award| award.cashback_before_minor > 0);
    let of_rules = of_rules
        .filter_map(|award| Some(Rest { part: part(award)?, basis_minor: award.cashback_minor }));
    has_default.then_some(default).into_iter().chain(of_rules).collect()
}

/// The part of a purchase that a rule gives back.
fn part(award: &Award) -> Option<i32> {
    award.grant?.checked_add(DEFAULT_PART + 1)
}

/// What a purchase gives back; nothing where that comes to nothing. The partner pays for what its own rate
/// gives, and for what rules give whoever funds them.
fn accruals(rules: &Rules, points: &Points, earning: &Explanation) -> Result<Vec<Command>> {
    let Some((purchase, partner)) = points.purchase.zip(points.partner) else {
        return Ok(Vec::new());
    };
    let default = Accrue {
        wallet: points.wallet,
        purchase,
        part: DEFAULT_PART,
        partner,
        amount_minor: cashback_of(earning.eligible_minor, earning.cashback_bp)?,
        basis_minor: earning.eligible_minor,
        bp: earning.cashback_bp,
        shares: Shares(vec![Share { partner: Some(partner), share_bp: BasisPoints::WHOLE }]),
        confirms_at: rules.available_at(points.occurred_at),
        reason: None,
    };
    let mut accruals = vec![default.clone()];
    for award in earning.awards.iter().filter(|award| award.cashback_minor > 0) {
        let Some(part) = part(award) else { continue };
        let share = |(partner, share): &(_, i32)| {
            let share_bp = BasisPoints::new(*share).map_err(Error::internal)?;
            Ok(Share { partner: *partner, share_bp })
        };
        // What limits left is the whole of it: a return says what is left of that.
        accruals.push(Accrue {
            part,
            amount_minor: award.cashback_minor,
            basis_minor: award.cashback_minor,
            bp: BasisPoints::WHOLE,
            shares: Shares(award.funding.iter().map(share).collect::<Result<_>>()?),
            reason: Some(award.name.clone()),
            ..default.clone()
        });
    }
    let accruals = accruals.into_iter().filter(|accrue| accrue.amount_minor > 0);
    Ok(accruals.map(|accrue| beside(points, Action::Accrue(accrue))).collect())
}

fn beside(points: &Points, action: Action) -> Command {
    Command {
        entry: CashbackEntryId::at(points.recorded_at),
        wallet: points.wallet,
        actor: points.actor.clone(),
        origin: points.origin.clone(),
        occurred_at: points.occurred_at,
        recorded_at: points.recorded_at,
        action,
    }
}
