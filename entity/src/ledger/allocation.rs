//! How many points one entry took from one lot, or gave back to it.

use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{EntryId, LotId, ProgrammeId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// What an allocation did to its lot.
    AllocationKind {
        /// The lot's remaining points became fewer.
        Taken "TAKEN",
        /// They became more: a release or a reversal.
        GivenBack "GIVEN_BACK",
        /// Points taken by a hold were spent; what remains in the lot is as before.
        Captured "CAPTURED",
    }
}

/// One lot's part in one entry.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allocation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lot_id: LotId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: AllocationKind,
    pub points: Points,
    /// For a payment: micro-units of settlement currency a point that the acceptor is owed.
    pub acceptance_price_micros: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
