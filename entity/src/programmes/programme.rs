//! A coalition and its rules: what may differ between two programmes stands in this row.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::{Currency, Points};
use crate::ids::ProgrammeId;
use crate::text_enum::text_enum;

text_enum! {
    /// When points expire.
    ExpiryPolicy {
        /// A fixed number of months after they were earned, to the moment.
        FixedMonths "FIXED_MONTHS",
        /// At the end of the month in which `FIXED_MONTHS` would end them, programme time.
        EndOfMonth "END_OF_MONTH",
        /// When the wallet has neither earned nor spent for that many months.
        Inactivity "INACTIVITY",
    }
}

text_enum! {
    /// How a purchase's points become whole.
    Rounding {
        /// Towards zero.
        Down "DOWN",
        /// To the nearest, halves up.
        HalfUp "HALF_UP",
    }
}

text_enum! {
    /// What happens when a return claws back more than the wallet holds.
    DebtPolicy {
        /// The member owes the rest.
        AllowDebt "ALLOW_DEBT",
        /// The rest isn't taken back.
        Forgive "FORGIVE",
    }
}

text_enum! {
    /// How often partners are billed.
    SettlementPeriod {
        /// Each week, from Monday on (ISO 8601).
        Weekly "WEEKLY",
        /// Each month of the calendar.
        Monthly "MONTHLY",
    }
}

/// One coalition. `version` counts its amendments.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProgrammeId,
    /// Short name, unique in the installation: lower-case letters, digits and hyphens.
    #[sea_orm(unique)]
    pub code: String,
    pub name: String,
    /// What one point is called on screens: `FLO`.
    pub points_code: String,
    pub points_name: String,
    /// What partners settle in.
    pub currency: Currency,
    /// IANA name: `Europe/Berlin`.
    pub time_zone: String,
    pub expiry_policy: ExpiryPolicy,
    pub expiry_months: i32,
    pub expiry_grace_days: i32,
    /// Days from a purchase until its points can be spent; 0 is at once.
    pub pending_days: i32,
    pub rounding: Rounding,
    pub debt_policy: DebtPolicy,
    /// A sale older than this is refused.
    pub sale_age_days_max: i32,
    /// How long a receipt without a member can be claimed.
    pub claim_days: i32,
    /// How long a hold stands unless its partner asks for less.
    pub hold_minutes_max: i32,
    /// An adjustment of more needs a second operator.
    pub adjustment_limit: Points,
    /// The least cashback that is paid out, in minor units.
    pub payout_min_minor: i64,
    /// Points for each minor unit of cashback that a member converts; 0 where none is.
    pub points_per_minor: i64,
    /// What an operator may have paid out alone within 24 hours, in minor units.
    pub payout_run_limit_minor: i64,
    /// How often partners are billed: cycles that have begun keep their end.
    pub settlement_period: SettlementPeriod,
    /// The least that a partner pays or is paid for a cycle, in minor units; less is carried forward.
    pub settlement_min_minor: i64,
    /// Who pays cashback out, as the bank knows it.
    pub debtor_name: Option<String>,
    pub debtor_iban: Option<String>,
    pub debtor_bic: Option<String>,
    /// Under which SEPA creditor identifier money is fetched by direct debit.
    pub creditor_id: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
