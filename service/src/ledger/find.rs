//! Finding what the gate wrote, for contexts that show it.

use entity::ids::{ProgrammeId, WalletId};
use entity::ledger::{entry, wallet};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::core::Receipt;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// How many times a wallet can have been pooled into another.
const SUCCESSIONS_MAX: usize = 16;

/// The entry that a receipt names.
pub(crate) async fn find_entry<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    receipt: &Receipt,
) -> Result<entry::Model> {
    let id = (programme, receipt.wallet, receipt.entry);
    let found = entry::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| Error::internal("a receipt names an entry that isn't there"))
}

/// Where a wallet's points are now: itself, or the household's that it was pooled into.
pub(crate) async fn current_wallet(
    tx: &Tx,
    programme: ProgrammeId,
    wallet: WalletId,
) -> Result<WalletId> {
    let mut current = wallet;
    for _ in 0..SUCCESSIONS_MAX {
        let row = wallet::Entity::find_by_id((programme, current)).one(tx.connection()).await?;
        match row.and_then(|row| row.successor_id) {
            Some(successor) => current = successor,
            None => return Ok(current),
        }
    }
    Err(Error::internal("a wallet's successors form a circle"))
}
