//! Standings follow what happens: each programme's facts in their order, and what is due by the day.
//!
//! Following in the background, and not in the batch of a sale, keeps the sale's statements as few as they
//! are; a wallet's days would have to be read there, all of them. A fact leads to its wallet and no further:
//! the standing is worked out from the days, which were written with it. So a fact that comes twice changes
//! nothing, and a cursor set back to the beginning ends in the same standings.

use std::collections::BTreeSet;

use entity::ids::{ProgrammeId, WalletId};
use entity::ledger::fact;
use entity::ledger::outbox::FactKind;
use entity::tiers::{tier_cursor, tier_set, tier_standing};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::refresh::refresh;
use super::{Tiers, sets};
use crate::error::Result;
use crate::rows::insert_new;
use crate::tx::{Tx, retrying};

/// How many facts, or wallets in which something is due, one transaction takes.
const STEP: u64 = 200;

impl Tiers {
    /// Takes the next facts of a programme; says how many there were.
    pub async fn follow(&self, programme: ProgrammeId) -> Result<u64> {
        if self.is_up_to_date(programme).await? {
            return Ok(0);
        }
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let Some(cursor) = lock(&tx, programme).await? else { return Ok(0) };
            let facts = after(cursor.position).filter(fact::Column::ProgrammeId.eq(programme));
            let facts = facts.limit(STEP).all(tx.connection()).await?;
            let Some(last) = facts.last().map(|fact| fact.position) else { return Ok(0) };
            let entries = facts.iter().filter(|fact| fact.kind == FactKind::Entry);
            let wallets: BTreeSet<WalletId> =
                entries.map(|fact| WalletId::from_uuid(fact.stream_id)).collect();
            let wallets: Vec<WalletId> = wallets.into_iter().collect();
            let sets = sets::all(tx.connection(), programme).await?;
            refresh(&tx, &rules, &sets, &wallets, self.clock.now(), None).await?;
            let row = tier_cursor::Model { position: last, ..cursor };
            row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(u64::try_from(facts.len()).unwrap_or(0)).await
        })
        .await
    }

    /// A look without a lock: most of the time nothing has happened, or there is no set to stand in.
    async fn is_up_to_date(&self, programme: ProgrammeId) -> Result<bool> {
        let db = self.db.reader();
        let cursor = tier_cursor::Entity::find_by_id(programme).one(db).await?;
        let Some(cursor) = cursor else { return Ok(true) };
        let next = after(cursor.position).filter(fact::Column::ProgrammeId.eq(programme));
        Ok(next.one(db).await?.is_none())
    }

    /// Works out what is due by now; says in how many wallets.
    pub async fn settle_due(&self, programme: ProgrammeId) -> Result<u64> {
        let rules = self.programmes.rules(programme).await?;
        let mut settled = 0;
        loop {
            let done = retrying(|| async {
                let at = self.clock.now();
                let due = self.due(programme, at).await?;
                if due.is_empty() {
                    return Ok(0);
                }
                let tx = self.db.begin().await?;
                let sets = sets::all(tx.connection(), programme).await?;
                refresh(&tx, &rules, &sets, &due, at, None).await?;
                tx.commit(u64::try_from(due.len()).unwrap_or(0)).await
            });
            match done.await? {
                0 => return Ok(settled),
                done => settled += done,
            }
        }
    }

    /// Wallets with something due in a set that is live.
    async fn due(
        &self,
        programme: ProgrammeId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<Vec<WalletId>> {
        let sets = tier_set::Entity::find()
            .filter(tier_set::Column::ProgrammeId.eq(programme))
            .filter(tier_set::Column::ArchivedAt.is_null());
        let sets = sets.all(self.db.primary()).await?;
        let due = tier_standing::Entity::find()
            .filter(tier_standing::Column::ProgrammeId.eq(programme))
            .filter(tier_standing::Column::DueAt.lte(at))
            .filter(tier_standing::Column::SetId.is_in(sets.iter().map(|set| set.id)))
            .order_by_asc(tier_standing::Column::DueAt)
            .limit(STEP);
        let due: BTreeSet<WalletId> =
            due.all(self.db.primary()).await?.into_iter().map(|row| row.wallet_id).collect();
        Ok(due.into_iter().collect())
    }
}

fn after(position: i64) -> sea_orm::Select<fact::Entity> {
    fact::Entity::find()
        .filter(fact::Column::Position.gt(position))
        .order_by_asc(fact::Column::Position)
}

async fn lock(tx: &Tx, programme: ProgrammeId) -> Result<Option<tier_cursor::Model>> {
    let query = tier_cursor::Entity::find_by_id(programme).lock_exclusive();
    Ok(query.one(tx.connection()).await?)
}

/// The programme's facts are followed from the first one: there is a set to stand in that wasn't before.
pub(super) async fn begin_anew(tx: &Tx, programme: ProgrammeId) -> Result<()> {
    let row = tier_cursor::Model { programme_id: programme, position: 0 };
    insert_new::<tier_cursor::Entity>(tx, std::slice::from_ref(&row)).await?;
    lock(tx, programme).await?;
    row.into_active_model().reset_all().update(tx.connection()).await?;
    Ok(())
}
