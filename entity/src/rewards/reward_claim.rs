//! A reward that a member has claimed: what was paid for it, and where it stands.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{EntryId, MemberId, PartnerId, ProgrammeId, RewardClaimId, RewardId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// A claim's life: reserved, fulfilled at once or after a while, or failed and given back; what was
    /// fulfilled is used, expires, or is cancelled.
    ClaimStatus {
        /// Its points are paid, and nothing was done yet to deliver it.
        Reserved "RESERVED",
        /// Somebody is about to deliver it.
        Fulfilling "FULFILLING",
        /// The member has it.
        Fulfilled "FULFILLED",
        /// It can't be delivered.
        Failed "FAILED",
        /// It couldn't be delivered, and its points came back.
        Refunded "REFUNDED",
        /// It was used, as often as it can be.
        Used "USED",
        /// Its time was over before it was used.
        Expired "EXPIRED",
        /// It was given back before it was used, and its points came back.
        Cancelled "CANCELLED",
    }
}

impl ClaimStatus {
    /// Whether it takes from the stock, and from what its member may have.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Refunded | Self::Cancelled)
    }
}

/// What was paid for is in `entry_id`, the payment; what came back in `reversal_id`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_claim")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RewardClaimId,
    pub reward_id: RewardId,
    /// The version of the reward that was claimed.
    pub version: i32,
    pub member_id: MemberId,
    /// The wallet that paid, which may have been pooled since.
    pub wallet_id: WalletId,
    /// Whose reward it is; the programme's own if nobody's.
    pub partner_id: Option<PartnerId>,
    /// The option that was paid.
    pub price_code: String,
    pub points: i64,
    /// What the member pays the partner besides, in minor units of the settlement currency.
    pub money_minor: i64,
    pub status: ClaimStatus,
    pub entry_id: EntryId,
    pub reversal_id: Option<EntryId>,
    /// The day of whose stock it is one.
    pub day: Day,
    pub claimed_at: DateTime<Utc>,
    /// It can be used before then.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used up, cancelled or expired.
    pub closed_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
