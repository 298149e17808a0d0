//! How many of the points that are out will never be burned: the chain ladder, on what months' points were
//! used by their age. Pure, in whole numbers.
//!
//! Let `U(m, a)` be the points given in month `m` that were used by the end of the month `a` months later, the
//! points of all issuers together, in months that are over. Then
//!
//! ```text
//! f(a) = Σ U(m, a + 1) ÷ Σ U(m, a)        over all m of which both are known
//! ultimate(m) = U(m, a) × f(a) × f(a + 1) × … to the age of the oldest month
//! breakage(m) = out(m) − (ultimate(m) − used(m)), no less than nothing and no more than out(m)
//! ```
//!
//! That is the chain ladder as T. Mack defines it ("Distribution-free calculation of the standard error of chain
//! ladder reserve estimates", ASTIN Bulletin 23, 1993, pp. 213–225), with payments of claims replaced by points
//! used. A factor below one, which is of burns that were undone, counts as one.
//!
//! It says nothing where there is too little to go by: before the oldest month is [`HISTORY_MONTHS_MIN`] old;
//! while the oldest are still being used, by more than [`RISE_BP_MAX`] in [`END_MONTHS`], since what comes
//! behind the end of the curve isn't known; and of a month of which nothing was used yet, or that isn't over.

use std::collections::BTreeMap;

use super::cohorts::Flow;

/// How old the oldest month has to be.
pub const HISTORY_MONTHS_MIN: i32 = 12;
/// By how much the use of the oldest may still grow, in hundredths of a percent.
pub const RISE_BP_MAX: i64 = 100;
/// In how many months at the end of the curve.
pub const END_MONTHS: i32 = 3;
/// One, as factors are multiplied.
const ONE: i128 = 1_000_000_000;
const WHOLE: i128 = 10_000;

/// What months' points had come to by their age. Months are counted; one later is one more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Development {
    last: i32,
    months: BTreeMap<i32, Vec<Reached>>,
}

/// Where a month's points were at the end of an age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    used: i64,
    out: i64,
}

/// How use grows from an age to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// From this age, in months.
    pub age: i32,
    /// So many months tell.
    pub months: i32,
    /// Points of theirs that were used by this age.
    pub before: i64,
    /// By the next.
    pub after: i64,
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The oldest month isn't old enough.
    TooYoung,
    /// Nothing was used.
    NothingUsed,
    /// The oldest months are still being used.
    StillRising,
}

/// How use grows with age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// From the month of issue on.
    pub steps: Vec<Step>,
    /// Why nothing is said by it, if nothing is.
    pub lack: Option<Lack>,
    /// By what use grows from each age to the end; none where nothing was used by then.
    to_end: Vec<Option<i128>>,
}

/// What the method would have said some months ago, and what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackTest {
    /// How many months ago.
    pub months_ago: i32,
    /// How many points it would have said were used since, and how many were; none where there was too
    /// little to go by.
    pub told: Option<(i64, i64)>,
}

impl Step {
    /// By what use grows, in hundredths of a percent: 10,000 is not at all. None where nothing was used.
    pub fn factor_bp(&self) -> Option<i64> {
        let (before, after) = (i128::from(self.before), i128::from(self.after.max(self.before)));
        (before > 0).then(|| i64::try_from((after * WHOLE + before / 2) / before).ok()).flatten()
    }

    fn factor(&self) -> Option<i128> {
        let (before, after) = (i128::from(self.before), i128::from(self.after.max(self.before)));
        (before > 0).then(|| after.checked_mul(ONE).map(|after| (after + before / 2) / before))?
    }
}

impl BackTest {
    /// What was said less what came, in hundredths of a percent of what came; none where nothing came.
    pub fn deviation_bp(&self) -> Option<i64> {
        let (said, came) = self.told.filter(|(_, came)| *came > 0)?;
        i64::try_from((i128::from(said) - i128::from(came)) * WHOLE / i128::from(came)).ok()
    }
}

impl Development {
    /// What became of months' points by their age, in months that are over: `last` is the last of them.
    pub fn new(flows: impl IntoIterator<Item = (i32, i32, Flow)>, last: i32) -> Self {
        let mut months: BTreeMap<i32, Vec<Reached>> = BTreeMap::new();
        for (month, age, flow) in flows.into_iter().filter(|(month, ..)| *month <= last) {
            let ages = usize::try_from(last - month).unwrap_or(0) + 1;
            let own = months.entry(month).or_insert_with(|| vec![Reached::default(); ages]);
            for reached in own.iter_mut().skip(usize::try_from(age).unwrap_or(0)) {
                reached.used = reached.used.saturating_add(flow.used());
                reached.out = reached.out.saturating_add(flow.out());
            }
        }
        Self { last, months }
    }

    /// As it was when that month was the last that was over.
    pub fn until(&self, last: i32) -> Self {
        let months = self.months.iter().filter(|(month, _)| **month <= last);
        let cut = |(month, own): (&i32, &Vec<Reached>)| {
            let ages = usize::try_from(last - month).unwrap_or(0) + 1;
            (*month, own.iter().take(ages).copied().collect())
        };
        Self { last, months: months.map(cut).collect() }
    }

    /// How use grows with age.
    pub fn curve(&self) -> Curve {
        let oldest = self.months.keys().next().copied().unwrap_or(self.last);
        let steps: Vec<Step> = (0..self.last - oldest).map(|age| self.step(age)).collect();
        let mut to_end = vec![Some(ONE)];
        for step in steps.iter().rev() {
            let rest = to_end.last().copied().flatten();
            let whole = rest.zip(step.factor()).and_then(|(rest, own)| rest.checked_mul(own));
            to_end.push(whole.map(|whole| (whole + ONE / 2) / ONE));
        }
        to_end.reverse();
        let mut curve = Curve { steps, lack: None, to_end };
        curve.lack = curve.lack();
        curve
    }

    /// How many points of a month will still be used, as far as was known at the end of the last month; none
    /// where there is too little to go by.
    pub fn ultimate(&self, curve: &Curve, month: i32) -> Option<i64> {
        let age = self.last - month;
        let used = self.reached(month, age)?.used;
        curve.grown(used, age, i32::MAX)
    }

    /// What the method would have said so many months ago.
    pub fn back_test(&self, months_ago: i32) -> BackTest {
        let past = self.until(self.last - months_ago);
        let curve = past.curve();
        let (mut said, mut came) = (0_i64, 0_i64);
        for month in past.months.keys() {
            let age = past.last - month;
            let then = past.reached(*month, age).unwrap_or_default();
            let now = self.reached(*month, age + months_ago).unwrap_or_default();
            let Some(grown) = curve.grown(then.used, age, months_ago) else { continue };
            said = said.saturating_add((grown - then.used).clamp(0, then.out.max(0)));
            came = came.saturating_add(now.used - then.used);
        }
        let told = (curve.lack.is_none()).then_some((said, came));
        BackTest { months_ago, told }
    }

    fn step(&self, age: i32) -> Step {
        let mut step = Step { age, months: 0, before: 0, after: 0 };
        for month in self.months.keys().take_while(|month| **month + age < self.last) {
            let used = |age| self.reached(*month, age).unwrap_or_default().used;
            step.months += 1;
            step.before = step.before.saturating_add(used(age));
            step.after = step.after.saturating_add(used(age + 1));
        }
        step
    }

    fn reached(&self, month: i32, age: i32) -> Option<Reached> {
        self.months.get(&month)?.get(usize::try_from(age).ok()?).copied()
    }
}

impl Curve {
    /// Of what is used in the end, how much is by an age, in hundredths of a percent.
    pub fn used_bp(&self, age: i32) -> Option<i64> {
        let to_end = self.to_end.get(usize::try_from(age).ok()?).copied()??;
        i64::try_from((WHOLE * ONE + to_end / 2) / to_end).ok()
    }

    /// What use by an age comes to so many months later, or at the end of the curve if that is sooner.
    fn grown(&self, used: i64, age: i32, months: i32) -> Option<i64> {
        let end = i32::try_from(self.steps.len()).ok()?;
        if self.lack.is_some() || age >= end {
            return self.lack.is_none().then_some(used);
        }
        if used <= 0 {
            return None;
        }
        let at = |age: i32| self.to_end.get(usize::try_from(age).ok()?).copied()?;
        let (from, to) = (at(age)?, at(age.saturating_add(months).min(end))?);
        let grown = i128::from(used).checked_mul(from)?;
        i64::try_from((grown + to / 2) / to).ok()
    }

    fn lack(&self) -> Option<Lack> {
        let length = i32::try_from(self.steps.len()).unwrap_or(i32::MAX);
        if length < HISTORY_MONTHS_MIN {
            return Some(Lack::TooYoung);
        }
        let begins = usize::try_from(length - END_MONTHS).unwrap_or(0);
        match self.to_end.get(begins).copied().flatten() {
            None => Some(Lack::NothingUsed),
            Some(rise) if rise * WHOLE > ONE * (WHOLE + i128::from(RISE_BP_MAX)) => {
                Some(Lack::StillRising)
            }
            Some(_) => None,
        }
    }
}

/// How many of the points out are never burned, if so many are used in the end.
pub fn breakage(ultimate: i64, now: &Flow) -> i64 {
    let out = now.out().max(0);
    out - ultimate.saturating_sub(now.used()).clamp(0, out)
}

/// A whole in parts, by weights that aren't below zero: what rounding leaves goes a point each to the largest
/// remainders, the earlier first where they are alike.
pub fn split(whole: i64, weights: &[i64]) -> Vec<i64> {
    let all: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if all == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: &i64| i128::from(whole) * i128::from(*weight);
    let mut parts: Vec<i64> =
        weights.iter().map(|own| i64::try_from(exact(own) / all).unwrap_or(0)).collect();
    let left = usize::try_from(whole - parts.iter().sum::<i64>()).unwrap_or(0);
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|place| std::cmp::Reverse(exact(&weights[*place]) % all));
    for place in by_remainder.into_iter().take(left) {
        parts[place] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Used of a thousand points by age.
    const USED: [i64; 15] = [100, 200, 150, 100, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// Months that are all used alike, of so many thousand points each; none expires.
    fn alike(sizes: &[i64], used: &[i64]) -> Development {
        let last = i32::try_from(sizes.len()).unwrap() - 1;
        let flows = (0..).zip(sizes).flat_map(|(month, size)| {
            let ages = (0..).zip(used).take_while(move |(age, _)| month + age <= last);
            ages.map(move |(age, burned)| {
                let issued = if age == 0 { 1000 * size } else { 0 };
                (month, age, Flow { issued, burned: burned * size, ..Flow::default() })
            })
        });
        Development::new(flows, last)
    }

    #[test]
    fn months_that_are_used_alike_come_to_the_same() {
        let development = alike(&[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7], &USED);
        let curve = development.curve();
        assert_eq!(curve.lack, None);
        let factors: Vec<_> = curve.steps.iter().take(5).map(|step| step.factor_bp()).collect();
        assert_eq!(factors, [30_000, 15_000, 12_222, 10_909, 10_000].map(Some));
        assert_eq!(curve.used_bp(0), Some(1667));
        for (month, size) in [(13, 7), (12, 9), (11, 8), (0, 3)] {
            assert_eq!(development.ultimate(&curve, month), Some(600 * size), "{month}");
        }
        let now = Flow { issued: 7000, burned: 700, ..Flow::default() };
        assert_eq!(breakage(4200, &now), 2800);
        let test = development.back_test(1);
        assert_eq!(test.told, Some((3650, 3650)), "9 × 200, 8 × 150, 5 × 100, 3 × 50");
        assert_eq!(development.back_test(3).told, None, "it would have been too early");
    }

    #[test]
    fn nothing_is_said_where_there_is_too_little_to_go_by() {
        let lack = |sizes: &[i64], used: &[i64]| alike(sizes, used).curve().lack;
        assert_eq!(lack(&[], &USED), Some(Lack::TooYoung));
        assert_eq!(lack(&[1; 12], &USED), Some(Lack::TooYoung));
        assert_eq!(lack(&[1; 13], &USED), None);
        assert_eq!(lack(&[1; 13], &[0; 13]), Some(Lack::NothingUsed));
        let mut late = USED;
        late[12] = 10;
        assert_eq!(lack(&[1; 13], &late), Some(Lack::StillRising));
        let mut sizes = [1; 13];
        sizes[12] = 0;
        let development = alike(&sizes, &USED);
        assert_eq!(development.ultimate(&development.curve(), 12), None, "nothing was used");
        assert_eq!(development.ultimate(&development.curve(), 13), None, "it isn't over");
    }

    #[test]
    fn a_whole_is_split_to_the_last_point() {
        assert_eq!(split(7, &[1, 1, 1]), [3, 2, 2]);
        assert_eq!(split(5, &[0, 9, 1]), [0, 5, 0]);
        assert_eq!(split(5, &[0, 0]), [0, 0]);
    }

    proptest! {
        /// Whatever happened: what is estimated is of what is out, and the parts make the whole.
        #[test]
        fn it_is_bounded_by_what_is_out(
            flows in prop::collection::vec((0_i32..16, 0_i32..16, 0_i64..1 << 50, 0_i64..1 << 50), 0..80),
            weights in prop::collection::vec(0_i64..1 << 50, 1..9),
        ) {
            let flow = |issued: i64, burned| Flow { issued, burned, ..Flow::default() };
            let flows = flows.iter().map(|(month, age, issued, burned)| {
                (*month, *age, flow(*issued, *burned.min(issued)))
            });
            let development = Development::new(flows, 15);
            let curve = development.curve();
            for (month, own) in &development.months {
                let now = own.last().unwrap();
                let flow = flow(now.used + now.out, now.used);
                if let Some(ultimate) = development.ultimate(&curve, *month) {
                    prop_assert!(ultimate >= now.used);
                    let broken = breakage(ultimate, &flow);
                    prop_assert!((0..=now.out).contains(&broken));
                    let parts = split(broken, &weights);
                    let whole = if weights.iter().all(|own| *own == 0) { 0 } else { broken };
                    prop_assert_eq!(parts.iter().sum::<i64>(), whole);
                }
            }
            for months_ago in [1, 3, 6, 12] {
                if let Some((said, _)) = development.back_test(months_ago).told {
                    prop_assert!(said >= 0);
                }
            }
        }

        /// What was known then is what is left when the rest is cut off.
        #[test]
        fn the_past_stays_as_it_was(
            flows in prop::collection::vec((0_i32..16, 0_i32..16, 0_i64..1000), 0..80), last in 0_i32..16,
        ) {
            let flows: Vec<_> = flows.into_iter().map(|(month, age, burned)| {
                (month, age, Flow { issued: 1000, burned, ..Flow::default() })
            }).collect();
            let past = flows.iter().copied().filter(|(month, age, _)| month + age <= last);
            let now = Development::new(flows.iter().copied(), 15);
            let then: BTreeMap<_, _> = Development::new(past, last).months;
            let cut = now.until(last).months;
            for (month, own) in then {
                prop_assert_eq!(cut.get(&month), Some(&own));
            }
        }
    }
}
