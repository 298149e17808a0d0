//! One receipt at one partner, with its lines in one column.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::{BasisPoints, Points};
use crate::ids::{MemberId, PartnerId, ProgrammeId, PurchaseId, RuleId, StoreId, WalletId};
use crate::programmes::programme::Rounding;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a sale was made.
    Channel {
        /// At a till.
        Store "STORE",
        /// In a web shop.
        Online "ONLINE",
        /// In an app.
        App "APP",
    }
}

/// A receipt's lines, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Lines(pub Vec<Line>);

/// One line of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The partner's article number.
    pub sku: String,
    /// The partner's category, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The brand, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Pieces, or thousandths where the partner sells by measure; 0 for weighed goods.
    pub quantity: i64,
    /// What was paid for the line, net of its discount, in minor units.
    pub amount_minor: i64,
    /// What had been taken off, in minor units.
    #[serde(default)]
    pub discount_minor: i64,
}

/// What priced the receipt, so that a return is priced alike: the base rate, and what rules gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct EarningTerms {
    /// Thousandths of a point for each unit of settlement currency.
    pub rate_millipoints: i64,
    /// How many minor units make a unit.
    pub minor_per_unit: i64,
    /// How the points became whole.
    pub rounding: Rounding,
    /// Categories that earned nothing.
    #[serde(default)]
    pub excluded_categories: Vec<String>,
    /// How much of the eligible amount came back as money.
    #[serde(default)]
    pub cashback_bp: BasisPoints,
    /// What the member's tier multiplied base points by; none is once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier_bp: Option<i64>,
    /// What coupons multiplied them by besides; none is once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_bp: Option<i64>,
    /// What rules gave, in the order in which they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<Granted>,
    /// What those rules knew of the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<serde_json::Value>,
    /// What wasn't given because somebody who would have paid for it had no credit left.
    #[serde(default, skip_serializing_if = "Withheld::is_nothing")]
    pub withheld: Withheld,
}

/// What a receipt didn't earn for want of credit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Withheld {
    /// All of its points: its own partner had none left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_all: bool,
    /// What these rules would have given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
}

impl Withheld {
    /// Whether nothing was withheld.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a rule gave for a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The rule.
    pub rule: RuleId,
    /// The version that gave it.
    pub version: i32,
    /// How many points.
    pub points: Points,
    /// In which part of the receipt's points: those that share their terms.
    pub part: i32,
    /// How often the wallet had had something of the rule before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: i64,
    /// How many stamps it had before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stamps_before: i64,
    /// How many stamps it got.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stamps: i64,
    /// Money back, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cashback_minor: i64,
    /// Whose budgets it took from: the rule's id, the campaign's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Uuid>,
    /// What it took from them, in ten-thousandths of micro-units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// `wallet_id` and `member_id` are empty until the receipt is claimed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PurchaseId,
    pub partner_id: PartnerId,
    pub store_id: Option<StoreId>,
    pub receipt_number: String,
    pub channel: Channel,
    pub member_id: Option<MemberId>,
    pub wallet_id: Option<WalletId>,
    /// The card that the till read, if any; what an unclaimed receipt is claimed by.
    pub card_number: Option<String>,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub total_minor: i64,
    pub lines: Lines,
    pub earning: EarningTerms,
    /// What it earned, or would earn once claimed.
    pub points: Points,
    pub claimed_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
