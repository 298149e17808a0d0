//! What one answer shows of rewards and claims beside themselves, each kind read at once.

use std::collections::HashMap;

use entity::ids::{CodePoolId, RewardClaimId, RewardId, VoucherId};
use entity::rewards::{reward_claim_step, reward_version, voucher, voucher_use};
use service::rewards::ForMember;
use service::rewards::pools::Level;
use service::{Actor, Error, Services};

use crate::graphql::loaders::Batch;

/// What rewards are to the member who asks.
pub(super) struct ForViewer(pub(super) Services, pub(super) Actor);

impl Batch for ForViewer {
    type Key = RewardId;
    type Value = ForMember;

    async fn load(&self, keys: Vec<RewardId>) -> Result<HashMap<RewardId, ForMember>, Error> {
        self.0.rewards.for_member(&self.1, &keys).await
    }
}

/// Rewards as they were when they were claimed.
pub(super) struct Versions(pub(super) Services, pub(super) Actor);

impl Batch for Versions {
    type Key = (RewardId, i32);
    type Value = reward_version::Model;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>, Error> {
        self.0.rewards.versions(&self.1, &keys).await
    }
}

/// What is shown for claims.
pub(super) struct Vouchers(pub(super) Services, pub(super) Actor);

impl Batch for Vouchers {
    type Key = RewardClaimId;
    type Value = voucher::Model;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>, Error> {
        self.0.rewards.vouchers(&self.1, &keys).await
    }
}

/// What happened to claims.
pub(super) struct Steps(pub(super) Services, pub(super) Actor);

impl Batch for Steps {
    type Key = RewardClaimId;
    type Value = Vec<reward_claim_step::Model>;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>, Error> {
        self.0.rewards.steps(&self.1, &keys).await
    }
}

/// Where vouchers were shown.
pub(super) struct Uses(pub(super) Services, pub(super) Actor);

impl Batch for Uses {
    type Key = VoucherId;
    type Value = Vec<voucher_use::Model>;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>, Error> {
        self.0.rewards.voucher_uses(&self.1, &keys).await
    }
}

/// What pools have left.
pub(super) struct Levels(pub(super) Services, pub(super) Actor);

impl Batch for Levels {
    type Key = CodePoolId;
    type Value = Level;

    async fn load(&self, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>, Error> {
        self.0.rewards.levels(&self.1, &keys).await
    }
}
