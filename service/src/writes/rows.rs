//! What comes out of the gate, write by write, and the rows that contexts store beside it.

use std::collections::HashMap;
use std::vec::IntoIter;

use entity::earning::event;
use entity::ids::{EntryId, HoldId, ProgrammeId};
use entity::ledger::{entry, hold, idempotency_key, outbox};
use entity::purchases::{purchase, purchase_return, receipt_key};

use crate::activity;
use crate::coupons;
use crate::earning::books;
use crate::earning::state::Changes;
use crate::error::{Error, Result};
use crate::ledger::Applied;
use crate::ledger::core::Verdict;
use crate::rewards::claims;
use crate::rows::insert_all;
use crate::tx::Tx;

/// The gate's verdicts in the order of the commands, with what was written.
pub(crate) struct Verdicts {
    verdicts: IntoIter<Verdict>,
    entries: HashMap<EntryId, entry::Model>,
    holds: HashMap<HoldId, hold::Model>,
}

impl Verdicts {
    pub(super) fn new(applied: Applied) -> Self {
        let Applied { verdicts, entries, holds } = applied;
        Self { verdicts: verdicts.into_iter(), entries, holds }
    }

    /// The next command's.
    pub(crate) fn next(&mut self) -> Result<Verdict> {
        self.verdicts.next().ok_or_else(|| Error::internal("a command without a verdict"))
    }

    pub(super) fn entry(&mut self, id: EntryId) -> Option<entry::Model> {
        self.entries.remove(&id)
    }

    pub(super) fn hold(&self, id: HoldId) -> Option<hold::Model> {
        self.holds.get(&id).cloned()
    }
}

/// Rows beside the ledger's own, each table's in one statement.
pub(crate) struct Rows {
    pub(crate) purchases: Vec<purchase::Model>,
    pub(crate) receipt_keys: Vec<receipt_key::Model>,
    pub(crate) returns: Vec<purchase_return::Model>,
    pub(crate) keys: Vec<idempotency_key::Model>,
    pub(crate) facts: Vec<outbox::Model>,
    pub(crate) events: Vec<event::Model>,
    /// What rules counted, and took from budgets.
    pub(crate) changes: Changes,
    /// What was claimed, and of which stock.
    pub(crate) claimed: claims::Claimed,
    pub(crate) activity: activity::Rows,
    /// What coupons were used for, and what of it came back.
    pub(crate) coupons: coupons::Rows,
}

impl Rows {
    /// None yet.
    pub(crate) fn new(activity: activity::Rows) -> Self {
        Self {
            events: Vec::new(),
            changes: Changes::default(),
            purchases: Vec::new(),
            receipt_keys: Vec::new(),
            returns: Vec::new(),
            keys: Vec::new(),
            facts: Vec::new(),
            claimed: claims::Claimed::default(),
            activity,
            coupons: coupons::Rows::default(),
        }
    }

    /// Keys go in one order everywhere, so that two gateways with the same ones don't wait for each
    /// other in a ring.
    pub(crate) async fn save(mut self, tx: &Tx, programme: ProgrammeId) -> Result<()> {
        let name = |row: &receipt_key::Model| {
            (row.partner_id, row.scope.clone(), row.receipt_number.clone())
        };
        self.receipt_keys.sort_by_cached_key(name);
        self.keys.sort_by(|one, other| (&one.caller, &one.key).cmp(&(&other.caller, &other.key)));
        insert_all::<purchase::Entity>(tx, &self.purchases).await?;
        insert_all::<receipt_key::Entity>(tx, &self.receipt_keys).await?;
        insert_all::<purchase_return::Entity>(tx, &self.returns).await?;
        insert_all::<idempotency_key::Entity>(tx, &self.keys).await?;
        insert_all::<outbox::Entity>(tx, &self.facts).await?;
        insert_all::<event::Entity>(tx, &self.events).await?;
        self.claimed.save(tx, programme).await?;
        books::save(tx, programme, self.changes).await?;
        self.coupons.save(tx, programme).await?;
        self.activity.save(tx).await
    }
}
