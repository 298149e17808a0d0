//! What a wallet bought, day by day of the programme's time zone: how many receipts, how much money, how
//! many points, net of what came back. Ranks, challenges and boards count from here.
//!
//! A day is the day of the purchase, also for what comes back of it, so that buying and returning is as if
//! nothing had been bought; and a wallet's, not a member's, so that a household counts as one. Rows are
//! written in the transaction of the sale, the return or the claim, under the wallet's lock, merged and in
//! order, in one statement for a batch. Nothing here decides what any of it is worth.

mod core;
mod sums;
#[cfg(test)]
mod tests;

use entity::activity::activity_day;
use entity::ids::{ProgrammeId, WalletId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement, Value};

pub(crate) use self::core::{Rows, Taken};
pub use self::sums::{Days, Sums, sums};

use crate::error::Result;
use crate::rows::{add_all, among, first_place};
use crate::tx::Tx;

impl Rows {
    /// Adds them to what is there. Their wallets are locked.
    pub(crate) async fn save(self, tx: &Tx) -> Result<()> {
        use activity_day::Column::{Points, Purchases, SpendMinor};
        let rows = self.rows()?;
        add_all::<activity_day::Entity>(tx, &rows, &[Purchases, SpendMinor, Points]).await
    }
}

/// What these wallets did is another's from now on: they were pooled into it. All of them are locked.
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
        "insert into activity_day (programme_id, wallet_id, day, purchases, spend_minor, points)
         select {first}, {home}, day, cast(sum(purchases) as bigint),
            cast(sum(spend_minor) as bigint), cast(sum(points) as bigint)
         from activity_day where programme_id = {first} and {named} group by day order by day
         on conflict (programme_id, wallet_id, day) do update set
            purchases = activity_day.purchases + excluded.purchases,
            spend_minor = activity_day.spend_minor + excluded.spend_minor,
            points = activity_day.points + excluded.points"
    );
    let values: [Value; 3] = [programme.uuid().into(), ids, into.uuid().into()];
    let db = tx.connection();
    db.execute_raw(Statement::from_sql_and_values(backend, moved, values.clone())).await?;
    let gone = format!("delete from activity_day where programme_id = {first} and {named}");
    let values = values.into_iter().take(2);
    db.execute_raw(Statement::from_sql_and_values(backend, gone, values)).await?;
    Ok(())
}

/// Whether a day was ever counted: from then on it stays what a day is.
pub(crate) async fn is_counted(tx: &Tx, programme: ProgrammeId) -> Result<bool> {
    let query =
        activity_day::Entity::find().filter(activity_day::Column::ProgrammeId.eq(programme));
    Ok(query.one(tx.connection()).await?.is_some())
}
