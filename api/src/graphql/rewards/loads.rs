//! What the rewards of one answer are to the member who looks, read at once.

use std::collections::HashMap;

use entity::ids::RewardId;
use service::rewards::ForMember;
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
