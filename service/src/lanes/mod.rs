//! Lanes: many callers' jobs, worked in batches. While one batch of a lane is under way, the next
//! gathers whoever arrives, up to a maximum. No timer, and no wait when a lane is idle: a lone job is a
//! batch of one, at once.
//!
//! Each programme has lanes of its own, so that a busy one doesn't hold up another, and a batch knows
//! one programme. A job goes to a lane by what it says of itself, so that jobs about one wallet mostly
//! meet in one lane and are folded there, instead of waiting for each other's locks in two; where they
//! don't, the order of locks keeps them apart. Jobs of all kinds share a batch. Two that bear one name
//! (a receipt, an idempotency key) never do: the second waits for the first, as if in turn.
//!
//! A lane's queue is bounded, and so is the wait in it: what finds no room is refused at once, and what
//! has waited too long when its turn comes, both with nothing begun. A batch runs on
//! a task of its own, so a caller that goes away does no harm: its job is left out if it hasn't begun,
//! and done otherwise. Shutting down, [`Lanes::drain`] waits for what is under way.
//!
//! In a trace, a `wait` stands below its request and ends where its `batch` begins, which follows from the
//! waits of all who share it; below the batch stands the `commit`.
//!
//! This module knows neither SQL nor what a job does; it must not start to.

mod batch;
mod lane;
pub(crate) mod measure;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use entity::ids::ProgrammeId;
use futures_util::FutureExt as _;
use sea_orm::DbErr;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use self::lane::{Lane, Waiting};
use crate::error::{Error, Result};

/// What a caller wants done, by itself or beside others.
pub(crate) trait Job: Send + Sync + 'static {
    /// How much room it takes in a batch.
    fn weight(&self) -> usize;

    /// What it is mostly about: jobs of one place share a lane.
    fn place(&self) -> Name;

    /// What no other job of the same batch may bear.
    fn names(&self) -> &[Name];
}

/// What does jobs.
pub(crate) trait Work: Send + Sync + 'static {
    /// What it does.
    type Job: Job;
    /// What became of one.
    type Answer: Send + 'static;

    /// Does all of them, answering each in order; or none.
    fn run(
        &self,
        programme: ProgrammeId,
        jobs: &[&Self::Job],
    ) -> impl Future<Output = Result<Vec<Result<Self::Answer>>, Failed>> + Send;
}

/// Why a batch came to nothing, or may have.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing was begun, which is nobody's fault.
    NotBegun(Error),
    /// It was undone.
    Undone(Error),
    /// It may stand or not.
    Unknown(Error),
}

/// A name of anything, as a number: that two things share one by chance only makes one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(u64);

impl Name {
    /// The name of this.
    pub(crate) fn of(what: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        Self(hasher.finish())
    }

    fn among(self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(1).max(1);
        usize::try_from(self.0 % count).unwrap_or(0)
    }
}

/// A programme's lanes.
type Road<W> = Arc<[Lane<<W as Work>::Job, <W as Work>::Answer>]>;

/// All lanes of a gateway.
pub(crate) struct Lanes<W: Work> {
    work: Arc<W>,
    count: usize,
    roads: Mutex<HashMap<ProgrammeId, Road<W>>>,
    under_way: TaskTracker,
}

impl<W: Work> Lanes<W> {
    /// So many lanes a programme, idle.
    pub(crate) fn new(work: W, count: usize) -> Self {
        let (roads, under_way) = (Mutex::default(), TaskTracker::new());
        Self { work: Arc::new(work), count, roads, under_way }
    }

    /// Has a job done, and says what became of it.
    pub(crate) async fn submit(&self, programme: ProgrammeId, job: W::Job) -> Result<W::Answer> {
        let place = job.place().among(self.count);
        let (waiting, answer) = Waiting::new(job);
        let road = self.road(programme);
        let is_idle = road.get(place).ok_or_else(|| Error::internal("no lane"))?.join(waiting)?;
        if is_idle {
            let work = Arc::clone(&self.work);
            self.under_way.spawn(async move {
                while let Some(batch) = road.get(place).and_then(Lane::gather) {
                    complete(&*work, programme, batch).await;
                }
            });
        }
        answer.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Has a job done by itself, by the caller.
    pub(crate) async fn alone(&self, programme: ProgrammeId, job: &W::Job) -> Result<W::Answer> {
        batch::one(&*self.work, programme, job).await
    }

    /// Waits until nothing is under way. Whoever submits now is still served.
    pub(crate) async fn drain(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    fn road(&self, programme: ProgrammeId) -> Road<W> {
        let mut roads = self.roads.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || (0..self.count).map(|_| Lane::default()).collect();
        Arc::clone(roads.entry(programme).or_insert_with(new))
    }
}

/// Runs a batch and answers its callers. A fault that panics takes no more than its batch.
async fn complete<W: Work>(
    work: &W,
    programme: ProgrammeId,
    mut batch: Vec<Waiting<W::Job, W::Answer>>,
) {
    measure::begun(&batch);
    let span = tracing::debug_span!(parent: None, "batch", %programme, jobs = batch.len());
    batch.iter_mut().for_each(|waiting| waiting.begins(&span));
    let run = batch::run(work, programme, batch).instrument(span);
    if AssertUnwindSafe(run).catch_unwind().await.is_err() {
        tracing::error!("a batch panicked");
    }
}

/// The batch of this job ended without a word.
fn lost() -> Error {
    Error::Unavailable(DbErr::Custom("the batch was lost".to_owned()))
}
