//! One receipt at one partner, with its lines in one column.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::Points;
use crate::ids::{MemberId, PartnerId, ProgrammeId, PurchaseId, StoreId, WalletId};
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

/// The base rate as it stood when the receipt was priced, so that a return is priced alike.
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
