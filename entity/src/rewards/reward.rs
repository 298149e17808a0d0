//! Something that points can be spent on, as it stands now; what it says is in its versions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, RewardId};
use crate::text_enum::text_enum;

text_enum! {
    /// What a reward is.
    RewardKind {
        /// A share of a price is taken off.
        PercentOff "PERCENT_OFF",
        /// An amount is taken off a price.
        AmountOff "AMOUNT_OFF",
        /// A product for nothing.
        FreeProduct "FREE_PRODUCT",
        /// What is bought is brought for nothing.
        FreeDelivery "FREE_DELIVERY",
        /// To buy something before others can.
        EarlyAccess "EARLY_ACCESS",
        /// To take part in an event.
        Event "EVENT",
        /// A sample of a product.
        Sample "SAMPLE",
        /// Something to be lived through: a tour, a dinner, a lesson.
        Experience "EXPERIENCE",
        /// Something for others.
        Donation "DONATION",
        /// Money to be spent later.
        GiftCard "GIFT_CARD",
        /// What somebody outside the programme delivers.
        ThirdParty "THIRD_PARTY",
    }
}

text_enum! {
    /// Whether members get a reward.
    RewardStatus {
        /// Not yet, and they don't see it; it can be launched or ended.
        Draft "DRAFT",
        /// They do, within its window.
        Live "LIVE",
        /// Not for now.
        Paused "PAUSED",
        /// Never again.
        Ended "ENDED",
    }
}

/// `(programme_id, code)` is unique. What lists are narrowed by repeats what the latest version says.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RewardId,
    pub programme_id: ProgrammeId,
    pub code: String,
    /// Whose it is; the programme's own if nobody's.
    pub partner_id: Option<PartnerId>,
    pub kind: RewardKind,
    pub status: RewardStatus,
    pub category: Option<String>,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    /// All that is said of it in any language, in small letters.
    pub words: String,
    /// The number of its latest version.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
