//! What has become of what was earned, as rows.

use entity::ids::ProgrammeId;
use entity::settlement::lot_fate;

use super::core::{Debts, Earned, Fate, Fates};
use super::replay::Page;
use crate::error::Result;
use crate::rows::{find_among, insert_all, update_all};
use crate::tx::Tx;

/// What a step changes.
#[derive(Default)]
pub(super) struct Changed {
    made: Vec<lot_fate::Model>,
    changed: Vec<lot_fate::Model>,
}

/// What has become of what a page's entries change, its own or what its wallets owe.
pub(super) async fn known(
    tx: &Tx,
    programme: ProgrammeId,
    page: &Page,
    debts: &Debts,
) -> Result<Fates> {
    let (db, column) = (tx.connection(), lot_fate::Column::PurchaseId);
    let owed = debts.all().filter_map(|(_, _, owed)| owed.lot.purchase_id);
    let purchases = page.purchases().chain(owed).map(|id| id.uuid());
    let rows = find_among::<lot_fate::Entity, _>(db, programme, column, purchases, "").await?;
    Ok(Fates::new(rows.iter().map(of)))
}

/// A row as the core has it.
pub(super) fn of(row: &lot_fate::Model) -> (Earned, Fate) {
    let lot_fate::Model { burned, free, expired, short, settled, .. } = *row;
    ((row.purchase_id, row.part), Fate { burned, free, expired, short, settled })
}

fn row(programme: ProgrammeId, (purchase, part): Earned, fate: Fate) -> lot_fate::Model {
    let Fate { burned, free, expired, short, settled } = fate;
    lot_fate::Model {
        programme_id: programme,
        purchase_id: purchase,
        part,
        burned,
        free,
        expired,
        short,
        settled,
    }
}

impl Changed {
    pub(super) fn between(programme: ProgrammeId, before: &Fates, after: &Fates) -> Self {
        let mut own = Self::default();
        for (earned, fate) in after.all() {
            let row = row(programme, earned, fate);
            match before.get(earned) {
                None => own.made.push(row),
                Some(before) if before != fate => own.changed.push(row),
                Some(_) => {}
            }
        }
        own
    }

    pub(super) async fn write(&self, tx: &Tx) -> Result<()> {
        use lot_fate::Column::{Burned, Expired, Free, Settled, Short};
        insert_all::<lot_fate::Entity>(tx, &self.made).await?;
        let changing = [Burned, Free, Expired, Short, Settled];
        update_all::<lot_fate::Entity>(tx, &self.changed, &changing).await?;
        Ok(())
    }
}
