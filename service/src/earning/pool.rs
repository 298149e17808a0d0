//! Counters follow wallets into the wallet that they are pooled into: a household is one customer.

use entity::ids::{ProgrammeId, WalletId};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::error::Result;
use crate::rows::{among, first_place};
use crate::tx::Tx;

/// What these wallets had of rules counts for another from now on. All of them are locked.
pub(crate) async fn pool(
    tx: &Tx,
    programme: ProgrammeId,
    wallets: &[WalletId],
    into: WalletId,
) -> Result<()> {
    if wallets.is_empty() {
        return Ok(());
    }
    let (backend, first) = (tx.backend(), first_place(tx.backend()));
    let (named, ids) = among(backend, "wallet_id", 2, wallets.iter().map(|wallet| wallet.uuid()));
    let home = first.replace('1', "3");
    let moved = format!(
        "insert into rule_use (programme_id, wallet_id, rule_id, period, count, points, stamps)
         select {first}, {home}, rule_id, period, cast(sum(count) as bigint),
            cast(sum(points) as bigint), cast(sum(stamps) as bigint)
         from rule_use where programme_id = {first} and {named}
         group by rule_id, period order by rule_id, period
         on conflict (programme_id, wallet_id, rule_id, period) do update set
            count = rule_use.count + excluded.count,
            points = rule_use.points + excluded.points,
            stamps = rule_use.stamps + excluded.stamps"
    );
    let values: [Value; 3] = [programme.uuid().into(), ids, into.uuid().into()];
    let db = tx.connection();
    db.execute_raw(Statement::from_sql_and_values(backend, moved, values.clone())).await?;
    let gone = format!("delete from rule_use where programme_id = {first} and {named}");
    let values = values.into_iter().take(2);
    db.execute_raw(Statement::from_sql_and_values(backend, gone, values)).await?;
    Ok(())
}
