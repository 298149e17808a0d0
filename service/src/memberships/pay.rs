//! A payment that was reported: it starts a membership, or adds a period at the end of the running one. One
//! reference is one payment, whatever keys it comes under.

use chrono::{DateTime, Months, Utc};
use entity::amount::{Currency, Money};
use entity::day::Day;
use entity::ids::{MembershipId, MembershipPaymentId, MembershipPlanId, PartnerId, ProgrammeId};
use entity::ledger::idempotency_key::Outcome;
use entity::members::member;
use entity::memberships::membership::{self, MembershipStatus};
use entity::memberships::{membership_payment, membership_plan};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;
use serde_json::json;

use super::{Memberships, lock_member, plans, store};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::members::{MemberRef, may_earn, resolve};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tiers;
use crate::tx::{Tx, retrying};

/// A payment as it is reported.
#[derive(Clone, Debug)]
pub struct Pay {
    /// Who is a member by it.
    pub member: MemberRef,
    /// Of which plan.
    pub plan: MembershipPlanId,
    /// When it was paid.
    pub paid_at: DateTime<Utc>,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Of which currency.
    pub currency: Currency,
    /// What the payment is known by to whoever reports it.
    pub reference: String,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What the fingerprint covers.
#[derive(Serialize)]
struct Canonical<'a> {
    member: String,
    plan: MembershipPlanId,
    paid_at: DateTime<Utc>,
    amount_minor: i64,
    currency: &'static str,
    reference: &'a str,
}

/// What reporting a payment did.
#[derive(Clone, Debug)]
pub struct Paid {
    /// The membership.
    pub membership: membership::Model,
    /// Whether the payment was known.
    pub is_replay: bool,
}

/// Who reports: the partner, if it is one, and under which name its references stand.
struct Source {
    partner: Option<PartnerId>,
    name: String,
}

impl Memberships {
    /// Takes note of a payment: from a partner, or an operator for a payment system.
    pub async fn record_payment(&self, actor: &Actor, wish: Pay) -> Result<Paid> {
        actor.with(Scope::MembershipsWrite)?;
        let programme = actor.programme()?;
        let source = source(actor)?;
        let rules = self.programmes.rules(programme).await?;
        let reference = text::clean(&wish.reference, 64, Code::ReferenceInvalid);
        let wish = Pay { reference: reference.map_err(|r| r.at("reference"))?, ..wish };
        let canonical = Canonical {
            member: wish.member.canonical(),
            plan: wish.plan,
            paid_at: wish.paid_at,
            amount_minor: wish.amount_minor,
            currency: wish.currency.code(),
            reference: &wish.reference,
        };
        let operation = "recordMembershipPayment";
        let key = keys::key(actor, &wish.idempotency_key, operation, &canonical)?;
        retrying(|| self.try_record(actor, &rules, &source, &key, &wish)).await
    }

    async fn try_record(
        &self,
        actor: &Actor,
        rules: &Rules,
        source: &Source,
        key: &Key,
        wish: &Pay,
    ) -> Result<Paid> {
        let (at, programme) = (self.clock.now(), rules.id());
        let tx = self.db.begin().await?;
        if let Some(earlier) = keys::earlier(&tx, programme, key).await? {
            return replay(&tx, programme, earlier).await;
        }
        let resolved = resolve(tx.connection(), programme, [wish.member.clone()]).await?;
        let found = resolved.member(&wish.member).map_err(|refusal| refusal.at("member"))?;
        let member = lock_member(&tx, programme, found.id).await?;
        let id = (programme, source.name.clone(), wish.reference.clone());
        if let Some(known) = membership_payment::Entity::find_by_id(id).one(tx.connection()).await?
        {
            let is_same = known.member_id == member.id
                && known.plan_id == wish.plan
                && known.amount_minor == wish.amount_minor
                && known.paid_at == wish.paid_at;
            if !is_same {
                return Err(Refusal::new(Code::PaymentReferenceReused).at("reference").into());
            }
            let membership = find(&tx, programme, known.membership_id).await?;
            return Ok(Paid { membership, is_replay: true });
        }
        may_earn(member.status).map_err(|refusal| refusal.at("member"))?;
        let plan = payable(&tx, rules, wish, at).await?;
        let (row, is_new, period) = self.paid_for(&tx, rules, source, &member, &plan, wish).await?;
        let membership = store(&tx, row, is_new, actor.to_string(), at).await?;
        let payment = membership_payment::Model {
            programme_id: programme,
            source: source.name.clone(),
            reference: wish.reference.clone(),
            id: MembershipPaymentId::at(at),
            membership_id: membership.id,
            member_id: member.id,
            plan_id: plan.id,
            partner_id: source.partner,
            amount_minor: wish.amount_minor,
            paid_at: wish.paid_at,
            period_from: period.0,
            period_to: period.1,
            recorded_at: at,
            actor: actor.to_string(),
        };
        let subject = Some(payment.id.to_string());
        let outcome = Outcome { wallet: None, entry: None, subject };
        keys::insert(&tx, programme, key, outcome, at).await?;
        note(&tx, actor, &payment, at).await?;
        membership_payment::Entity::insert(payment.into_active_model())
            .exec_without_returning(tx.connection())
            .await?;
        tiers::membership_runs(&tx, rules, actor, &member, (&membership, &plan), at).await?;
        tx.commit(Paid { membership, is_replay: false }).await
    }

    /// The membership with the period that is paid for.
    async fn paid_for(
        &self,
        tx: &Tx,
        rules: &Rules,
        source: &Source,
        member: &member::Model,
        plan: &membership_plan::Model,
        wish: &Pay,
    ) -> Result<(membership::Model, bool, (Day, Day))> {
        let paid_on = Day::of(wish.paid_at, &rules.zone);
        let there = membership::Entity::find()
            .filter(membership::Column::ProgrammeId.eq(rules.id()))
            .filter(membership::Column::MemberId.eq(member.id))
            .filter(membership::Column::PlanId.eq(plan.id));
        let there = there.one(tx.connection()).await?;
        let runs = there
            .as_ref()
            .filter(|row| row.status != MembershipStatus::Refunded && row.period_to >= paid_on);
        if runs.is_some() && !plan.is_renewable {
            return Err(Refusal::new(Code::MembershipRuns).at("membershipPlanId").into());
        }
        let from = runs.map_or(paid_on, |row| row.period_to.plus(1));
        let months = Months::new(u32::try_from(plan.period_months).unwrap_or(1));
        let end = from.date().checked_add_months(months);
        let end = end.ok_or(Refusal::new(Code::Overflow))?;
        let to = Day::from_date(end).plus(-1);
        let period_from = runs.map_or(from, |row| row.period_from);
        let is_new = there.is_none();
        let row = membership::Model {
            id: there.as_ref().map_or_else(|| MembershipId::at(self.clock.now()), |row| row.id),
            programme_id: rules.id(),
            member_id: member.id,
            plan_id: plan.id,
            partner_id: source.partner,
            status: MembershipStatus::Active,
            period_from,
            period_to: to,
            version: there.as_ref().map_or(1, |row| row.version + 1),
            started_at: there.as_ref().map_or_else(|| self.clock.now(), |row| row.started_at),
        };
        Ok((row, is_new, (from, to)))
    }
}

fn source(actor: &Actor) -> Result<Source> {
    match actor.who() {
        Who::Partner(partner, _) => {
            Ok(Source { partner: Some(partner), name: partner.to_string() })
        }
        Who::Operator(_) => Ok(Source { partner: None, name: "operators".to_owned() }),
        _ => Err(Error::Forbidden("only a partner or an operator may do this".to_owned())),
    }
}

async fn replay(tx: &Tx, programme: ProgrammeId, earlier: Outcome) -> Result<Paid> {
    let id: Option<MembershipPaymentId> = earlier.subject.and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    let payment = membership_payment::Entity::find()
        .filter(membership_payment::Column::ProgrammeId.eq(programme))
        .filter(membership_payment::Column::Id.eq(id));
    let payment = payment.one(tx.connection()).await?;
    let payment =
        payment.ok_or_else(|| Error::internal("a key names a payment that isn't there"))?;
    let membership = find(tx, programme, payment.membership_id).await?;
    Ok(Paid { membership, is_replay: true })
}

async fn find(tx: &Tx, programme: ProgrammeId, id: MembershipId) -> Result<membership::Model> {
    let query =
        membership::Entity::find_by_id(id).filter(membership::Column::ProgrammeId.eq(programme));
    let row = query.one(tx.connection()).await?;
    row.ok_or_else(|| Error::internal("a payment names a membership that isn't there"))
}

/// The plan, if this is what it costs.
async fn payable(
    tx: &Tx,
    rules: &Rules,
    wish: &Pay,
    at: DateTime<Utc>,
) -> Result<membership_plan::Model> {
    let plan = membership_plan::Entity::find_by_id(wish.plan)
        .filter(membership_plan::Column::ProgrammeId.eq(rules.id()));
    let plan = plan.one(tx.connection()).await?;
    let plan = plan.ok_or(Refusal::new(Code::MembershipPlanNotFound).at("membershipPlanId"))?;
    plans::is_open(&plan)?;
    rules.accepts_no_future(wish.paid_at, at).map_err(|refusal| refusal.at("paidAt"))?;
    let currency = rules.programme.currency;
    if wish.currency != currency {
        let message = format!("Amounts must be in {currency}, not {}.", wish.currency);
        let refusal = Refusal::new(Code::CurrencyMismatch).because(message);
        return Err(refusal.at("amount.currencyCode").into());
    }
    if wish.amount_minor != plan.fee_minor {
        let money = |minor| Money { minor, currency };
        let message = format!(
            "The plan costs {}; {} was paid.",
            money(plan.fee_minor),
            money(wish.amount_minor)
        );
        return Err(Refusal::new(Code::MembershipFeeMismatch).because(message).at("amount").into());
    }
    Ok(plan)
}

async fn note(
    tx: &Tx,
    actor: &Actor,
    payment: &membership_payment::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let after = json!({ "payment": payment.id, "plan": payment.plan_id,
        "amountMinor": payment.amount_minor, "from": payment.period_from.to_string(),
        "to": payment.period_to.to_string() });
    let change = Change {
        action: "membership.paid",
        subject: payment.membership_id.to_string(),
        before: None,
        after: Some(&after),
    };
    audit::append(tx, actor, payment.programme_id, at, change).await
}
