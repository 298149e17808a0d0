//! What the bank did with a run's payouts, as operators say it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::cashback::{payout, payout_run};
use entity::ids::{PayoutId, PayoutRunId};
use sea_orm::EntityTrait;
use serde::Serialize;

use super::core::{Action, Command};
use super::payouts::at_field;
use super::runs::{audited, keep, run_before};
use super::{Cashback, gate};
use crate::actor::{Actor, Scope};
use crate::error::Result;
use crate::keys;
use crate::refusal::{Code, Refusal};
use crate::rows::find_among;
use crate::text;
use crate::tx::{Tx, retrying};

/// The most payouts that are confirmed at once.
const CONFIRM_MAX: usize = 500;

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

/// What confirming did.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// The run.
    pub run: payout_run::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

impl Cashback {
    /// Notes what the bank did with a run's payouts: paid ones are paid for good, failed ones go back
    /// into the wallet, a paid one too that comes back later. Saying it again changes nothing.
    pub async fn confirm_payouts(&self, actor: &Actor, wish: Confirm) -> Result<Confirmed> {
        let (programme, _) = actor.operator(Scope::PayoutsWrite)?;
        let key = keys::key(actor, &wish.idempotency_key, "confirmPayouts", &wish)?;
        let said = said(&wish)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(run) = run_before(&tx, programme, &key).await? {
                return Ok(Confirmed { run, is_replay: true });
            }
            let run = payout_run::Entity::find_by_id((programme, wish.run));
            let run = run.one(tx.connection()).await?;
            let run = run.ok_or(Refusal::new(Code::PayoutRunNotFound).at("runId"))?;
            let commands = commands(&tx, actor, &run, &said, at).await?;
            let verdicts = gate::apply(&tx, programme, &commands).await?;
            for (verdict, (_, path, _)) in verdicts.into_iter().zip(&said) {
                verdict.map_err(|refusal| at_field(refusal.into(), path))?;
            }
            keep(&tx, programme, &key, run.id.to_string(), at).await?;
            audited(&tx, actor, &run, ("payouts.confirmed", &seen_wish(&wish)), at).await?;
            tx.commit(Confirmed { run, is_replay: false }).await
        })
        .await
    }
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

fn seen_wish(wish: &Confirm) -> serde_json::Value {
    serde_json::json!({ "paid": wish.paid, "failed": wish.failed })
}
