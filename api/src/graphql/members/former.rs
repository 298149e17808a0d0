//! Wallets that a member had before it pooled or left its household.

use std::collections::HashMap;

use async_graphql::{Context, Object};
use entity::ids::MemberId;
use entity::members::former_wallet;
use service::ledger::HistoryFilter;
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::ledger::{Entry, HistoryFilterInput};
use crate::graphql::loaders::Batch;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::DateTime;

/// A wallet that a member had before.
#[derive(Clone)]
pub struct FormerWallet(former_wallet::Model);

/// By member.
pub(super) struct FormerWallets(pub(super) Services, pub(super) Actor);

impl Batch for FormerWallets {
    type Key = MemberId;
    type Value = Vec<FormerWallet>;

    async fn load(
        &self,
        keys: Vec<MemberId>,
    ) -> Result<HashMap<MemberId, Vec<FormerWallet>>, Error> {
        let mut found: HashMap<MemberId, Vec<FormerWallet>> = HashMap::new();
        for row in self.0.members.former_wallets(&self.1, &keys).await? {
            found.entry(row.member_id).or_default().push(FormerWallet(row));
        }
        Ok(found)
    }
}

/// A wallet that a member had before it pooled, or left its household.
#[Object]
impl FormerWallet {
    /// Since when it is another one.
    async fn left_at(&self) -> DateTime {
        DateTime(self.0.left_at)
    }

    /// What happened in it until then, newest first, with the reason for every point.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Which entries.")] filter: Option<HistoryFilterInput>,
    ) -> Result<Connection<Entry>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Entry, i64>()?;
        let filter = HistoryFilter {
            recorded_until: Some(self.0.left_at),
            ..filter.unwrap_or_default().into()
        };
        let page = services.ledger.history(actor, self.0.wallet_id, filter, window).await?;
        Ok(Connection::new(page, |entry| entry.seq, Entry))
    }
}
