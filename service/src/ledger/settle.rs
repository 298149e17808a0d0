//! The background's part: it wakes wallets in which something is due. What is done then is the
//! core's business, so running late, twice or on two gateways changes nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::ids::{EntryId, ProgrammeId, WalletId};
use entity::ledger::wallet;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::core::{Action, Command};
use super::reason::{Cause, DueRule};
use super::{Ledger, apply};
use crate::error::Result;
use crate::programmes::Rules;
use crate::tx::retrying;

/// How many wallets one transaction settles.
const BATCH: u64 = 200;

/// What came of a batch.
#[derive(Default)]
struct Settled {
    wallets: usize,
    refused: Vec<WalletId>,
}

impl Ledger {
    /// Settles all that is due in the programme by `until`; says how many wallets there were. One that
    /// can't be settled is told in the log, and holds up no other.
    pub async fn settle_due(&self, programme: ProgrammeId, until: DateTime<Utc>) -> Result<u64> {
        let rules = self.programmes.rules(programme).await?;
        let (mut settled, mut stuck) = (0, BTreeSet::new());
        loop {
            let batch = retrying(|| async {
                let due = self.due_wallets(programme, until, &stuck).await?;
                self.settle_batch(&rules, due, until).await
            });
            let Settled { wallets, refused } = batch.await?;
            if wallets == 0 {
                return Ok(settled);
            }
            settled += u64::try_from(wallets - refused.len()).unwrap_or(0);
            stuck.extend(refused);
        }
    }

    async fn due_wallets(
        &self,
        programme: ProgrammeId,
        until: DateTime<Utc>,
        stuck: &BTreeSet<WalletId>,
    ) -> Result<Vec<WalletId>> {
        let query = wallet::Entity::find()
            .filter(wallet::Column::ProgrammeId.eq(programme))
            .filter(wallet::Column::Id.is_not_in(stuck.iter().copied()))
            .filter(wallet::Column::NextDueAt.lte(until))
            .order_by_asc(wallet::Column::NextDueAt)
            .limit(BATCH);
        Ok(query.all(self.db.primary()).await?.into_iter().map(|row| row.id).collect())
    }

    async fn settle_batch(
        &self,
        rules: &Rules,
        due: Vec<WalletId>,
        until: DateTime<Utc>,
    ) -> Result<Settled> {
        if due.is_empty() {
            return Ok(Settled::default());
        }
        let tx = self.db.begin().await?;
        let command = |wallet: &WalletId| Command {
            entry: EntryId::at(until),
            wallet: *wallet,
            key: None,
            actor: "system".to_owned(),
            origin: "background".to_owned(),
            partner: None,
            store: None,
            purchase: None,
            occurred_at: until,
            recorded_at: until,
            is_history: false,
            cause: Cause::Due { due_at: until, rule: DueRule::ReturnWindowClosed },
            action: Action::Settle,
        };
        let commands: Vec<Command> = due.iter().map(command).collect();
        let mut refused = Vec::new();
        for (wallet, verdict) in due.iter().zip(apply(&tx, rules.for_ledger(), &commands).await?) {
            if let Err(refusal) = verdict {
                tracing::error!(%wallet, %refusal, "what is due in a wallet can't be done");
                refused.push(*wallet);
            }
        }
        tx.commit(Settled { wallets: due.len(), refused }).await
    }
}
