//! Receipts that were kept without a member, claimed by card or one by one.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{EntryId, PurchaseId};
use entity::members::member;
use entity::purchases::purchase::{self, Line};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::earn::earn;
use super::{BATCH_MAX, Purchases, store};
use crate::activity::{self, Taken};
use crate::actor::{Actor, Scope, Who};
use crate::cashback;
use crate::earning;
use crate::earning::books::Wanted;
use crate::earning::decide::By;
use crate::error::{Error, Result};
use crate::ledger;
use crate::ledger::core::{Action, Command};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, may_earn, resolve};
use crate::partners::Role;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::update_all;
use crate::tx::{Tx, retrying};
use crate::writes::Rows;

/// What is claimed for whom.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The card that the till read, which must be the member's by now; for one receipt, any name
    /// of the member.
    pub member: MemberRef,
    /// One receipt; all that the card can claim, at most 500, if none.
    pub purchase: Option<PurchaseId>,
}

/// What claiming did.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Who has them now.
    pub member: member::Model,
    /// The receipts that are the member's now.
    pub purchases: Vec<purchase::Model>,
}

impl Purchases {
    /// Gives kept receipts to their buyer. A member claims with its own card; a partner and an
    /// operator for whom they serve. Claiming again claims nothing more.
    pub async fn claim(&self, actor: &Actor, wish: Claim) -> Result<Claimed> {
        let programme = actor.programme()?;
        if !matches!(actor.who(), Who::Member(_)) {
            actor.with(Scope::PurchasesWrite)?;
        }
        let rules = self.ask.programmes.rules(programme).await?;
        let directory = self.ask.partners.directory(programme).await?;
        if let Who::Partner(partner, _) = actor.who() {
            directory.in_role(partner, Role::Issues)?;
        }
        retrying(|| self.try_claim(actor, &rules, &wish)).await
    }

    async fn try_claim(&self, actor: &Actor, rules: &Rules, wish: &Claim) -> Result<Claimed> {
        let terms = self.ask.terms(rules.id()).await?;
        let now = self.clock.now();
        let tx = self.db.begin().await?;
        let resolved = resolve(tx.connection(), rules.id(), [wish.member.clone()]).await?;
        let member = resolved.member(&wish.member).map_err(|refusal| refusal.at("member"))?.clone();
        if matches!(actor.who(), Who::Member(own) if own != member.id) {
            return Err(Refusal::new(Code::MemberNotFound).at("member").into());
        }
        may_earn(member.status).map_err(|refusal| refusal.at("member"))?;
        let kept = match wish.purchase {
            Some(purchase) => one(&tx, actor, rules, purchase, now).await?,
            None => all_of_card(&tx, actor, rules, &wish.member, now).await?,
        };
        let ids = kept.iter().map(|purchase| purchase.id);
        let returns = store::returns_of_all(&tx, rules.id(), ids).await?;
        let mut commands = Vec::new();
        let mut claimed = Vec::new();
        for purchase in kept {
            let earlier = returns.get(&purchase.id).map_or(&[][..], Vec::as_slice);
            let left = super::returns::left_of(&purchase, earlier);
            commands.push(command(actor, &member, &purchase, now)?);
            let before = Taken::of(earlier);
            let purchase = purchase::Model {
                member_id: Some(member.id),
                wallet_id: Some(member.wallet_id),
                claimed_at: Some(now),
                ..purchase
            };
            claimed.push(Claiming { purchase, left, before });
        }
        let opened = ledger::open(&tx, rules.for_ledger(), &commands).await?;
        let rows = earn_all(&tx, terms.by(), &member, &mut claimed, &mut commands).await?;
        let verdicts = opened.apply(&tx, &commands).await?.verdicts;
        cashback::follow(&tx, rules, &commands, &verdicts).await?;
        for verdict in verdicts {
            verdict?;
        }
        rows.save(&tx, rules.id()).await?;
        let claimed: Vec<_> = claimed.into_iter().map(|claimed| claimed.purchase).collect();
        use purchase::Column::{ClaimedAt, Earning, MemberId, Points, WalletId};
        let changing = [MemberId, WalletId, ClaimedAt, Earning, Points];
        update_all::<purchase::Entity>(&tx, &claimed, &changing).await?;
        tx.commit(Claimed { member, purchases: claimed }).await
    }
}

async fn one(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    id: PurchaseId,
    now: DateTime<Utc>,
) -> Result<Vec<purchase::Model>> {
    let not_found = || Error::from(Refusal::new(Code::PurchaseNotFound).at("purchaseId"));
    let row = store::lock(tx, rules.id(), id).await.map_err(|error| match error {
        Error::Refused(_) => not_found(),
        other => other,
    })?;
    let may = match actor.who() {
        Who::Operator(_) | Who::System => true,
        Who::Partner(partner, _) => row.partner_id == partner,
        Who::Member(_) | Who::Anonymous => false,
    };
    if !may {
        return Err(not_found());
    }
    if row.member_id.is_some() {
        return Err(Refusal::new(Code::PurchaseAlreadyClaimed).at("purchaseId").into());
    }
    if row.recorded_at < oldest(rules, now) {
        return Err(Refusal::new(Code::ClaimPeriodOver).at("purchaseId").into());
    }
    Ok(vec![row])
}

/// The receipts with this card on them, locked, oldest first.
async fn all_of_card(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    named: &MemberRef,
    now: DateTime<Utc>,
) -> Result<Vec<purchase::Model>> {
    let MemberRef::Card(number) = named else {
        let message = "Name the card that the till read, or one receipt.";
        return Err(Refusal::new(Code::CardNotFound)
            .because(message)
            .at("member.cardNumber")
            .into());
    };
    let mut query = purchase::Entity::find()
        .filter(purchase::Column::ProgrammeId.eq(rules.id()))
        .filter(purchase::Column::CardNumber.eq(number))
        .filter(purchase::Column::MemberId.is_null())
        .filter(purchase::Column::RecordedAt.gte(oldest(rules, now)));
    if let Who::Partner(partner, _) = actor.who() {
        query = query.filter(purchase::Column::PartnerId.eq(partner));
    }
    let limit = u64::try_from(BATCH_MAX).unwrap_or(u64::MAX);
    Ok(query
        .order_by_asc(purchase::Column::Id)
        .limit(limit)
        .lock_exclusive()
        .all(tx.connection())
        .await?)
}

fn oldest(rules: &Rules, now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::days(i64::from(rules.programme.claim_days))
}

/// A receipt on its way to its buyer, with what is left of it and what had come back.
struct Claiming {
    purchase: purchase::Model,
    left: Vec<Line>,
    before: Taken,
}

/// Decides what the receipts earn, each of what is left of it.
async fn earn_all(
    tx: &Tx,
    by: By<'_>,
    member: &member::Model,
    claimed: &mut [Claiming],
    commands: &mut [Command],
) -> Result<Rows> {
    let mut wanted = Wanted::default();
    for (Claiming { purchase, left, .. }, command) in claimed.iter().zip(commands.iter()) {
        let basket = by.basket(purchase, left);
        wanted.sale(by, &basket, member);
        wanted.credit_of_sale(by, &basket, command.recorded_at);
    }
    let mut known = wanted.read(tx.connection(), by).await?;
    let mut rows = Rows::new(activity::Rows::new(by.programme.id(), by.programme.zone));
    for (Claiming { purchase, left, before }, command) in claimed.iter_mut().zip(commands) {
        if let Some(earned) = earn(by, &mut known, (purchase, Some(left)), member, command) {
            rows.changes.join(earned.changes);
        }
        rows.activity.bought(member.wallet_id, purchase, *before);
    }
    Ok(rows)
}

/// The purchase earns what is left of it, at the prices of its day.
fn command(
    actor: &Actor,
    member: &member::Model,
    purchase: &purchase::Model,
    now: DateTime<Utc>,
) -> Result<Command> {
    let base = earning::base(&purchase.earning, &purchase.lines.0)?;
    Ok(Command {
        entry: EntryId::at(now),
        wallet: member.wallet_id,
        key: None,
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        partner: Some(purchase.partner_id),
        store: purchase.store_id,
        purchase: Some(purchase.id),
        occurred_at: purchase.occurred_at,
        recorded_at: now,
        is_history: false,
        cause: Cause::Receipt { receipt_number: purchase.receipt_number.clone(), earning: base },
        // What it earns is decided once the wallet is locked.
        action: Action::Earn { lots: Vec::new() },
    })
}
