//! Operators have payouts run: collected, written as a file for the bank, confirmed by what it says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::cashback::payout::{self, PayoutStatus};
use entity::cashback::payout_run;
use entity::ids::{OperatorId, PayoutId, PayoutRunId, ProgrammeId};
use entity::ledger::idempotency_key::Outcome;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;

use super::bank_accounts::{Account, Place};
use super::core::{Action, Command};
use super::pain::{self, Payment};
use super::payouts::at_payout;
use super::{Cashback, gate};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, update_all};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most payouts in one file; the next run takes the rest.
const RUN_MAX: u64 = 1000;
/// The most payouts that are confirmed at once.
const CONFIRM_MAX: usize = 500;

/// All payouts that wait, to be run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The caller's key.
    pub idempotency_key: String,
}

/// What the bank says of a run's payouts.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm {
    /// Which run.
    pub run: PayoutRunId,
    /// Those that were paid.
    pub paid: Vec<PayoutId>,
    /// Those that were not, or came back.
    pub failed: Vec<Failure>,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A payout that wasn't paid.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Which.
    pub payout: PayoutId,
    /// What the bank said.
    pub reason: String,
}

/// What running, or confirming, did.
#[derive(Clone, Debug)]
pub struct RunMade {
    /// The run.
    pub run: payout_run::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

impl Cashback {
    /// Collects the payouts that wait, oldest first, into a run, whose file goes to the bank.
    pub async fn run_payouts(&self, actor: &Actor, wish: Run) -> Result<RunMade> {
        let (programme, operator) = actor.operator(Scope::PayoutsWrite)?;
        let rules = self.programmes.rules(programme).await?;
        let key = keys::key(actor, &wish.idempotency_key, "runPayouts", &())?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(run) = made_before(&tx, programme, &key).await? {
                return Ok(RunMade { run, is_replay: true });
            }
            let waiting = waiting(&tx, programme).await?;
            let run = new_run(&rules, &waiting, operator, at)?;
            let into_run = |row: payout::Model| payout::Model {
                status: PayoutStatus::InRun,
                run_id: Some(run.id),
                ..row
            };
            let rows: Vec<payout::Model> = waiting.into_iter().map(into_run).collect();
            let changing = [payout::Column::Status, payout::Column::RunId];
            update_all::<payout::Entity>(&tx, &rows, &changing).await?;
            let run = run.into_active_model().insert(tx.connection()).await?;
            note(&tx, actor, &key, &run, ("payouts.run", &seen(&run)), at).await?;
            tx.commit(RunMade { run, is_replay: false }).await
        })
        .await
    }

    /// Notes what the bank did with a run's payouts: paid ones are paid for good, failed ones go back
    /// into the wallet, a paid one too that comes back later. Saying it again changes nothing.
    pub async fn confirm_payouts(&self, actor: &Actor, wish: Confirm) -> Result<RunMade> {
        let (programme, _) = actor.operator(Scope::PayoutsWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "confirmPayouts", &wish)?;
        let said = said(&wish)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(run) = made_before(&tx, programme, &key).await? {
                return Ok(RunMade { run, is_replay: true });
            }
            let run = payout_run::Entity::find_by_id((programme, wish.run));
            let run = run.one(tx.connection()).await?;
            let run = run.ok_or(Refusal::new(Code::PayoutRunNotFound).at("runId"))?;
            let commands = commands(&tx, actor, &run, &said, at).await?;
            let verdicts = gate::apply(&tx, programme, &commands).await?;
            for (verdict, (_, path, _)) in verdicts.into_iter().zip(&said) {
                verdict.map_err(|refusal| at_payout(refusal.into(), path))?;
            }
            note(&tx, actor, &key, &run, ("payouts.confirmed", &seen_wish(&wish)), at).await?;
            tx.commit(RunMade { run, is_replay: false }).await
        })
        .await
    }

    /// The file of a run, for the bank: the same bytes each time.
    pub async fn run_file(&self, actor: &Actor, run: &payout_run::Model) -> Result<String> {
        let (programme, _) = actor.operator(Scope::PayoutsWrite)?;
        if run.programme_id != programme {
            return Err(Refusal::new(Code::PayoutRunNotFound).into());
        }
        let rules = self.programmes.rules(programme).await?;
        let rows = payout::Entity::find()
            .filter(payout::Column::ProgrammeId.eq(programme))
            .filter(payout::Column::RunId.eq(run.id))
            .order_by_asc(payout::Column::Id)
            .all(self.db.reader_for(actor))
            .await?;
        let payment = |row: &payout::Model| {
            let place = Place::Payout(programme, row.member_id, row.id);
            let account = Account::opened(&self.master_key, &place, &row.sealed)?;
            Ok(Payment { payout: row.id, amount_minor: row.amount_minor, account })
        };
        let payments = rows.iter().map(payment).collect::<Result<Vec<_>>>()?;
        // A programme's code never changes.
        let remittance = format!("Cashback {}", rules.programme.code);
        pain::document(run, &payments, &remittance)
    }
}

/// The payouts that wait, oldest first, locked. Of two runs at once, each takes its own.
async fn waiting(tx: &Tx, programme: ProgrammeId) -> Result<Vec<payout::Model>> {
    let query = payout::Entity::find()
        .filter(payout::Column::ProgrammeId.eq(programme))
        .filter(payout::Column::Status.eq(PayoutStatus::Requested))
        .order_by_asc(payout::Column::Id)
        .limit(RUN_MAX)
        .lock_exclusive();
    let rows = query.all(tx.connection()).await?;
    if rows.is_empty() { Err(Code::PayoutsMissing.into()) } else { Ok(rows) }
}

fn new_run(
    rules: &Rules,
    waiting: &[payout::Model],
    operator: OperatorId,
    at: DateTime<Utc>,
) -> Result<payout_run::Model> {
    let programme = &rules.programme;
    let debtor = programme.debtor_name.clone().zip(programme.debtor_iban.clone());
    let (debtor_name, debtor_iban) = debtor.ok_or(Refusal::new(Code::DebtorMissing))?;
    let mut amounts = waiting.iter().map(|row| row.amount_minor);
    let total_minor = amounts.try_fold(0_i64, i64::checked_add);
    Ok(payout_run::Model {
        programme_id: programme.id,
        id: PayoutRunId::at(at),
        payouts: i32::try_from(waiting.len()).map_err(Error::internal)?,
        total_minor: total_minor.ok_or(Refusal::new(Code::Overflow))?,
        currency: programme.currency,
        debtor_name,
        debtor_iban,
        debtor_bic: programme.debtor_bic.clone(),
        executes_on: at.with_timezone(&rules.zone).date_naive().to_string(),
        made_by: operator,
        made_at: at,
    })
}

/// One payout, where the caller named it, and what the bank said if it failed.
type Said = (PayoutId, String, Option<String>);

fn said(wish: &Confirm) -> Result<Vec<Said>, Refusal> {
    let count = wish.paid.len() + wish.failed.len();
    if count == 0 {
        return Err(Refusal::new(Code::PayoutsMissing).at("paid"));
    }
    if count > CONFIRM_MAX {
        return Err(Refusal::new(Code::PayoutsTooMany).at("paid"));
    }
    let paid = wish.paid.iter().enumerate();
    let paid = paid.map(|(place, id)| Ok((*id, format!("paid.{place}"), None)));
    let failed = wish.failed.iter().enumerate().map(|(place, failure)| {
        let reason = text::clean(&failure.reason, 500, Code::ReasonInvalid);
        let reason = reason.map_err(|refusal| refusal.at(&format!("failed.{place}.reason")))?;
        Ok((failure.payout, format!("failed.{place}.payoutId"), Some(reason)))
    });
    let said: Vec<Said> = paid.chain(failed).collect::<Result<_, Refusal>>()?;
    let mut seen = BTreeSet::new();
    match said.iter().find(|(id, ..)| !seen.insert(*id)) {
        Some((_, path, _)) => Err(Refusal::new(Code::PayoutNotInRun).at(path)),
        None => Ok(said),
    }
}

async fn commands(
    tx: &Tx,
    actor: &Actor,
    run: &payout_run::Model,
    said: &[Said],
    at: DateTime<Utc>,
) -> Result<Vec<Command>> {
    let ids = said.iter().map(|(id, ..)| id.uuid());
    let (db, column) = (tx.connection(), payout::Column::Id);
    let rows = find_among::<payout::Entity, _>(db, run.programme_id, column, ids, "").await?;
    let rows: BTreeMap<PayoutId, payout::Model> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    let mut commands = Vec::new();
    for (id, path, failure) in said {
        let row = rows.get(id).filter(|row| row.run_id == Some(run.id));
        let row = row.ok_or_else(|| Refusal::new(Code::PayoutNotInRun).at(path))?;
        let action = match failure.clone() {
            Some(failure) => Action::Fail { payout: *id, failure },
            None => Action::Pay { payout: *id },
        };
        commands.push(gate::command(actor, row.wallet_id, action, at));
    }
    Ok(commands)
}

/// The run that the key is about, if it was used for this very request.
async fn made_before(
    tx: &Tx,
    programme: ProgrammeId,
    key: &Key,
) -> Result<Option<payout_run::Model>> {
    let Some(earlier) = keys::earlier(tx, programme, key).await? else { return Ok(None) };
    let id: Option<PayoutRunId> = earlier.subject.and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    Ok(payout_run::Entity::find_by_id((programme, id)).one(tx.connection()).await?)
}

/// Notes the key, and what was done for the audit trail.
async fn note(
    tx: &Tx,
    actor: &Actor,
    key: &Key,
    run: &payout_run::Model,
    (action, after): (&'static str, &serde_json::Value),
    at: DateTime<Utc>,
) -> Result<()> {
    let outcome = Outcome { wallet: None, entry: None, subject: Some(run.id.to_string()) };
    keys::insert(tx, run.programme_id, key, outcome, at).await?;
    let change = Change { action, subject: run.id.to_string(), before: None, after: Some(after) };
    audit::append(tx, actor, run.programme_id, at, change).await
}

fn seen(run: &payout_run::Model) -> serde_json::Value {
    serde_json::json!({ "payouts": run.payouts, "totalMinor": run.total_minor })
}

fn seen_wish(wish: &Confirm) -> serde_json::Value {
    serde_json::json!({ "paid": wish.paid, "failed": wish.failed })
}
