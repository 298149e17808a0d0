//! What one answer shows of budgets, read at once.

use std::collections::HashMap;

use service::earning::budgets::Bounds;
use service::{Actor, Error, Services};
use uuid::Uuid;

use crate::graphql::loaders::Batch;

/// What the budgets of rules and campaigns have left.
pub struct BudgetsLeft(pub Services, pub Actor);

impl Batch for BudgetsLeft {
    type Key = Uuid;
    type Value = Bounds;

    async fn load(&self, keys: Vec<Uuid>) -> Result<HashMap<Uuid, Bounds>, Error> {
        self.0.earning.budgets_left(&self.1, keys.into_iter().collect()).await
    }
}
