//! What is to be paid for a cycle: at most one payment a partner.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Currency;
use crate::day::Day;
use crate::ids::{PartnerId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// Which way money goes.
    PaymentDirection {
        /// From the partner to the programme.
        Collect "COLLECT",
        /// From the programme to the partner.
        Pay "PAY",
    }
}

/// Made when a cycle is approved; never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_instruction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// What a bank transfer for it quotes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    /// The first day of its cycle.
    pub cycle: Day,
    pub partner_id: PartnerId,
    pub direction: PaymentDirection,
    pub amount_minor: i64,
    pub currency: Currency,
    pub due_on: Day,
    pub made_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
