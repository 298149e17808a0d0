//! A past cycle under other terms of one partner: what each would have owed and been owed. Nothing is written
//! to the books.
//!
//! The cycle's facts are followed twice side by side, by the terms that were and by the others. Which lots
//! were burned stays as it was, unless attribution is what is asked about. Debts of earlier cycles that were filled in this one are left out on both
//! sides, and what came back and was gone counts as burned, so that one cycle is enough to read.

use std::collections::{BTreeMap, BTreeSet};

use entity::ids::{ContractSimulationId, PartnerId, ProgrammeId, SettlementCycleId};
use entity::ledger::lot;
use entity::partners::contract::{self, Funding};
use entity::settlement::contract_simulation::{
    self as simulation, Attribution, Comparison, OtherTerms,
};
use entity::settlement::money_posting::MoneyAccount;
use entity::settlement::settlement_cycle;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
};

use super::core::{Account, Accrual, Book, Contracts, Debts, Fates, Happened};
use super::replay::{self, Replay};
use super::{Settlement, attribution, cycles, rows};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};

/// So many simulations of a programme wait at a time.
const WAITING_MAX: u64 = 5;
/// A million units a point.
const PRICE_MICROS_MAX: i64 = 1_000_000_000_000;

/// Which cycle, and what would be other.
#[derive(Clone, Debug)]
pub struct SimulateContract {
    /// A cycle that is closed.
    pub cycle: SettlementCycleId,
    /// Whose terms.
    pub partner: PartnerId,
    /// What would be other.
    pub terms: OtherTerms,
}

impl Settlement {
    /// Asks what a cycle would have come to. It is worked out in the background.
    pub async fn simulate(
        &self,
        actor: &Actor,
        wish: SimulateContract,
    ) -> Result<simulation::Model> {
        let (programme, _) = actor.operator(Scope::SettlementWrite)?;
        check(&wish.terms)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let cycle = cycles::lock(&tx, programme, wish.cycle).await?;
            if cycle.until_position.is_none() {
                return Err(Refusal::new(Code::CycleNotCalculated).at("cycleId").into());
            }
            let contracts = replay::contracts(&tx, programme).await?;
            if contracts.in_force(wish.partner, at).is_none() {
                return Err(Refusal::new(Code::ContractMissing).at("partnerId").into());
            }
            let waiting = simulation::Entity::find()
                .filter(simulation::Column::ProgrammeId.eq(programme))
                .filter(simulation::Column::FinishedAt.is_null());
            if waiting.count(tx.connection()).await? >= WAITING_MAX {
                let message = format!("At most {WAITING_MAX} simulations wait at a time.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).into());
            }
            let row = simulation::Model {
                programme_id: programme,
                id: ContractSimulationId::at(at),
                partner_id: wish.partner,
                cycle: cycle.first_day,
                terms: wish.terms.clone(),
                outcome: None,
                asked_by: actor.to_string(),
                asked_at: at,
                finished_at: None,
            };
            let row = row.into_active_model().insert(tx.connection()).await?;
            let change = Change {
                action: "contract.simulated",
                subject: row.id.to_string(),
                before: None,
                after: Some(&row.terms),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Works out the oldest that waits; says whether there was one.
    pub async fn advance_simulation(&self, programme: ProgrammeId) -> Result<bool> {
        let oldest = simulation::Entity::find()
            .filter(simulation::Column::ProgrammeId.eq(programme))
            .filter(simulation::Column::FinishedAt.is_null())
            .order_by_asc(simulation::Column::Id);
        let Some(row) = oldest.one(self.db.reader()).await? else { return Ok(false) };
        let currency = self.programmes.rules(programme).await?.programme.currency;
        let tx = self.db.snapshot().await?;
        let outcome = compared(&tx, &row, currency.minor_per_unit()).await?;
        tx.commit(()).await?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let done = simulation::Model {
                outcome: Some(outcome.clone()),
                finished_at: Some(self.clock.now()),
                ..row.clone()
            };
            done.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(true).await
        })
        .await
    }

    /// Simulations by id; none to those who may not see them.
    pub async fn simulations_by_ids(
        &self,
        actor: &Actor,
        ids: &[ContractSimulationId],
    ) -> Result<Vec<simulation::Model>> {
        let Ok((programme, _)) = actor.operator(Scope::SettlementWrite) else {
            return Ok(Vec::new());
        };
        let query = simulation::Entity::find()
            .filter(simulation::Column::ProgrammeId.eq(programme))
            .filter(simulation::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn check(terms: &OtherTerms) -> Result<(), Refusal> {
    let prices = [
        ("terms.issuePrice", terms.issue_price_micros),
        ("terms.acceptancePrice", terms.acceptance_price_micros),
    ];
    for (field, price) in prices {
        if !price.is_none_or(|price| (0..=PRICE_MICROS_MAX).contains(&price)) {
            let message = "A price is between 0 and 1,000,000 units a point.";
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field));
        }
    }
    let is_share_said = terms.issue_share_bp.is_some();
    if is_share_said != (terms.funding == Some(Funding::Hybrid)) {
        let message = "Under HYBRID, and only there, say which share is due at issue.";
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("terms.issueShareBp"));
    }
    let alone = OtherTerms { attribution: terms.attribution, ..OtherTerms::default() };
    if terms.attribution == Some(Attribution::Pooled) && *terms != alone {
        let message =
            "Attribution is the programme's: compare other terms of a partner without it.";
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("terms.attribution"));
    }
    Ok(())
}

/// The same contract under the other terms.
fn other(row: &contract::Model, terms: &OtherTerms) -> contract::Model {
    let (funding, issue_share_bp) = funding(terms).unwrap_or((row.funding, row.issue_share_bp));
    contract::Model {
        funding,
        issue_share_bp,
        issue_price_micros: terms.issue_price_micros.unwrap_or(row.issue_price_micros),
        acceptance_price_micros: terms
            .acceptance_price_micros
            .unwrap_or(row.acceptance_price_micros),
        service_fee_bp: terms.service_fee_bp.unwrap_or(row.service_fee_bp),
        breakage_share_bp: terms.breakage_share_bp.unwrap_or(row.breakage_share_bp),
        on_us: terms.on_us.unwrap_or(row.on_us),
        ..row.clone()
    }
}

fn funding(terms: &OtherTerms) -> Option<(Funding, entity::amount::BasisPoints)> {
    use entity::amount::BasisPoints;
    let funding = terms.funding?;
    let share = match funding {
        Funding::AtIssue => BasisPoints::WHOLE,
        Funding::AtBurn => BasisPoints::default(),
        Funding::Hybrid => terms.issue_share_bp.unwrap_or_default(),
    };
    Some((funding, share))
}

/// The partner's shares of a lot under the other terms.
fn change(lot: &mut lot::Model, partner: PartnerId, terms: &OtherTerms) {
    for share in lot.terms.shares.iter_mut().filter(|share| share.partner == Some(partner)) {
        if let Some((funding, issue_share)) = funding(terms) {
            (share.funding, share.issue_share_bp) = (funding, issue_share);
        }
        share.issue_price_micros = terms.issue_price_micros.unwrap_or(share.issue_price_micros);
        share.service_fee_bp = terms.service_fee_bp.unwrap_or(share.service_fee_bp);
    }
}

/// What the partner is paid for points that it accepted.
fn accept(happened: &mut Happened<'_>, partner: PartnerId, price: Option<i64>) {
    let Some(price) = price else { return };
    let at = happened.undone.as_ref().map_or(happened.entry, |(payment, _)| payment);
    if at.partner_id != Some(partner) {
        return;
    }
    let undone = happened.undone.iter_mut().flat_map(|(_, parts)| parts);
    for part in happened.parts.iter_mut().chain(undone) {
        part.price_micros = part.price_micros.map(|_| price);
    }
}

async fn compared(tx: &Tx, row: &simulation::Model, per_unit: i64) -> Result<Comparison> {
    let programme = row.programme_id;
    let cycles = rows::cycles(tx, programme).await?;
    let before = cycles.iter().rev().find(|cycle| cycle.end_day <= row.cycle);
    let cycle = cycles.iter().find(|cycle| cycle.first_day == row.cycle);
    let cycle = cycle.ok_or_else(|| Error::internal("a simulation of no cycle"))?;
    let then = replay::contracts(tx, programme).await?;
    let now = then.changed(|own| match own.partner_id == row.partner_id {
        true => other(own, &row.terms),
        false => own.clone(),
    });
    let after = before.and_then(|cycle| cycle.until_position).unwrap_or(0);
    let mut sides = [Side::new(&then), Side::new(&now)];
    let mut replay = Replay::new(tx, programme, after);
    while let Some(mut page) = replay.next().await? {
        sides[0].follow(page.happened()?, cycle)?;
        page.change(|lot| change(lot, row.partner_id, &row.terms));
        let mut happened = page.happened()?;
        for own in &mut happened {
            accept(own, row.partner_id, row.terms.acceptance_price_micros);
        }
        sides[1].follow(happened, cycle)?;
        if page.until >= cycle.until_position.unwrap_or(0) {
            break;
        }
    }
    let mut compared = comparison(&sides, per_unit)?;
    if row.terms.attribution == Some(Attribution::Pooled) {
        let then = (&sides[0].book, sides[0].burned);
        attribution::pooled(tx, programme, cycle, then, per_unit, &mut compared).await?;
    }
    Ok(compared)
}

struct Side<'a> {
    accrual: Accrual<'a>,
    book: Book,
    /// Points that were spent, less those of payments that were undone.
    burned: i64,
}

impl<'a> Side<'a> {
    fn new(contracts: &'a Contracts) -> Self {
        let accrual = Accrual::new(contracts, Debts::default(), Fates::assumed());
        Self { accrual, book: Book::default(), burned: 0 }
    }

    fn follow(
        &mut self,
        happened: Vec<Happened<'_>>,
        cycle: &settlement_cycle::Model,
    ) -> Result<()> {
        let until = cycle.until_position.unwrap_or(0);
        for own in happened.iter().filter(|own| own.position <= until) {
            self.burned += own.burned();
            for moved in self.accrual.follow(own) {
                self.book.add(moved.key, moved.points.get())?;
            }
        }
        Ok(())
    }
}

fn comparison(sides: &[Side<'_>; 2], per_unit: i64) -> Result<Comparison> {
    let accounts = [sides[0].book.accounts()?, sides[1].book.accounts()?];
    let partners: BTreeSet<PartnerId> = accounts
        .iter()
        .flat_map(|accounts| accounts.keys())
        .filter_map(|account| match account {
            Account::Payable(partner) => Some(*partner),
            Account::Own(_) => None,
        })
        .collect();
    let minor = |account: Account| -> Result<[i64; 2]> {
        let of = |side: &BTreeMap<Account, super::core::Exact>| {
            side.get(&account).copied().unwrap_or_default().minor(per_unit)
        };
        Ok([of(&accounts[0])?, of(&accounts[1])?])
    };
    let mut compared = Comparison::default();
    for partner in partners {
        compared.partners.push((partner, minor(Account::Payable(partner))?));
    }
    for own in [MoneyAccount::Margin, MoneyAccount::Fees, MoneyAccount::Breakage] {
        for (sum, more) in compared.programme.iter_mut().zip(minor(Account::Own(own))?) {
            *sum = sum.checked_add(more).ok_or(Refusal::new(Code::Overflow))?;
        }
    }
    Ok(compared)
}
