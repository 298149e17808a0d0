//! Money that partners paid, or were paid.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{PartnerId, ProgrammeId, SettlementPaymentId};
use crate::text_enum::text_enum;

text_enum! {
    /// Who said so.
    PaymentSource {
        /// An operator.
        Manual "MANUAL",
        /// A bank's statement of account.
        Bank "BANK",
    }
}

/// Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SettlementPaymentId,
    pub partner_id: PartnerId,
    /// The instruction that it follows.
    pub reference: String,
    /// The first day of the cycle on whose statement it is.
    pub cycle: Day,
    /// Above zero; which way it went is the instruction's.
    pub amount_minor: i64,
    pub paid_on: Day,
    pub source: PaymentSource,
    /// The bank's own name of it: none is booked twice.
    pub bank_reference: Option<String>,
    /// Who recorded it, as in the audit trail.
    pub recorded_by: String,
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
