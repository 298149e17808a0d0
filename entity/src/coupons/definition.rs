//! What a coupon says, as a version fixes it. Kept as it is in the version's document; never changed, only
//! followed by the next version.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use crate::ids::PartnerId;

/// Everything about a coupon that a version fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Definition {
    /// What it is called, each language once; the first is for whoever speaks none of the others.
    pub names: Vec<Name>,
    /// Who pays for it; the programme if nobody is named.
    #[serde(default)]
    pub funder: Option<PartnerId>,
    /// What it gives.
    pub benefit: Benefit,
    /// What it is about.
    #[serde(default)]
    pub scope: Scope,
    /// How much must be paid for what it is about, before coupons, in minor units.
    #[serde(default)]
    pub minimum_minor: i64,
    /// It can be used from then on.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    /// Until then, this moment not included.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// How often in all; without bound if not said.
    #[serde(default)]
    pub uses_max: Option<i64>,
    /// How often by one member; without bound if not said.
    #[serde(default)]
    pub member_uses_max: Option<i64>,
    /// For whom.
    #[serde(default)]
    pub audience: Audience,
    /// Beside which others.
    #[serde(default)]
    pub stacking: Stacking,
}

/// A name in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// A tag of BCP 47.
    pub language: String,
    /// What it is called there.
    pub text: String,
}

/// What a coupon gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Benefit {
    /// A share of what it is about.
    PercentOff {
        /// In basis points.
        share_bp: i64,
    },
    /// An amount, at most all that it is about.
    AmountOff {
        /// In minor units.
        amount_minor: i64,
    },
    /// One piece of an article for nothing.
    FreeProduct {
        /// Which.
        sku: String,
    },
    /// The receipt's base points so many times.
    PointsMultiplier {
        /// 10,000 is once.
        factor_bp: i64,
    },
}

/// Which lines of a receipt a coupon is about: those of these articles and of these categories; all, where
/// neither is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// By article, in order.
    pub skus: Vec<String>,
    /// By category.
    pub categories: Vec<String>,
}

/// Whom a coupon is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Audience {
    /// Everybody, members or not.
    #[default]
    Everybody,
    /// The members of a segment.
    Segment {
        /// Its code.
        code: String,
    },
    /// Members that are named one by one.
    Members,
}

/// Beside which other coupons one can be used on a receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stacking {
    /// Beside none.
    #[default]
    Exclusive,
    /// Beside all that aren't exclusive, but for those of its group.
    Stackable {
        /// Its group.
        #[serde(default)]
        group: Option<String>,
    },
}
