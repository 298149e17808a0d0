//! The background's part: it wakes wallets in which something is to be confirmed. What is done then is
//! the core's business, so running late, twice or on two gateways changes nothing.

use chrono::{DateTime, Utc};
use entity::cashback::cashback_wallet;
use entity::ids::{ProgrammeId, WalletId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::core::{Action, Command};
use super::{Cashback, gate};
use crate::actor::Actor;
use crate::error::Result;
use crate::tx::retrying;

/// How many wallets one transaction settles.
const BATCH: u64 = 200;

impl Cashback {
    /// Confirms all that is due in the programme by `until`; says how many wallets there were.
    pub async fn settle_due(&self, programme: ProgrammeId, until: DateTime<Utc>) -> Result<u64> {
        let (mut settled, actor) = (0, Actor::system(programme));
        loop {
            let wallets = retrying(|| async {
                let due = self.due_wallets(programme, until).await?;
                if due.is_empty() {
                    return Ok(0);
                }
                let command = |wallet| gate::command(&actor, wallet, Action::Settle, until);
                let commands: Vec<Command> = due.into_iter().map(command).collect();
                let tx = self.db.begin().await?;
                for verdict in gate::apply(&tx, programme, &commands).await? {
                    verdict?;
                }
                tx.commit(commands.len()).await
            });
            match wallets.await? {
                0 => return Ok(settled),
                wallets => settled += u64::try_from(wallets).unwrap_or(0),
            }
        }
    }

    async fn due_wallets(
        &self,
        programme: ProgrammeId,
        until: DateTime<Utc>,
    ) -> Result<Vec<WalletId>> {
        let query = cashback_wallet::Entity::find()
            .filter(cashback_wallet::Column::ProgrammeId.eq(programme))
            .filter(cashback_wallet::Column::NextDueAt.lte(until))
            .order_by_asc(cashback_wallet::Column::NextDueAt)
            .limit(BATCH);
        Ok(query.all(self.db.primary()).await?.into_iter().map(|row| row.id).collect())
    }
}
