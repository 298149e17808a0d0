//! Finding what the gate wrote, for contexts that show it.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{HoldId, ProgrammeId, WalletId};
use entity::ledger::{entry, hold};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::core::Receipt;
use crate::error::{Error, Result};
use crate::rows::{among, first_place};
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

/// The hold that a receipt names.
pub(crate) async fn find_hold<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    wallet: WalletId,
    id: HoldId,
) -> Result<hold::Model> {
    let found = hold::Entity::find_by_id((programme, wallet, id)).one(db).await?;
    found.ok_or_else(|| Error::internal("a receipt names a hold that isn't there"))
}

/// Where the points of these wallets are now: in themselves, or in the household's that each was
/// pooled into.
pub(crate) async fn current_wallets(
    tx: &Tx,
    programme: ProgrammeId,
    wallets: impl Iterator<Item = WalletId>,
) -> Result<HashMap<WalletId, WalletId>> {
    let wallets: BTreeSet<Uuid> = wallets.map(WalletId::uuid).collect();
    if wallets.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = tx.backend();
    let (named, values) = among(backend, "id", 2, wallets);
    let first = first_place(backend);
    let sql = format!(
        "with recursive step as (
            select id as origin, id, successor_id, 0 as steps from wallet
            where programme_id = {first} and {named}
            union all
            select s.origin, w.id, w.successor_id, s.steps + 1
            from wallet w join step s on w.programme_id = {first} and w.id = s.successor_id
            where s.steps < {SUCCESSIONS_MAX})
         select origin, id as current from step where successor_id is null"
    );
    let values: [Value; 2] = [programme.uuid().into(), values];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let steps = Step::find_by_statement(statement).all(tx.connection()).await?;
    Ok(steps.into_iter().map(|step| (step.origin, step.current)).collect())
}

#[derive(FromQueryResult)]
struct Step {
    origin: WalletId,
    current: WalletId,
}
