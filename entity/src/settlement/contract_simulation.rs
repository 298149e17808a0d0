//! A past cycle under other terms of one partner: what was asked, and what it comes to.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::BasisPoints;
use crate::day::Day;
use crate::ids::{ContractSimulationId, PartnerId, ProgrammeId};
use crate::partners::contract::{Funding, OnUs};
use crate::text_enum::text_enum;

text_enum! {
    /// Who is charged for points that are burned.
    Attribution {
        /// Who funds the lots that they came from, the soonest to expire first: as it is.
        ByLot "BY_LOT",
        /// All who fund points, by what is due for all that could have been burned.
        Pooled "POOLED",
    }
}

/// Terms that are other than they were; what isn't said is as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct OtherTerms {
    /// When the partner pays for its points.
    pub funding: Option<Funding>,
    /// Under `HYBRID`, the share due at issue.
    pub issue_share_bp: Option<BasisPoints>,
    /// Micro-units of settlement currency a point.
    pub issue_price_micros: Option<i64>,
    /// Micro-units of settlement currency a point.
    pub acceptance_price_micros: Option<i64>,
    /// On the money value it issues.
    pub service_fee_bp: Option<BasisPoints>,
    /// Of the reserve set free when its points expire.
    pub breakage_share_bp: Option<BasisPoints>,
    /// How points burned where they were issued are settled.
    pub on_us: Option<OnUs>,
    /// Of all partners: who is charged for points that are burned.
    #[serde(default)]
    pub attribution: Option<Attribution>,
}

/// What the cycle came to, and would have come to, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Comparison {
    /// Each partner's net: then, and under the other terms.
    pub partners: Vec<(PartnerId, [i64; 2])>,
    /// The programme's margin, fees and breakage together: then, and under the other terms.
    pub programme: [i64; 2],
}

/// Worked out in the background, as a whole; a process that is killed meanwhile leaves it to the next.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contract_simulation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContractSimulationId,
    pub partner_id: PartnerId,
    /// The first day of the cycle.
    pub cycle: Day,
    pub terms: OtherTerms,
    /// None until it is done.
    pub outcome: Option<Comparison>,
    /// Who asked, as in the audit trail.
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
