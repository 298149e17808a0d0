//! One lane: its queue, and who is next.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::Span;

use super::{Job, Name, measure};
use crate::error::{Error, Result};

/// The most that a batch weighs; a job that weighs more goes alone.
pub(super) const BATCH_WEIGHT_MAX: usize = 500;
/// The most that waits in a lane: a second's work, or a few. Whoever comes then is better told at once.
pub(super) const QUEUE_WEIGHT_MAX: usize = 4000;
/// The longest that anyone waits in a lane, however slow the database is just now: half of what a request
/// may take. Whoever would wait longer is told at once, and whoever has, when it would be its turn.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A job, and where its answer goes.
pub(super) struct Waiting<J, A> {
    pub(super) job: J,
    pub(super) since: Instant,
    /// Ends when its batch begins.
    span: Span,
    answer: oneshot::Sender<Result<A>>,
}

impl<J, A> Waiting<J, A> {
    /// The job, and where its answer comes.
    pub(super) fn new(job: J) -> (Self, oneshot::Receiver<Result<A>>) {
        let (answer, comes) = oneshot::channel();
        let span = tracing::debug_span!("wait");
        (Self { job, since: Instant::now(), span, answer }, comes)
    }

    /// Whether the caller still waits.
    pub(super) fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Waits no more: what it waited for is this.
    pub(super) fn begins(&mut self, batch: &Span) {
        batch.follows_from(std::mem::replace(&mut self.span, Span::none()));
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
    /// When the batch under way began.
    begun: Option<Instant>,
    /// What the one before it took.
    took: Duration,
}

impl<J, A> State<J, A> {
    /// What the queue takes to be worked off: as many batches as it makes, each as long as the last, or
    /// as the one under way if that has taken longer already.
    fn wait(&self) -> Duration {
        let under_way = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        let batches = u32::try_from(self.weight.div_ceil(BATCH_WEIGHT_MAX)).unwrap_or(u32::MAX);
        self.took.max(under_way).saturating_mul(batches)
    }

    fn overloaded(&self) -> Error {
        measure::overloaded();
        Error::overloaded(self.wait())
    }
}

impl<J, A> Default for Lane<J, A> {
    fn default() -> Self {
        Self(Mutex::new(State {
            queue: VecDeque::new(),
            weight: 0,
            is_worked: false,
            begun: None,
            took: Duration::ZERO,
        }))
    }
}

impl<J: Job, A> Lane<J, A> {
    /// Queues up; says whether nobody works this lane, so that the caller must see to it.
    pub(super) fn join(&self, waiting: Waiting<J, A>) -> Result<bool> {
        let mut state = self.state();
        let weight = waiting.job.weight();
        let is_full = state.weight + weight > QUEUE_WEIGHT_MAX || state.wait() > WAIT_MAX;
        if state.weight > 0 && is_full {
            return Err(state.overloaded());
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
            } else if waiting.since.elapsed() > WAIT_MAX {
                state.weight -= its;
                measure::left();
                waiting.tell(Err(state.overloaded()));
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
        if let Some(begun) = state.begun.take() {
            state.took = begun.elapsed();
        }
        // What was slow once says nothing of what comes when the lane has stood idle.
        if !state.is_worked {
            state.took = Duration::ZERO;
        }
        state.begun = state.is_worked.then(Instant::now);
        state.is_worked.then_some(batch)
    }

    fn state(&self) -> MutexGuard<'_, State<J, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lone;

    impl Job for Lone {
        fn weight(&self) -> usize {
            1
        }

        fn place(&self) -> Name {
            Name::of(&0)
        }

        fn names(&self) -> &[Name] {
            &[]
        }
    }

    #[test]
    fn whoever_would_wait_too_long_or_has_is_told() {
        let lane = Lane::<Lone, ()>::default();
        let (mut first, mut told) = Waiting::new(Lone);
        first.since = first.since.checked_sub(WAIT_MAX).unwrap();
        lane.join(first).unwrap();
        lane.join(Waiting::new(Lone).0).unwrap();
        lane.state().took = WAIT_MAX + Duration::from_millis(1);
        assert!(matches!(lane.join(Waiting::new(Lone).0), Err(Error::Overloaded { .. })));
        // The second has gone away, so that nobody is left.
        assert!(lane.gather().is_none());
        assert!(matches!(told.try_recv(), Ok(Err(Error::Overloaded { .. }))));
        assert_eq!(lane.state().weight, 0);
        assert_eq!(lane.state().took, Duration::ZERO, "one that stood idle");
        lane.join(Waiting::new(Lone).0).unwrap();
    }

    #[test]
    fn who_finds_no_room_is_told_what_the_queue_takes() {
        let lane = Lane::<(), ()>::default();
        let mut state = lane.0.lock().unwrap();
        assert_eq!(state.wait(), Duration::ZERO);
        state.took = Duration::from_millis(1500);
        for (weight, seconds) in [(1, 1.5), (BATCH_WEIGHT_MAX, 1.5), (QUEUE_WEIGHT_MAX, 12.0)] {
            state.weight = weight;
            assert_eq!(state.wait(), Duration::from_secs_f64(seconds));
        }
        // A batch that is stuck says more than the one before it.
        state.begun = Instant::now().checked_sub(Duration::from_secs(3));
        assert!(state.wait() >= Duration::from_secs(24));
    }
}
