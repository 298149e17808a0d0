//! Where a partner is paid, and whether money may be fetched from there. Never edited: another account is
//! the next version, and the newest holds.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, ProposalId};
use crate::text_enum::text_enum;

text_enum! {
    /// The SEPA direct debit scheme that a mandate is signed for.
    MandateScheme {
        /// Between businesses: the debtor can't have it back, and has told its bank of the mandate.
        B2b "B2B",
        /// For everybody: the debtor can have it back for eight weeks.
        Core "CORE",
    }
}

/// One version of a partner's account, as two operators agreed on it. The mandate's parts are all there or
/// none is.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_bank_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    /// Counts the partner's accounts, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Whose it is, as the bank knows it.
    pub holder: String,
    pub iban: String,
    pub bic: Option<String>,
    pub mandate_reference: Option<String>,
    pub mandate_scheme: Option<MandateScheme>,
    /// The day, as `2026-11-30`.
    pub mandate_signed_on: Option<String>,
    pub set_at: DateTime<Utc>,
    /// What the two operators agreed on.
    pub proposal_id: ProposalId,
}

impl ActiveModelBehavior for ActiveModel {}
