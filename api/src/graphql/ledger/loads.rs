//! What resolvers of this context read together: one statement for all that one answer shows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{EntryId, WalletId};
use entity::ledger::{lot, wallet};
use service::ledger::LotUse;
use service::{Actor, Error, Services};

use crate::graphql::loaders::Batch;

/// Wallets by id.
pub(in crate::graphql) struct Wallets(
    pub(in crate::graphql) Services,
    pub(in crate::graphql) Actor,
);

impl Batch for Wallets {
    type Key = WalletId;
    type Value = wallet::Model;

    async fn load(&self, keys: Vec<WalletId>) -> Result<HashMap<WalletId, wallet::Model>, Error> {
        let rows = self.0.ledger.wallets(&self.1, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// From when on the histories of wallets are complete, where some of them was archived.
pub(super) struct CompleteSince(pub(super) Services, pub(super) Actor);

impl Batch for CompleteSince {
    type Key = WalletId;
    type Value = DateTime<Utc>;

    async fn load(&self, keys: Vec<WalletId>) -> Result<HashMap<WalletId, DateTime<Utc>>, Error> {
        let found = self.0.ledger.histories_complete_since(&self.1, &keys).await?;
        Ok(found.into_iter().collect())
    }
}

/// The lots that entries used.
pub(super) struct LotUses(pub(super) Services, pub(super) Actor);

impl Batch for LotUses {
    type Key = (WalletId, EntryId);
    type Value = Vec<LotUse>;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<LotUse>>, Error> {
        let mut found: HashMap<Self::Key, Vec<LotUse>> = HashMap::new();
        for used in self.0.ledger.lot_uses(&self.1, &keys).await? {
            let key = (used.allocation.wallet_id, used.allocation.entry_id);
            found.entry(key).or_default().push(used);
        }
        Ok(found)
    }
}

/// The lots that entries made.
pub(super) struct LotsMade(pub(super) Services, pub(super) Actor);

impl Batch for LotsMade {
    type Key = (WalletId, EntryId);
    type Value = Vec<lot::Model>;

    async fn load(
        &self,
        keys: Vec<Self::Key>,
    ) -> Result<HashMap<Self::Key, Vec<lot::Model>>, Error> {
        let mut found: HashMap<Self::Key, Vec<lot::Model>> = HashMap::new();
        for lot in self.0.ledger.lots_made(&self.1, &keys).await? {
            found.entry((lot.wallet_id, lot.entry_id)).or_default().push(lot);
        }
        Ok(found)
    }
}
