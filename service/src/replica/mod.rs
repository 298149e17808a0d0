//! Reads from a replica: a streaming standby of the same PostgreSQL, a little behind.
//!
//! # What is promised
//! A caller finds, in every query, what was answered to its writes and what it was told, at whichever
//! gateway. (Who hangs up before the answer learns it by sending the same again, and finds it from then
//! on.) What somebody else wrote may come late, by `lag_max` at most. Whenever this gateway doesn't know
//! that this holds, the primary is read; nobody notices a replica that stops, restarts, is promoted, or falls behind.
//!
//! # Whose read it is
//! Two must agree, so that a read that has to be of the primary can't slip: the use case, which asks for
//! [`Db::reader_for`](crate::Db) the actor and so says that its answer decides nothing; and the actor, to
//! whom [`Reads::leave`] gave leave. Only the gateway asks for leave, and only for a query: a mutation,
//! its payload, a subscription, background work and the command line never have it. An actor is what
//! every use case gets anyway; a task-local would be lost wherever a task is spawned, and not be seen in
//! the code that depends on it.
//!
//! # How it is known
//! - *The log's end*. Once a mutation is answered, or an event or a token is about to be given out, the
//!   gateway asks the primary how far its log is flushed, which is beyond whatever was committed. One
//!   statement answers all who ask meanwhile, on a connection of its own, outside of every transaction.
//!   A refused mutation asks too: it may have told of what others wrote.
//! - *Marks*. That place is kept in the hot store under the caller, for as long as `lag_max` and a
//!   second; then the bound on lag takes its part. A caller whose mark the replica hasn't replayed reads
//!   from the primary. A hot store that was wiped says that it doesn't know, and one that failed this
//!   gateway isn't believed for as long: others may have failed to leave their marks.
//! - *The view*. Every 50 ms the gateway asks the primary for the end of its log and the replica for what
//!   it has replayed. The replica is as old as the last end that it has reached: measured by the
//!   gateway's own clock, so that no other clock counts, and an idle primary makes nothing look old.
//! - *The same server*. Each connection to the replica proves, when it is made, that it leads to a standby
//!   of this system that has replayed no less than the view says: one that crashed may come back with less.
//!
//! The hot store may lose its last marks without being wiped: a Redis fails over to one that hadn't got
//! them, or evicts what it was told to keep (`noeviction` is its policy), or one gateway alone can't reach
//! it. A caller then may miss its own write for as long as the replica lags, at most `lag_max`.

mod log;
mod measure;
mod reads;
mod standby;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::DatabaseConnection;

pub use self::reads::Reads;

pub(crate) use self::measure::describe;

use self::log::{Log, Lsn};
use self::standby::Standby;
use self::view::{Source, View};
use crate::error::Result;

/// A server that is asked for its place in the log and says nothing for so long is away.
const ANSWER: Duration = Duration::from_millis(500);
/// Marks outlive the bound on lag by this, so that at each moment one of the two holds.
const MARK_SLACK: Duration = Duration::from_secs(1);

/// The replica, and what this gateway knows of it.
pub(crate) struct Replica {
    standby: Standby,
    log: Log,
    lag_max: Duration,
    view: Arc<Mutex<View>>,
}

impl Replica {
    /// The standby at that address. Refused if it is none of this primary; one that is away is waited for
    /// in the background.
    pub(crate) async fn open(primary: &str, url: &str, lag_max: Duration) -> Result<Self> {
        let log = Log::open(primary).await?;
        let origin = log.origin().await?;
        standby::check(url, &origin).await?;
        let view = Arc::new(Mutex::new(View::default()));
        let standby = Standby::open(url, origin, Arc::clone(&view)).await?;
        Ok(Self { standby, log, lag_max, view })
    }

    /// Where reads go that are allowed to.
    pub(crate) fn connection(&self) -> &DatabaseConnection {
        self.standby.readers()
    }

    /// Lets all connections go.
    pub(crate) async fn close(&self) -> Result<()> {
        self.standby.close().await?;
        self.log.close().await
    }

    /// How long a caller's mark has to be kept.
    fn memory(&self) -> Duration {
        self.lag_max + MARK_SLACK
    }

    /// Where a caller reads just now who must find what stands there in the log.
    fn source(&self, mark: Option<Lsn>) -> Source {
        self.view().source(mark, self.lag_max, Instant::now())
    }

    /// A place in the log behind everything that is committed by now; behind all there will be, if the
    /// primary doesn't say.
    async fn end_of_log(&self) -> Lsn {
        match tokio::time::timeout(ANSWER, self.log.end()).await {
            Ok(Ok(end)) => end,
            _ => Lsn::NEVER,
        }
    }

    /// Looks at both servers.
    async fn look(&self) {
        let begun = Instant::now();
        let (end, replayed) =
            tokio::join!(self.end_of_log(), tokio::time::timeout(ANSWER, self.standby.replayed()));
        let mut view = self.view();
        if end != Lsn::NEVER {
            view.primary_was(end, begun);
        }
        match replayed {
            Ok(Ok(replayed)) => view.replica_is(replayed),
            Ok(Err(error)) => view.lost(&crate::error::with_causes(&error)),
            Err(_) => view.lost("it doesn't answer"),
        }
        measure::seen(view.is_up(), view.lag(Instant::now()));
    }

    /// A read found it away: no other shall, until it is seen again.
    fn failed(&self) {
        self.view().lost("a read failed");
    }

    /// The hot store failed: marks may be missing.
    fn doubt_marks(&self) {
        self.view().doubt_marks_until(Instant::now() + self.memory());
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
