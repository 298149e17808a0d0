//! What claims of a batch name, and what they store beside the ledger's own rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::day::Day;
use entity::ids::{ProgrammeId, RewardId};
use entity::rewards::{
    pool_code, reward, reward_claim, reward_claim_step, reward_version, voucher,
};
use uuid::Uuid;

use super::draft::Claiming;
use super::shelves::{First, fill};
use crate::earning::slices::STOCK;
use crate::error::Result;
use crate::rewards::Written;
use crate::rows::{find_among, insert_all, update_all};
use crate::tx::Tx;

/// The rewards of a batch, as they stand.
#[derive(Default)]
pub(crate) struct Known(HashMap<RewardId, Written>);

impl Known {
    /// Reads what these claims name.
    pub(crate) async fn read<'a>(
        tx: &Tx,
        programme: ProgrammeId,
        claims: impl Iterator<Item = &'a Claiming>,
    ) -> Result<Self> {
        let ids: BTreeSet<_> = claims.map(|claim| claim.reward.uuid()).collect();
        let (db, column) = (tx.connection(), reward::Column::Id);
        let rows =
            find_among::<reward::Entity, _>(db, programme, column, ids.iter().copied(), "").await?;
        let column = reward_version::Column::RewardId;
        let latest =
            "and version = (select r.version from reward r where r.id = reward_version.reward_id)";
        let versions =
            find_among::<reward_version::Entity, _>(db, programme, column, ids, latest).await?;
        let mut versions: HashMap<(RewardId, i32), reward_version::Model> =
            versions.into_iter().map(|own| ((own.reward_id, own.version), own)).collect();
        // One that was changed between both is read anew by whoever asks again.
        let with = |row: reward::Model| {
            let version = versions.remove(&(row.id, row.version))?;
            Some((row.id, Written { row, version }))
        };
        Ok(Self(rows.into_iter().filter_map(with).collect()))
    }

    pub(super) fn get(&self, id: RewardId) -> Option<&Written> {
        self.0.get(&id)
    }
}

/// Rows that claims store beside the ledger's own.
#[derive(Default)]
pub(crate) struct Claimed {
    pub(super) claims: Vec<reward_claim::Model>,
    pub(super) steps: Vec<reward_claim_step::Model>,
    pub(super) vouchers: Vec<voucher::Model>,
    /// Of pools, with who has got them.
    pub(super) codes: Vec<pool_code::Model>,
    /// Of what nobody had taken any before.
    pub(super) firsts: BTreeMap<(RewardId, Day), First>,
    /// How many of which stock.
    pub(super) stock: BTreeMap<Uuid, i64>,
}

impl Claimed {
    /// Stores them, each table's in one statement.
    pub(crate) async fn save(self, tx: &Tx, programme: ProgrammeId) -> Result<()> {
        insert_all::<reward_claim::Entity>(tx, &self.claims).await?;
        insert_all::<reward_claim_step::Entity>(tx, &self.steps).await?;
        insert_all::<voucher::Entity>(tx, &self.vouchers).await?;
        update_all::<pool_code::Entity>(tx, &self.codes, &[pool_code::Column::ClaimId]).await?;
        for (of, first) in self.firsts {
            fill(tx, programme, of, first).await?;
        }
        for (stock, count) in self.stock {
            STOCK.take(tx, programme, stock, [count]).await?;
        }
        Ok(())
    }
}
