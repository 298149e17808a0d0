//! The background's part: it wakes wallets in which something is due. What is done then is the
//! core's business, so running late, twice or on two gateways changes nothing.

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

impl Ledger {
    /// Settles all that is due in the programme by `until`; says how many wallets there were.
    pub async fn settle_due(&self, programme: ProgrammeId, until: DateTime<Utc>) -> Result<u64> {
        let rules = self.programmes.rules(programme).await?;
        let mut settled = 0;
        loop {
            let due = self.due_wallets(programme, until).await?;
            if due.is_empty() {
                return Ok(settled);
            }
            retrying(|| self.settle_batch(&rules, &due, until)).await?;
            settled += u64::try_from(due.len()).unwrap_or(0);
        }
    }

    async fn due_wallets(
        &self,
        programme: ProgrammeId,
        until: DateTime<Utc>,
    ) -> Result<Vec<WalletId>> {
        let query = wallet::Entity::find()
            .filter(wallet::Column::ProgrammeId.eq(programme))
            .filter(wallet::Column::NextDueAt.lte(until))
            .order_by_asc(wallet::Column::NextDueAt)
            .limit(BATCH);
        Ok(query.all(self.db.primary()).await?.into_iter().map(|row| row.id).collect())
    }

    async fn settle_batch(
        &self,
        rules: &Rules,
        due: &[WalletId],
        until: DateTime<Utc>,
    ) -> Result<()> {
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
        for verdict in apply(&tx, rules.for_ledger(), &commands).await? {
            verdict?;
        }
        tx.commit(()).await
    }
}
