//! A version of a partner's commercial terms. Never edited: a change is the next version.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::BasisPoints;
use crate::ids::{ContractId, PartnerId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// When an issuer pays for its points.
    Funding {
        /// For each point it issues, into the reserve.
        AtIssue "AT_ISSUE",
        /// When its points are burned, wherever that is.
        AtBurn "AT_BURN",
        /// A share at issue, the rest at burn.
        Hybrid "HYBRID",
    }
}

text_enum! {
    /// How points burned at the partner that issued them are settled.
    OnUs {
        /// As any burn.
        Full "FULL",
        /// What was paid at issue goes back, the fee too.
        Free "FREE",
        /// What was paid at issue goes back, the fee stays.
        FeeOnly "FEE_ONLY",
    }
}

/// `(programme_id, partner_id, version)` is unique; in force is the latest version whose
/// `valid_from` has come.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContractId,
    pub programme_id: ProgrammeId,
    pub partner_id: PartnerId,
    pub version: i32,
    pub valid_from: DateTime<Utc>,
    pub funding: Funding,
    /// Under `HYBRID`, the share due at issue; 10,000 under `AT_ISSUE`, 0 under `AT_BURN`.
    pub issue_share_bp: BasisPoints,
    /// Micro-units of settlement currency a point.
    pub issue_price_micros: i64,
    /// Micro-units of settlement currency a point.
    pub acceptance_price_micros: i64,
    pub service_fee_bp: BasisPoints,
    pub breakage_share_bp: BasisPoints,
    pub on_us: OnUs,
    /// Minor units that the partner may owe unsettled; none is without limit.
    pub credit_limit_minor: Option<i64>,
    /// Minor units owed at which the operator is told.
    pub credit_alert_minor: Option<i64>,
    pub payment_days: i32,
    pub dispute_days: i32,
    pub tax_code: String,
    pub signed_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
