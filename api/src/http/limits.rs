//! The published limits of the gateway, in one place: the guards read them, and so does the
//! `limits` query.

use std::time::Duration;

/// Bytes of a request's body.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a body that carries a batch of purchases or a partner's record, at `/graphql/batch`.
pub(crate) const BATCH_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Signs `,`, `[` and `{` in a body, wherever they stand: as many values may it hold. A value of
/// four bytes takes three hundred once it is read.
pub(crate) const VALUES_MAX: usize = 20_000;
/// The same at `/graphql/batch`: far beyond five hundred purchases of many lines.
pub(crate) const BATCH_VALUES_MAX: usize = 300_000;
/// What a value takes once it is read.
pub(crate) const VALUE_BYTES: usize = 300;
/// What a request takes beside its body and its answer, from its first byte to its last.
pub(crate) const REQUEST_BYTES: usize = 16 * 1024;
/// The part of the memory for requests that those without a token have.
pub(crate) const LOBBY_PART: usize = 4;
/// What each point of its cost takes: an object of the answer, mostly.
pub(crate) const COST_BYTES: usize = 512;
/// What a subscription takes.
pub(crate) const SUBSCRIPTION_BYTES: usize = 4 * 1024;
/// Batches that are read at a time in the whole process: each may take 100 MB for a moment.
pub(crate) const BATCHES_READ_MAX: usize = 4;
/// How long a batch waits for its turn to be read.
pub(crate) const BATCH_WAIT: Duration = Duration::from_secs(1);
/// How long a body is read that there is no memory for.
pub(crate) const DISCARD_WAIT: Duration = Duration::from_secs(1);
/// Bytes of a document.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Opening brackets and braces in a document, wherever they stand.
pub(crate) const BRACKETS_MAX: usize = 200;
/// Signs `@` in a document, wherever they stand.
pub(crate) const DIRECTIVES_MAX: usize = 50;
/// Fields and fragments once every fragment is expanded.
pub(crate) const SELECTIONS_MAX: usize = 5_000;
/// Aliases in a document.
pub(crate) const ALIASES_MAX: usize = 100;
/// Fields below each other, fragments expanded.
pub(crate) const DEPTH_MAX: usize = 15;
/// Selection sets within each other, those of fragments too: as deep as the executing library goes.
pub(crate) const NESTING_MAX: usize = 32;
/// Errors that are told of a document that has more.
pub(crate) const ERRORS_MAX: usize = 10;
/// Characters of such an error's message; names of the document stand in it, however long.
pub(crate) const MESSAGE_CHARS_MAX: usize = 500;
/// Bytes of a form at `/oauth/token`.
pub(crate) const FORM_BYTES_MAX: usize = 16 * 1024;
/// What a page holds when nothing is asked.
pub(crate) const PAGE_DEFAULT: u64 = 20;
/// Ids that one `nodes` field may name.
pub(crate) const NODES_MAX: usize = 100;
/// How long one request may take.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The most that one call may cost.
pub(crate) const COST_MAX: u32 = 10_000;
/// Operations open on one WebSocket.
pub(crate) const SOCKET_OPERATIONS_MAX: usize = 50;
