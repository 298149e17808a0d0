//! A business in a programme.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::BasisPoints;
use crate::ids::{PartnerId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// Within what a receipt number is unique: tills restart their numbers.
    ReceiptScope {
        /// In the whole partner.
        Partner "PARTNER",
        /// In one store.
        Store "STORE",
        /// In one store on one day, programme time.
        StoreDay "STORE_DAY",
    }
}

text_enum! {
    /// Whether a partner takes part.
    PartnerStatus {
        /// It earns and spends as its roles allow.
        Active "ACTIVE",
        /// Nothing new: its sales and payments are refused, its returns are not.
        Suspended "SUSPENDED",
    }
}

/// Purchase categories, in the partner's own words, that earn nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Categories(pub Vec<String>);

/// `(programme_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerId,
    pub programme_id: ProgrammeId,
    /// Lower-case letters, digits and hyphens.
    pub code: String,
    pub name: String,
    /// Role `ISSUES`: its purchases earn points.
    pub issues: bool,
    /// Role `ACCEPTS`: members pay with points here.
    pub accepts: bool,
    /// Role `SUPPLIES`: it delivers third-party rewards.
    pub supplies: bool,
    pub status: PartnerStatus,
    pub receipt_scope: ReceiptScope,
    /// Thousandths of a point for each unit of settlement currency, on the net amount.
    pub base_rate_millipoints: i64,
    pub excluded_categories: Categories,
    /// How much of the eligible amount comes back as money.
    pub cashback_bp: BasisPoints,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
