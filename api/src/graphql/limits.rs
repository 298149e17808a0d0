//! The `limits` query: what a client has to stay within, out of the constants and the setting that the
//! guards use.

use async_graphql::{Context, Object, SimpleObject};
use service::hot::Bucket;

use crate::http::limits as set;

/// What every request has to stay within.
#[derive(SimpleObject)]
pub(super) struct Limits {
    /// The largest body of a request, in bytes.
    body_bytes_max: usize,
    /// The largest body at `/graphql/batch`, for `recordPurchases` and `reconcile` with a token, in
    /// bytes.
    batch_body_bytes_max: usize,
    /// The largest document, in bytes.
    document_bytes_max: usize,
    /// The most opening brackets and braces in a document.
    brackets_max: usize,
    /// The most uses of directives in a document.
    directives_max: usize,
    /// The most fields and fragments of a document once its fragments are expanded.
    selections_max: usize,
    /// The most aliases of a document.
    aliases_max: usize,
    /// The most fields below each other.
    depth_max: usize,
    /// The most selection sets within each other, those of fragments too.
    nesting_max: usize,
    /// The most nodes of a page: the bound of `first` and `last`.
    page_max: u64,
    /// The most ids in one `nodes` field.
    nodes_max: usize,
    /// How long a request may take, in seconds.
    request_timeout_seconds: u64,
    /// The most that one call may cost. Every object counts one, a page as many as it may hold.
    cost_max: u32,
    /// What a client may spend at once.
    cost_bucket: u64,
    /// What a client gets back each second.
    cost_restored_per_second: u64,
    /// The most operations that may be open on one WebSocket.
    socket_operations_max: usize,
}

/// What the gateway tells about itself.
#[derive(Default)]
pub(super) struct LimitsQuery;

#[Object]
impl LimitsQuery {
    /// What every request has to stay within. Anyone may ask.
    async fn limits(&self, ctx: &Context<'_>) -> Limits {
        let share = ctx.data_unchecked::<Bucket>();
        Limits {
            body_bytes_max: set::BODY_BYTES_MAX,
            batch_body_bytes_max: set::BATCH_BODY_BYTES_MAX,
            document_bytes_max: set::DOCUMENT_BYTES_MAX,
            brackets_max: set::BRACKETS_MAX,
            directives_max: set::DIRECTIVES_MAX,
            selections_max: set::SELECTIONS_MAX,
            aliases_max: set::ALIASES_MAX,
            depth_max: set::DEPTH_MAX,
            nesting_max: set::NESTING_MAX,
            page_max: service::page::PAGE_MAX,
            nodes_max: set::NODES_MAX,
            request_timeout_seconds: set::REQUEST_TIMEOUT.as_secs(),
            cost_max: set::COST_MAX,
            cost_bucket: share.capacity,
            cost_restored_per_second: share.leak_per_second,
            socket_operations_max: set::SOCKET_OPERATIONS_MAX,
        }
    }
}
