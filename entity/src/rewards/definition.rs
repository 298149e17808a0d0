//! What a reward says, as a version fixes it. Kept as it is in the version's document; never changed, only
//! followed by the next version.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::earning::definition::Period;
use crate::ids::{CodePoolId, PartnerId, TierSetId};

/// Everything about a reward that a version fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Definition {
    /// The language of whoever speaks none of the others.
    pub default_language: String,
    /// What people read, each language once, the default among them.
    pub wordings: Vec<Wording>,
    /// Where pictures lie, by HTTPS.
    #[serde(default)]
    pub pictures: Vec<String>,
    /// What it is found under.
    #[serde(default)]
    pub category: Option<String>,
    /// What it is worth, as far as its kind has such a figure.
    #[serde(default)]
    pub benefit: Benefit,
    /// What it costs; the member chooses one.
    pub prices: Vec<Price>,
    /// How whoever claims it gets it.
    #[serde(default)]
    pub delivery: Delivery,
    /// Who delivers it, if somebody else does.
    #[serde(default)]
    pub supply: Option<Supply>,
    /// How many there are.
    #[serde(default)]
    pub stock: Stock,
    /// How many a member gets.
    #[serde(default)]
    pub limits: Vec<ClaimLimit>,
    /// It is there from then on.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Until then, this moment not included.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// For whom, in CEL over `member`; for everybody if not said.
    #[serde(default)]
    pub condition: Option<String>,
}

/// A reward in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// A tag of BCP 47, as it recommends to write it: `de`, `pt-BR`, `zh-Hant-TW`.
    pub language: String,
    /// What it is called.
    pub title: String,
    /// What it is.
    #[serde(default)]
    pub text: Option<String>,
    /// On what terms.
    #[serde(default)]
    pub terms: Option<String>,
}

/// What a reward is worth: a share for a percentage off, an amount for an amount off and a gift card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Benefit {
    /// In basis points.
    pub share_bp: Option<i32>,
    /// In minor units of the settlement currency.
    pub amount_minor: Option<i64>,
}

/// How whoever claims a reward gets it: a voucher, except for a donation, which is nothing to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    /// How often the voucher can be used.
    pub uses: i32,
    /// Until the end of which day after the claim; without end if not said.
    pub valid_days: Option<i32>,
    /// For how many hours after the claim a member may give it back; never by itself if not said.
    pub cancel_hours: Option<i32>,
    /// Whose codes the vouchers have; they are drawn for each claim if not said.
    pub pool: Option<CodePoolId>,
}

/// Who delivers a reward to the programme, which pays for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// A partner that supplies.
    pub partner: PartnerId,
    /// What it is paid for one, in minor units of the settlement currency.
    pub cost_minor: i64,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { uses: 1, valid_days: None, cancel_hours: None, pool: None }
    }
}

/// One way to pay for a reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// What the option is called by, unique in the reward.
    pub code: String,
    /// What everybody pays.
    pub cost: Cost,
    /// What members of certain tiers pay.
    #[serde(default)]
    pub tiers: Vec<TierPrice>,
}

/// What is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cost {
    /// In points, at least one.
    pub points: i64,
    /// Besides, in minor units of the settlement currency.
    #[serde(default)]
    pub money_minor: i64,
}

/// What members of one tier pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierPrice {
    /// In which set.
    pub tier_set: TierSetId,
    /// The tier's code.
    pub tier: String,
    /// What they pay.
    pub cost: Cost,
}

/// How many there are; without bound where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stock {
    /// In all.
    pub total: Option<i64>,
    /// On a day of the programme's calendar.
    pub per_day: Option<i64>,
}

/// How many a member gets in a period of the programme's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimLimit {
    /// Over what.
    pub period: Period,
    /// How many.
    pub count: i64,
}
