//! What wallets have bought so far, day by day.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::activity::activity_day;
use entity::ids::{ProgrammeId, WalletId};
use sea_orm::ConnectionTrait;

use crate::error::Result;
use crate::rows::find_among;

/// Purchases and what was paid, by the day of the programme's calendar.
pub(super) async fn days<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    wallets: impl Iterator<Item = WalletId>,
) -> Result<HashMap<WalletId, BTreeMap<NaiveDate, (i64, i64)>>> {
    let (column, wallets) = (activity_day::Column::WalletId, wallets.map(WalletId::uuid));
    let rows = find_among::<activity_day::Entity, C>(db, programme, column, wallets, "").await?;
    let mut days: HashMap<WalletId, BTreeMap<NaiveDate, (i64, i64)>> = HashMap::new();
    for row in rows {
        let day = (row.purchases, row.spend_minor);
        days.entry(row.wallet_id).or_default().insert(row.day.date(), day);
    }
    Ok(days)
}
