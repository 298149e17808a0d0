//! One lane: its queue, and who is next.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::{Job, Name, measure};
use crate::error::{Error, Result};

/// The most that a batch weighs; a job that weighs more goes alone.
pub(super) const BATCH_WEIGHT_MAX: usize = 500;
/// The most that waits in a lane: a few seconds' work. Whoever comes then is better told at once.
pub(super) const QUEUE_WEIGHT_MAX: usize = 4000;

/// A job, and where its answer goes.
pub(super) struct Waiting<J, A> {
    pub(super) job: J,
    pub(super) since: Instant,
    answer: oneshot::Sender<Result<A>>,
}

impl<J, A> Waiting<J, A> {
    /// The job, and where its answer comes.
    pub(super) fn new(job: J) -> (Self, oneshot::Receiver<Result<A>>) {
        let (answer, comes) = oneshot::channel();
        (Self { job, since: Instant::now(), answer }, comes)
    }

    /// Whether the caller still waits.
    pub(super) fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Tells the caller, if there still is one.
    pub(super) fn tell(self, answer: Result<A>) {
        let _ = self.answer.send(answer);
    }
}

/// A queue that one task at a time works off.
pub(super) struct Lane<J, A>(Mutex<State<J, A>>);

struct State<J, A> {
    queue: VecDeque<Waiting<J, A>>,
    weight: usize,
    is_worked: bool,
}

impl<J, A> Default for Lane<J, A> {
    fn default() -> Self {
        Self(Mutex::new(State { queue: VecDeque::new(), weight: 0, is_worked: false }))
    }
}

impl<J: Job, A> Lane<J, A> {
    /// Queues up; says whether nobody works this lane, so that the caller must see to it.
    pub(super) fn join(&self, waiting: Waiting<J, A>) -> Result<bool> {
        let mut state = self.state();
        let weight = waiting.job.weight();
        if state.weight > 0 && state.weight + weight > QUEUE_WEIGHT_MAX {
            measure::overloaded();
            return Err(Error::Overloaded);
        }
        state.weight += weight;
        state.queue.push_back(waiting);
        measure::joined();
        Ok(!std::mem::replace(&mut state.is_worked, true))
    }

    /// The next batch: the first in the queue and those behind it, as many as fit, without those
    /// whose name is in it already. None ends the work.
    pub(super) fn gather(&self) -> Option<Vec<Waiting<J, A>>> {
        let mut state = self.state();
        let (mut batch, mut stays) = (Vec::new(), VecDeque::new());
        let (mut weight, mut names) = (0, HashSet::<Name>::new());
        while let Some(waiting) = state.queue.pop_front() {
            let its = waiting.job.weight();
            if !waiting.is_wanted() {
                state.weight -= its;
                measure::left();
            } else if !batch.is_empty() && weight + its > BATCH_WEIGHT_MAX {
                state.queue.push_front(waiting);
                break;
            } else if waiting.job.names().iter().any(|name| names.contains(name)) {
                stays.push_back(waiting);
            } else {
                names.extend(waiting.job.names());
                weight += its;
                batch.push(waiting);
                measure::left();
            }
        }
        state.weight -= weight;
        stays.append(&mut state.queue);
        state.queue = stays;
        state.is_worked = !batch.is_empty();
        state.is_worked.then_some(batch)
    }

    fn state(&self) -> MutexGuard<'_, State<J, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
