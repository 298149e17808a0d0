//! When cycles begin and end, and into which of them falls what was recorded on a day. Pure.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::day::Day;
use entity::programmes::programme::SettlementPeriod;

/// A cycle's days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Day,
    /// The first day after it.
    pub(crate) end: Day,
    /// Whether nothing falls into it any more.
    pub(crate) is_closed: bool,
}

/// A programme's cycles: one after the other, without gaps, those that are closed first.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    period: SettlementPeriod,
    spans: Vec<Span>,
    /// The first days of those that there were.
    known: BTreeSet<Day>,
}

impl Calendar {
    /// The cycles that there are, oldest first, and how long the next ones are.
    pub(crate) fn new(period: SettlementPeriod, spans: Vec<Span>) -> Self {
        let known = spans.iter().map(|span| span.first).collect();
        Self { period, spans, known }
    }

    /// The first day of the cycle into which falls what was recorded on `day`: its own, or where that is
    /// closed the first that isn't. What there isn't yet begins.
    pub(crate) fn place(&mut self, day: Day) -> Day {
        self.reach(day);
        let open = self.spans.iter().find(|span| !span.is_closed && day < span.end);
        if let Some(open) = open {
            return open.first;
        }
        self.next().first
    }

    /// Those that there weren't.
    pub(crate) fn begun(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| !self.known.contains(&span.first))
    }

    fn reach(&mut self, day: Day) {
        let Some(first) = self.spans.first() else {
            let (first, end) = around(self.period, day);
            self.spans.push(Span { first, end, is_closed: false });
            return;
        };
        let (mut before, is_closed) = (first.first, first.is_closed);
        while day < before && !is_closed {
            let first = around(self.period, before.plus(-1)).0;
            self.spans.insert(0, Span { first, end: before, is_closed: false });
            before = first;
        }
        while self.spans.last().is_some_and(|last| last.end <= day) {
            self.next();
        }
    }

    fn next(&mut self) -> Span {
        let first = self.spans.last().map_or(Day::new(0), |last| last.end);
        let end = around(self.period, first).1;
        let span = Span { first, end, is_closed: false };
        self.spans.push(span);
        span
    }
}

/// What a cycle is called.
pub(crate) fn name(first: Day, end: Day) -> String {
    let date = first.date();
    let is = |period| around(period, first) == (first, end);
    if is(SettlementPeriod::Monthly) {
        date.format("%Y-%m").to_string()
    } else if is(SettlementPeriod::Weekly) {
        date.format("%G-W%V").to_string()
    } else {
        format!("{first}/{}", end.plus(-1))
    }
}

/// The period around a day: its first day, and the first one after it.
fn around(period: SettlementPeriod, day: Day) -> (Day, Day) {
    let date = day.date();
    let (first, end) = match period {
        SettlementPeriod::Weekly => {
            let days = u64::from(date.weekday().num_days_from_monday());
            let first = date.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN);
            (first, first.checked_add_days(Days::new(7)))
        }
        SettlementPeriod::Monthly => {
            let first = date.with_day(1).unwrap_or(date);
            (first, first.checked_add_months(Months::new(1)))
        }
    };
    (Day::from_date(first), Day::from_date(end.unwrap_or(NaiveDate::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::from_date(text.parse().unwrap())
    }

    fn shown(calendar: &Calendar) -> Vec<String> {
        calendar.spans.iter().map(|span| format!("{} {}", span.first, span.end)).collect()
    }

    #[test]
    fn months_follow_each_other_whatever_comes_first() {
        let mut calendar = Calendar::new(SettlementPeriod::Monthly, Vec::new());
        assert_eq!(calendar.place(day("2026-03-31")), day("2026-03-01"));
        assert_eq!(calendar.place(day("2026-01-15")), day("2026-01-01"));
        assert_eq!(calendar.place(day("2026-04-01")), day("2026-04-01"));
        let months = [
            "2026-01-01 2026-02-01",
            "2026-02-01 2026-03-01",
            "2026-03-01 2026-04-01",
            "2026-04-01 2026-05-01",
        ];
        assert_eq!(shown(&calendar), months);
    }

    #[test]
    fn what_comes_late_falls_into_the_first_that_is_open() {
        let closed = Span { first: day("2026-02-01"), end: day("2026-03-01"), is_closed: true };
        let mut calendar = Calendar::new(SettlementPeriod::Monthly, vec![closed]);
        assert_eq!(calendar.place(day("2026-01-31")), day("2026-03-01"));
        assert_eq!(calendar.place(day("2026-02-28")), day("2026-03-01"));
        assert_eq!(calendar.place(day("2026-04-02")), day("2026-04-01"));
        assert_eq!((calendar.spans.len(), calendar.begun().count()), (3, 2));
    }

    #[test]
    fn another_length_holds_from_the_next_on() {
        let month = Span { first: day("2026-04-01"), end: day("2026-05-01"), is_closed: false };
        let mut calendar = Calendar::new(SettlementPeriod::Weekly, vec![month]);
        calendar.place(day("2026-05-12"));
        let spans = [
            "2026-04-01 2026-05-01",
            "2026-05-01 2026-05-04",
            "2026-05-04 2026-05-11",
            "2026-05-11 2026-05-18",
        ];
        assert_eq!(shown(&calendar), spans);
        let names = calendar.spans.iter().map(|span| name(span.first, span.end));
        let told = ["2026-04", "2026-05-01/2026-05-03", "2026-W19", "2026-W20"];
        assert_eq!(names.collect::<Vec<_>>(), told);
    }
}
