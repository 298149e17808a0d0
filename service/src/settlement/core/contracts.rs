//! All versions of a programme's contracts, as settlement asks for them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{ContractId, PartnerId};
use entity::partners::contract;

/// Contracts, by id and by partner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contracts {
    by_id: HashMap<ContractId, contract::Model>,
    /// Oldest version first.
    by_partner: HashMap<PartnerId, Vec<ContractId>>,
}

impl Contracts {
    pub(crate) fn new(mut rows: Vec<contract::Model>) -> Self {
        rows.sort_by_key(|row| (row.partner_id, row.version));
        let mut all = Self::default();
        for row in rows {
            all.by_partner.entry(row.partner_id).or_default().push(row.id);
            all.by_id.insert(row.id, row);
        }
        all
    }

    pub(crate) fn by_id(&self, id: ContractId) -> Option<&contract::Model> {
        self.by_id.get(&id)
    }

    /// The version in force then: the latest whose `valid_from` had come.
    pub(crate) fn in_force(
        &self,
        partner: PartnerId,
        at: DateTime<Utc>,
    ) -> Option<&contract::Model> {
        let versions = self.by_partner.get(&partner)?.iter().rev();
        versions.filter_map(|id| self.by_id(*id)).find(|row| row.valid_from <= at)
    }

    /// The same, each as that makes it.
    pub(crate) fn changed(&self, change: impl Fn(&contract::Model) -> contract::Model) -> Self {
        Self::new(self.by_id.values().map(change).collect())
    }
}
