//! A receipt's natural key. A table of its own, never partitioned: uniqueness must span wallets.

use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, PurchaseId};

/// One receipt number within its partner's scope.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    /// Empty, a store's id, or a store's id and day, by the partner's receipt scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub receipt_number: String,
    pub purchase_id: PurchaseId,
    /// SHA-256 of the canonical receipt, led by the fingerprint's version.
    pub fingerprint: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
