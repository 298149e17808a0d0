//! Points set aside for a payment that isn't final.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{EntryId, HoldId, MemberId, PartnerId, ProgrammeId, StoreId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// A hold's life: open, then one of the others for good.
    HoldStatus {
        /// The points are set aside.
        Open "OPEN",
        /// Paid, in whole or in part; the rest went back.
        Captured "CAPTURED",
        /// Given back by its partner.
        Released "RELEASED",
        /// Given back because its time was over.
        Lapsed "LAPSED",
    }
}

/// What its lots gave are the allocations of `entry_id`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HoldId,
    /// The entry that placed it.
    pub entry_id: EntryId,
    pub member_id: MemberId,
    pub partner_id: PartnerId,
    pub store_id: Option<StoreId>,
    pub points: Points,
    pub captured: Points,
    pub status: HoldStatus,
    pub placed_at: DateTime<Utc>,
    pub lapses_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
