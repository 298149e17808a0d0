//! A voucher shown at a till: set aside until the sale is made, or used at once.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, StoreId, VoucherId, VoucherUseId};
use crate::text_enum::text_enum;

text_enum! {
    /// Where a use of a voucher stands.
    VoucherUseStatus {
        /// The till has it set aside, until its time is over.
        Reserved "RESERVED",
        /// It was used.
        Redeemed "REDEEMED",
        /// The till gave it back, or its time was over.
        Cancelled "CANCELLED",
    }
}

/// One use.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherUseId,
    pub voucher_id: VoucherId,
    pub partner_id: PartnerId,
    pub store_id: Option<StoreId>,
    pub status: VoucherUseStatus,
    /// The partner's own reference: its receipt.
    pub reference: Option<String>,
    pub shown_at: DateTime<Utc>,
    /// A use that is set aside is given back then.
    pub lapses_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
