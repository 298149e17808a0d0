//! Operators correct a partner's account, on the statement of the cycle that is open: it moves money for no
//! entry of the ledger, and takes two of them.

use chrono::{DateTime, Utc};
use entity::amount::{Currency, Money};
use entity::day::Day;
use entity::ids::{PartnerId, ProgrammeId, ProposalId, SettlementAdjustmentId, SettlementCycleId};
use entity::ledger::idempotency_key::Outcome;
use entity::partners::partner;
use entity::proposals::proposal;
use entity::settlement::money_posting::LineKind;
use entity::settlement::{settlement_adjustment, settlement_cycle, settlement_statement};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{Settlement, open, statements};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::programmes::Rules;
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most that one correction comes to, in minor units: what one payment carries.
const MINOR_MAX: i64 = 99_999_999_999;

/// A correction, as an operator wishes it.
#[derive(Clone, Debug, Serialize)]
pub struct Adjust {
    /// Whose account.
    pub partner: PartnerId,
    /// By how much, in minor units; above zero the partner owes more.
    pub amount_minor: i64,
    /// Why.
    pub reason: String,
    /// The cycle that it corrects.
    pub refers_to_cycle: Option<SettlementCycleId>,
    /// The line of the partner's statement there.
    pub refers_to_line: Option<LineKind>,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What wishing a correction did.
#[derive(Clone, Debug)]
pub struct Adjusting {
    /// What a second operator decides.
    pub proposal: proposal::Model,
    /// Whether it had been wished before with the same key.
    pub is_replay: bool,
}

/// A correction, as a proposal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Planned {
    partner_id: PartnerId,
    amount: String,
    currency_code: Currency,
    amount_minor: i64,
    reason: String,
    refers_to_cycle_id: Option<SettlementCycleId>,
    refers_to_line: Option<LineKind>,
}

impl Settlement {
    /// Proposes a correction of a partner's account.
    pub async fn adjust(&self, actor: &Actor, wish: Adjust) -> Result<Adjusting> {
        let (programme, operator) = actor.operator(Scope::SettlementWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "adjustSettlement", &wish)?;
        let wish = checked(wish)?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                let id: ProposalId =
                    earlier.subject.unwrap_or_default().parse().map_err(Error::internal)?;
                let found = proposal::Entity::find_by_id(id).one(tx.connection()).await?;
                let lost = || Error::internal("a key names a proposal that isn't there");
                return Ok(Adjusting { proposal: found.ok_or_else(lost)?, is_replay: true });
            }
            is_of(&tx, programme, &wish).await?;
            let planned = planned(&wish, rules.programme.currency);
            let wish = Wish::AdjustSettlement(planned);
            let row = proposals::make(&tx, actor, (programme, operator), &wish, at).await?;
            let subject = Some(row.id.to_string());
            let outcome = Outcome { wallet: None, entry: None, subject };
            keys::insert(&tx, programme, &key, outcome, at).await?;
            tx.commit(Adjusting { proposal: row, is_replay: false }).await
        })
        .await
    }
}

/// Corrects what two operators agreed on, on the statement of the cycle that is open by then.
pub(crate) async fn apply(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    planned: Planned,
    proposal: &proposal::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let programme = proposal.programme_id;
    let refers_to = match planned.refers_to_cycle_id {
        Some(id) => Some(first_day(tx, programme, id).await?.0),
        None => None,
    };
    let row = settlement_adjustment::Model {
        programme_id: programme,
        id: SettlementAdjustmentId::at(at),
        partner_id: planned.partner_id,
        cycle: open::cycle(tx, rules, at).await?,
        kind: LineKind::Adjustment,
        amount_minor: planned.amount_minor,
        refers_to,
        refers_to_line: planned.refers_to_line,
        dispute_id: None,
        reason: planned.reason,
        made_by: proposal.proposed_by,
        made_at: at,
    };
    let row = row.into_active_model().insert(tx.connection()).await?;
    let seen = serde_json::json!({ "partnerId": row.partner_id, "cycle": row.cycle.date(),
        "amountMinor": row.amount_minor, "proposalId": proposal.id });
    let (action, subject) = ("settlement.adjusted", row.id.to_string());
    audit::append(
        tx,
        actor,
        programme,
        at,
        Change { action, subject, before: None, after: Some(&seen) },
    )
    .await
}

fn checked(wish: Adjust) -> Result<Adjust, Refusal> {
    if wish.amount_minor == 0 || !(-MINOR_MAX..=MINOR_MAX).contains(&wish.amount_minor) {
        let message = format!(
            "A correction comes to more than nothing and at most {MINOR_MAX} minor units, either way."
        );
        return Err(Refusal::new(Code::AmountInvalid).because(message).at("amount.amount"));
    }
    let reason = text::clean(&wish.reason, 500, Code::ReasonInvalid).map_err(|r| r.at("reason"))?;
    if wish.refers_to_line.is_some() && wish.refers_to_cycle.is_none() {
        let message = "A line is one of a cycle's statement: name the cycle too.";
        let refusal = Refusal::new(Code::StatementLineNotFound).because(message);
        return Err(refusal.at("refersToLine"));
    }
    Ok(Adjust { reason, ..wish })
}

/// Whether there is such a partner, and a statement of it that was issued, with such a line.
async fn is_of(tx: &Tx, programme: ProgrammeId, wish: &Adjust) -> Result<()> {
    let partner = partner::Entity::find_by_id(wish.partner)
        .filter(partner::Column::ProgrammeId.eq(programme))
        .one(tx.connection())
        .await?;
    if partner.is_none() {
        return Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into());
    }
    let Some(id) = wish.refers_to_cycle else { return Ok(()) };
    let (cycle, calculation) = first_day(tx, programme, id).await?;
    let statement = settlement_statement::Entity::find()
        .filter(settlement_statement::Column::ProgrammeId.eq(programme))
        .filter(settlement_statement::Column::Cycle.eq(cycle))
        .filter(settlement_statement::Column::Calculation.eq(calculation))
        .filter(settlement_statement::Column::PartnerId.eq(wish.partner))
        .one(tx.connection())
        .await?;
    let Some(statement) = statement else {
        let message = "The partner has no statement for that cycle.";
        let refusal = Refusal::new(Code::StatementNotFound).because(message);
        return Err(refusal.at("refersToCycleId").into());
    };
    let Some(line) = wish.refers_to_line else { return Ok(()) };
    let lines = statements::kinds(&statements::content(&statement)?);
    if line == LineKind::Rounding || !lines.contains(&line) {
        return Err(Refusal::new(Code::StatementLineNotFound).at("refersToLine").into());
    }
    Ok(())
}

/// The first day of a cycle whose statements were issued, and which calculation they are of.
async fn first_day(tx: &Tx, programme: ProgrammeId, id: SettlementCycleId) -> Result<(Day, i32)> {
    let found = settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
        .filter(settlement_cycle::Column::Id.eq(id))
        .filter(settlement_cycle::Column::ApprovedAt.is_not_null())
        .one(tx.connection())
        .await?;
    let missing = || {
        let message = "No cycle whose statements were issued has that id.";
        Refusal::new(Code::CycleNotFound).because(message).at("refersToCycleId")
    };
    let row = found.ok_or_else(missing)?;
    Ok((row.first_day, row.calculation))
}

fn planned(wish: &Adjust, currency: Currency) -> Planned {
    Planned {
        partner_id: wish.partner,
        amount: Money { minor: wish.amount_minor, currency }.to_string(),
        currency_code: currency,
        amount_minor: wish.amount_minor,
        reason: wish.reason.clone(),
        refers_to_cycle_id: wish.refers_to_cycle,
        refers_to_line: wish.refers_to_line,
    }
}
