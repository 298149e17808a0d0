//! What a gateway knows of its replica: how far it has come, how old that is, and so who may read from
//! it. Nothing here asks anybody; moments come in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::log::Lsn;

/// As many ends of the log are remembered: of more than the longest lag that is allowed.
const ENDS_MAX: usize = 2_048;

/// Where a query reads, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The replica: it shows all that the caller knows of.
    Replica,
    /// The primary: the replica doesn't show the caller's own writes yet.
    OwnWrite,
    /// The primary: the replica is too old.
    Late,
    /// The primary: the replica doesn't answer, or is none any more.
    Away,
    /// The primary: nobody knows what the caller has written.
    Unknown,
}

/// The replica, as it was seen last.
#[derive(Default)]
pub(super) struct View {
    /// Where the primary's log ended, and when: all that was committed before stands before that end.
    ends: VecDeque<(Instant, Lsn)>,
    /// What the replica has replayed, while it answers.
    replayed: Option<Lsn>,
    /// When that was all there was.
    as_of: Option<Instant>,
    marks_doubted_until: Option<Instant>,
}

impl View {
    /// The primary's log ended there, or further on, at that moment.
    pub(super) fn primary_was(&mut self, end: Lsn, at: Instant) {
        if self.ends.len() >= ENDS_MAX {
            self.ends.pop_front();
        }
        self.ends.push_back((at, end));
    }

    /// The replica has replayed so much.
    pub(super) fn replica_is(&mut self, replayed: Lsn) {
        match self.replayed.replace(replayed) {
            None => tracing::info!("the replica answers"),
            Some(before) if before > replayed => self.as_of = None,
            Some(_) => {}
        }
        if let Some(last) = self.ends.iter().rposition(|(_, end)| *end <= replayed) {
            self.ends.drain(..last);
            self.as_of = self.ends.front().map(|(at, _)| *at);
        }
    }

    /// The replica doesn't answer.
    pub(super) fn lost(&mut self, why: &str) {
        self.as_of = None;
        if self.replayed.take().is_some() {
            tracing::warn!(why, "the replica is away; the primary is read meanwhile");
        }
    }

    /// Marks may be missing until then.
    pub(super) fn doubt_marks_until(&mut self, until: Instant) {
        self.marks_doubted_until = self.marks_doubted_until.max(Some(until));
    }

    /// Where a caller reads who must find what stands there in the log.
    pub(super) fn source(&self, mark: Option<Lsn>, lag_max: Duration, now: Instant) -> Source {
        let Some(replayed) = self.replayed else { return Source::Away };
        if self.lag(now).is_none_or(|lag| lag > lag_max) {
            return Source::Late;
        }
        if self.marks_doubted_until.is_some_and(|until| now < until) {
            return Source::Unknown;
        }
        if mark.is_some_and(|mark| mark > replayed) {
            return Source::OwnWrite;
        }
        Source::Replica
    }

    /// What it has replayed, while it answers.
    pub(super) fn replayed(&self) -> Option<Lsn> {
        self.replayed
    }

    /// Whether it answers.
    pub(super) fn is_up(&self) -> bool {
        self.replayed.is_some()
    }

    /// How old is what it shows, if that is known.
    pub(super) fn lag(&self, now: Instant) -> Option<Duration> {
        self.as_of.map(|as_of| now.saturating_duration_since(as_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG_MAX: Duration = Duration::from_secs(5);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn what_was_never_seen_is_away() {
        let now = Instant::now();
        assert_eq!(View::default().source(None, LAG_MAX, now), Source::Away);
        let mut view = View::default();
        view.replica_is(Lsn(7));
        assert_eq!(view.source(None, LAG_MAX, now), Source::Late, "who knows how old that is");
    }

    #[test]
    fn it_is_as_old_as_the_last_end_that_it_has_reached() {
        let (mut view, start) = (View::default(), Instant::now());
        for (seconds, end) in [(0, 10), (1, 20), (2, 20), (3, 30)] {
            view.primary_was(Lsn(end), after(start, seconds));
        }
        for (replayed, lag) in
            [(9, None), (10, Some(4)), (19, Some(4)), (20, Some(2)), (31, Some(1))]
        {
            view.replica_is(Lsn(replayed));
            assert_eq!(view.lag(after(start, 4)), lag.map(Duration::from_secs), "{replayed}");
        }
    }

    #[test]
    fn one_that_stands_still_grows_old_and_catches_up() {
        let (mut view, start) = (View::default(), Instant::now());
        view.primary_was(Lsn(1), start);
        view.replica_is(Lsn(1));
        view.primary_was(Lsn(2), after(start, 3));
        view.replica_is(Lsn(1));
        assert_eq!(view.source(None, LAG_MAX, after(start, 5)), Source::Replica);
        assert_eq!(view.source(None, LAG_MAX, after(start, 6)), Source::Late);
        view.replica_is(Lsn(2));
        assert_eq!(view.source(None, LAG_MAX, after(start, 6)), Source::Replica);
    }

    #[test]
    fn a_mark_is_to_be_replayed() {
        let (mut view, now) = (View::default(), Instant::now());
        view.primary_was(Lsn(5), now);
        view.replica_is(Lsn(5));
        for (mark, source) in
            [(5, Source::Replica), (6, Source::OwnWrite), (i64::MAX, Source::OwnWrite)]
        {
            assert_eq!(view.source(Some(Lsn(mark)), LAG_MAX, now), source, "{mark}");
        }
    }

    #[test]
    fn marks_that_may_be_missing_count_for_nothing() {
        let (mut view, now) = (View::default(), Instant::now());
        view.primary_was(Lsn(5), now);
        view.replica_is(Lsn(5));
        view.doubt_marks_until(after(now, 2));
        view.doubt_marks_until(after(now, 1));
        assert_eq!(view.source(None, LAG_MAX, after(now, 1)), Source::Unknown);
        assert_eq!(view.source(None, LAG_MAX, after(now, 2)), Source::Replica);
    }

    #[test]
    fn one_that_comes_back_with_less_is_believed_as_far_as_that_goes() {
        let (mut view, start) = (View::default(), Instant::now());
        view.primary_was(Lsn(9), start);
        view.replica_is(Lsn(9));
        view.lost("a test");
        assert_eq!(view.source(None, LAG_MAX, start), Source::Away);
        view.replica_is(Lsn(4));
        assert_eq!(view.source(None, LAG_MAX, start), Source::Late);
        view.replica_is(Lsn(9));
        assert_eq!(view.source(None, LAG_MAX, start), Source::Replica);
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (mut view, start) = (View::default(), Instant::now());
        for end in 0..5_000 {
            view.primary_was(Lsn(end), start);
        }
        assert_eq!(view.ends.len(), ENDS_MAX);
    }
}
