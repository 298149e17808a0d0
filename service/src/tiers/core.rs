//! Which tier a wallet has earned, from nothing but its days: what it did on each, net of what came back
//! since. Pure: no database, no clock.
//!
//! A day with a purchase reaches every tier whose threshold is at most the window's sum up to that day, by
//! the terms in force on it. A reached tier is held to the end of its validity, and of the grace days after;
//! each day that reaches it again holds it for longer. The tier is the highest that is held. When it isn't
//! held any more, a hard downgrade goes to the highest that still is; a soft one goes one step down, which
//! is held until the window ends in which it fell, or for as many months as a reached tier.
//!
//! So validity protects from what the window leaves behind, never from what comes back: days are as if goods
//! that came back had never been bought, and a tier that only they had reached was never reached. A late
//! sale counts on its own day, by the terms of that day. Whoever works a standing out anew, from whatever
//! was there before, comes to the same.

use chrono::{Datelike, Months, NaiveDate};
use entity::day::Day;

/// Over which days is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// From January to December.
    CalendarYear,
    /// So many months up to the day.
    RollingMonths(u32),
    /// A year from the wallet's opening, and each year before and after.
    MembershipYear,
}

/// How long tiers last and what reaches them, from a day on.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) from: Day,
    /// To the end of the following window if none.
    pub(super) validity_months: Option<u32>,
    pub(super) grace_days: i32,
    pub(super) is_soft: bool,
    /// By rank; none where the tier came with later terms.
    pub(super) thresholds: Vec<Option<i64>>,
}

/// A tier set, as far as ranks go.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    pub(super) window: Window,
    /// In the order of their days, at least one, the first from the beginning.
    pub(super) terms: Vec<Terms>,
}

/// A change of rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) day: Day,
    pub(super) from: Option<usize>,
    pub(super) to: Option<usize>,
}

/// What a wallet's days have earned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Earned {
    /// Counted from the lowest tier.
    pub(super) rank: Option<usize>,
    /// Of no rank too, where there was one before.
    pub(super) since: Option<Day>,
    /// The last day that the rank is held for, before grace; none where it doesn't end.
    pub(super) valid_until: Option<Day>,
    /// The day on which it is held no more.
    pub(super) lapses_on: Option<Day>,
    pub(super) steps: Vec<Step>,
}

fn months_after(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The membership year in which a day lies: its first day and the next one's.
fn membership_year(opened: Day, day: Day) -> (Day, Day) {
    let (opened, date) = (opened.date(), day.date());
    let nth = |year: i32| {
        let months = u32::try_from((year - opened.year()).abs()).unwrap_or(0) * 12;
        let months = Months::new(months);
        let moved = if year < opened.year() {
            opened.checked_sub_months(months)
        } else {
            opened.checked_add_months(months)
        };
        moved.unwrap_or(opened)
    };
    let year = if nth(date.year()) > date { date.year() - 1 } else { date.year() };
    (Day::from_date(nth(year)), Day::from_date(nth(year + 1)))
}

impl Window {
    /// The first day of the window in which a day lies.
    pub(super) fn first(self, opened: Day, day: Day) -> Day {
        let date = day.date();
        match self {
            Self::CalendarYear => {
                Day::from_date(NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap_or(date))
            }
            Self::RollingMonths(months) => {
                let before = date.checked_sub_months(Months::new(months)).unwrap_or(date);
                Day::from_date(before).plus(1)
            }
            Self::MembershipYear => membership_year(opened, day).0,
        }
    }

    /// The last day on which something of that day counts.
    pub(super) fn last(self, opened: Day, day: Day) -> Day {
        match self {
            Self::CalendarYear => {
                Day::from_date(months_after(self.first(opened, day).date(), 12)).plus(-1)
            }
            Self::RollingMonths(months) => {
                Day::from_date(months_after(day.date(), months)).plus(-1)
            }
            Self::MembershipYear => membership_year(opened, day).1.plus(-1),
        }
    }

    /// The last day of the window after that.
    fn following(self, opened: Day, day: Day) -> Day {
        self.last(opened, self.last(opened, day).plus(1))
    }
}

impl Terms {
    fn reached_until(&self, window: Window, opened: Day, day: Day) -> Day {
        match self.validity_months {
            Some(months) => Day::from_date(months_after(day.date(), months)).plus(-1),
            // A rolling window moves with the day: the one after it begins tomorrow.
            None => match window {
                Window::RollingMonths(_) => window.last(opened, day),
                _ => window.following(opened, day),
            },
        }
    }

    fn fallen_until(&self, window: Window, opened: Day, day: Day) -> Day {
        match self.validity_months {
            Some(months) => Day::from_date(months_after(day.date(), months)).plus(-1),
            None => window.last(opened, day),
        }
    }
}

impl Ladder {
    /// The terms in force on a day.
    pub(super) fn terms_on(&self, day: Day) -> Option<&Terms> {
        self.terms.iter().rev().find(|terms| terms.from <= day).or(self.terms.first())
    }

    /// What these days have earned by the end of `today`: each a day and how much was done on it, in order.
    pub(super) fn climb(&self, opened: Day, days: &[(Day, i64)], today: Day) -> Earned {
        let mut climb = Climb::begin(self, opened);
        let (mut sum, mut first) = (0_i128, 0);
        for (at, (day, done)) in days.iter().enumerate() {
            if *day > today {
                break;
            }
            climb.lapse_until(*day);
            sum += i128::from(*done);
            let window = self.window.first(opened, *day);
            while first < at && days.get(first).is_some_and(|(day, _)| *day < window) {
                sum -= days.get(first).map_or(0, |(_, done)| i128::from(*done));
                first += 1;
            }
            if *done > 0 {
                climb.reach(*day, sum);
            }
        }
        climb.lapse_until(today);
        climb.end()
    }

    /// How much counts on a day.
    pub(super) fn sum_on(&self, opened: Day, days: &[(Day, i64)], day: Day) -> i64 {
        let first = self.window.first(opened, day);
        let counted = days.iter().filter(|(at, _)| (first..=day).contains(at));
        let sum: i128 = counted.map(|(_, done)| i128::from(*done)).sum();
        i64::try_from(sum).unwrap_or(i64::MAX)
    }
}

/// A wallet on its way.
struct Climb<'a> {
    ladder: &'a Ladder,
    opened: Day,
    /// Until when each rank is held, before grace.
    held: Vec<Option<Day>>,
    earned: Earned,
}

impl<'a> Climb<'a> {
    fn begin(ladder: &'a Ladder, opened: Day) -> Self {
        let ranks = ladder.terms.iter().map(|terms| terms.thresholds.len()).max().unwrap_or(0);
        let mut climb = Self { ladder, opened, held: vec![None; ranks], earned: Earned::default() };
        if climb.is_floor(0) {
            climb.earned.rank = Some(0);
            climb.earned.since = Some(opened);
        }
        climb
    }

    /// Whether everybody has this rank. Amendments leave that as it is.
    fn is_floor(&self, rank: usize) -> bool {
        let first = self.ladder.terms.last().and_then(|terms| terms.thresholds.first());
        rank == 0 && first.copied().flatten() == Some(0)
    }

    fn reach(&mut self, day: Day, sum: i128) {
        let Some(terms) = self.ladder.terms_on(day) else { return };
        let until = Some(terms.reached_until(self.ladder.window, self.opened, day));
        let mut highest = None;
        for (rank, threshold) in terms.thresholds.iter().enumerate() {
            if threshold.is_some_and(|threshold| i128::from(threshold) <= sum) {
                if let Some(held) = self.held.get_mut(rank) {
                    *held = (*held).max(until);
                }
                highest = Some(rank);
            }
        }
        if highest > self.earned.rank {
            self.step(day, highest);
        }
    }

    /// The day on which a rank is held no more.
    fn lapses_on(&self, rank: usize) -> Option<Day> {
        let until = self.held.get(rank).copied().flatten()?;
        let grace = self.ladder.terms_on(until).map_or(0, |terms| terms.grace_days);
        Some(until.plus(grace).plus(1))
    }

    fn lapse_until(&mut self, day: Day) {
        while let Some(rank) = self.earned.rank.filter(|rank| !self.is_floor(*rank)) {
            let Some(on) = self.lapses_on(rank).filter(|on| *on <= day) else { return };
            let is_held = |rank: &usize| {
                self.is_floor(*rank) || self.lapses_on(*rank).is_some_and(|later| later > on)
            };
            let mut next = (0..rank).rev().find(is_held);
            let terms = self.ladder.terms_on(on).filter(|terms| terms.is_soft);
            if let (Some(terms), Some(below)) = (terms, rank.checked_sub(1))
                && next != Some(below)
            {
                let until = Some(terms.fallen_until(self.ladder.window, self.opened, on));
                if let Some(held) = self.held.get_mut(below) {
                    *held = (*held).max(until);
                }
                next = Some(below);
            }
            self.step(on, next);
        }
    }

    fn step(&mut self, day: Day, to: Option<usize>) {
        self.earned.steps.push(Step { day, from: self.earned.rank, to });
        self.earned.rank = to;
        self.earned.since = Some(day);
    }

    fn end(mut self) -> Earned {
        if let Some(rank) = self.earned.rank.filter(|rank| !self.is_floor(*rank)) {
            self.earned.valid_until = self.held.get(rank).copied().flatten();
            self.earned.lapses_on = self.lapses_on(rank);
        }
        self.earned
    }
}
