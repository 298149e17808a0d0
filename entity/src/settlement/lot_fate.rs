//! What has become of the points that a part of a purchase earned, wherever they were moved since.

use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, PurchaseId};

/// Sums over all lots of the part; a part of which nothing was spent, nor expired, has no row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lot_fate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_id: PurchaseId,
    /// Which part of the purchase's points, as the lots have it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// Spent, or taken to fill a debt.
    pub burned: i64,
    /// Of these, accepted by their own issuer without a fee.
    pub free: i64,
    pub expired: i64,
    /// Gone when their goods came back.
    pub short: i64,
    /// Of these, for which others stood in, or which the programme gave up.
    pub settled: i64,
}

impl ActiveModelBehavior for ActiveModel {}
