//! Operators have payouts run: collected, and written as a file for the bank.
//!
//! What comes to more than one operator may have paid out alone ([`super::alone`]) is proposed: the proposal
//! names the payouts, which go on waiting. Their members may take them back, and a second operator who says
//! no leaves everything as it was. Its yes runs those of them that still wait, and none that came later. A
//! run that is made and whose file is held back would be no simpler: who says no would have to undo it.

use chrono::{DateTime, Utc};
use entity::amount::Money;
use entity::cashback::payout::{self, PayoutStatus};
use entity::cashback::payout_run;
use entity::ids::{OperatorId, PayoutId, PayoutRunId, ProgrammeId, ProposalId};
use entity::ledger::idempotency_key::Outcome;
use entity::proposals::proposal;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::bank_accounts::{Account, Place};
use super::pain::{self, Payment};
use super::payouts::at_field;
use super::{Cashback, alone};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::programmes::Rules;
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, update_all};
use crate::tx::{Tx, retrying};

/// The most payouts in one file; the next run takes the rest.
const RUN_MAX: u64 = 1000;

/// All payouts that wait, to be run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The caller's key.
    pub idempotency_key: String,
}

/// What running came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The run; none while a second operator has to agree, or has said no.
    pub run: Option<payout_run::Model>,
    /// What a second operator decides, or has decided; none where one did it alone.
    pub proposal: Option<proposal::Model>,
    /// Whether it had been asked for before with the same key.
    pub is_replay: bool,
}

/// A run, as a proposal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Planned {
    payout_count: usize,
    total: String,
    currency_code: String,
    pub(crate) payouts: Vec<PayoutId>,
}

impl Cashback {
    /// Collects the payouts that wait, oldest first, into a run, whose file goes to the bank; or proposes
    /// to, where that is more than the caller may have paid out alone.
    pub async fn run_payouts(&self, actor: &Actor, wish: Run) -> Result<Ran> {
        let (programme, operator) = actor.operator(Scope::PayoutsWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "runPayouts", &())?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            alone::lock(&tx, programme, operator).await?;
            if let Some(ran) = ran_before(&tx, programme, &key).await? {
                return Ok(ran);
            }
            let rules = Rules::now(&tx, programme).await?;
            let waiting = waiting(&tx, programme).await?;
            let run = new_run(&rules, &waiting, (operator, None), at)?;
            if run.total_minor > alone::left(&tx, &rules.programme, operator, at).await? {
                let wish = Wish::RunPayouts(planned(&run, &waiting));
                let row = proposals::make(&tx, actor, (programme, operator), &wish, at).await?;
                keep(&tx, programme, &key, row.id.to_string(), at).await?;
                return tx.commit(Ran { run: None, proposal: Some(row), is_replay: false }).await;
            }
            let run = start(&tx, actor, run, waiting, at).await?;
            keep(&tx, programme, &key, run.id.to_string(), at).await?;
            tx.commit(Ran { run: Some(run), proposal: None, is_replay: false }).await
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
        pain::document(run, payments, &remittance)
    }
}

/// Runs what two operators agreed on: those of the payouts that still wait.
pub(crate) async fn apply(
    tx: &Tx,
    actor: &Actor,
    planned: Planned,
    proposal: &proposal::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let rules = Rules::now(tx, proposal.programme_id).await?;
    let ids = planned.payouts.iter().map(|id| id.uuid());
    let lock = if tx.backend() == DbBackend::Postgres { "for update" } else { "" };
    // In the order in which a run that isn't proposed locks them.
    let also = format!("and status = 'REQUESTED' order by id {lock}");
    let (db, column) = (tx.connection(), payout::Column::Id);
    let waiting =
        find_among::<payout::Entity, _>(db, proposal.programme_id, column, ids, &also).await?;
    let by = (proposal.proposed_by, Some(proposal.id));
    let run = new_run(&rules, &waiting, by, at).map_err(|error| at_field(error, "proposalId"))?;
    start(tx, actor, run, waiting, at).await.map(drop)
}

/// The payouts that wait, oldest first, locked. Of two runs at once, each takes its own.
async fn waiting(tx: &Tx, programme: ProgrammeId) -> Result<Vec<payout::Model>> {
    let query = payout::Entity::find()
        .filter(payout::Column::ProgrammeId.eq(programme))
        .filter(payout::Column::Status.eq(PayoutStatus::Requested))
        .order_by_asc(payout::Column::Id)
        .limit(RUN_MAX)
        .lock_exclusive();
    Ok(query.all(tx.connection()).await?)
}

fn new_run(
    rules: &Rules,
    waiting: &[payout::Model],
    (made_by, proposal_id): (OperatorId, Option<ProposalId>),
    at: DateTime<Utc>,
) -> Result<payout_run::Model> {
    if waiting.is_empty() {
        return Err(Code::PayoutsMissing.into());
    }
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
        made_by,
        made_at: at,
        proposal_id,
    })
}

fn planned(run: &payout_run::Model, waiting: &[payout::Model]) -> Planned {
    Planned {
        payout_count: waiting.len(),
        total: Money { minor: run.total_minor, currency: run.currency }.to_string(),
        currency_code: run.currency.code().to_owned(),
        payouts: waiting.iter().map(|row| row.id).collect(),
    }
}

/// Has these payouts, which are locked, be in the run.
async fn start(
    tx: &Tx,
    actor: &Actor,
    run: payout_run::Model,
    waiting: Vec<payout::Model>,
    at: DateTime<Utc>,
) -> Result<payout_run::Model> {
    let (status, run_id) = (PayoutStatus::InRun, Some(run.id));
    let into_run = |row: payout::Model| payout::Model { status, run_id, ..row };
    let rows: Vec<payout::Model> = waiting.into_iter().map(into_run).collect();
    let changing = [payout::Column::Status, payout::Column::RunId];
    update_all::<payout::Entity>(tx, &rows, &changing).await?;
    let run = run.into_active_model().insert(tx.connection()).await?;
    let seen = serde_json::json!({ "payouts": run.payouts, "totalMinor": run.total_minor });
    audited(tx, actor, &run, ("payouts.run", &seen), at).await?;
    Ok(run)
}

/// What the key came to before, as it is now, if it was used for this very request.
async fn ran_before(tx: &Tx, programme: ProgrammeId, key: &Key) -> Result<Option<Ran>> {
    let Some(earlier) = keys::earlier(tx, programme, key).await? else { return Ok(None) };
    let subject = earlier.subject.unwrap_or_default();
    let Ok(id) = subject.parse::<ProposalId>() else {
        let run = Some(run_named(tx, programme, &subject).await?);
        return Ok(Some(Ran { run, proposal: None, is_replay: true }));
    };
    let proposal = proposal::Entity::find_by_id(id)
        .filter(proposal::Column::ProgrammeId.eq(programme))
        .one(tx.connection())
        .await?;
    let run = payout_run::Entity::find()
        .filter(payout_run::Column::ProgrammeId.eq(programme))
        .filter(payout_run::Column::ProposalId.eq(id))
        .one(tx.connection())
        .await?;
    Ok(Some(Ran { run, proposal, is_replay: true }))
}

/// The run that the key is about, if it was used for this very request.
pub(super) async fn run_before(
    tx: &Tx,
    programme: ProgrammeId,
    key: &Key,
) -> Result<Option<payout_run::Model>> {
    let Some(earlier) = keys::earlier(tx, programme, key).await? else { return Ok(None) };
    let subject = earlier.subject.unwrap_or_default();
    run_named(tx, programme, &subject).await.map(Some)
}

async fn run_named(tx: &Tx, programme: ProgrammeId, subject: &str) -> Result<payout_run::Model> {
    let id: PayoutRunId = subject.parse().map_err(Error::internal)?;
    let run = payout_run::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    run.ok_or_else(|| Error::internal("a key names a payout run that isn't there"))
}

/// Notes what the key is about.
pub(super) async fn keep(
    tx: &Tx,
    programme: ProgrammeId,
    key: &Key,
    subject: String,
    at: DateTime<Utc>,
) -> Result<()> {
    let outcome = Outcome { wallet: None, entry: None, subject: Some(subject) };
    keys::insert(tx, programme, key, outcome, at).await
}

/// Notes for the audit trail what was done to a run.
pub(super) async fn audited(
    tx: &Tx,
    actor: &Actor,
    run: &payout_run::Model,
    (action, after): (&'static str, &serde_json::Value),
    at: DateTime<Utc>,
) -> Result<()> {
    let change = Change { action, subject: run.id.to_string(), before: None, after: Some(after) };
    audit::append(tx, actor, run.programme_id, at, change).await
}
