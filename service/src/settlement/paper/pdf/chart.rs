//! What the days of a cycle came to, as bars: above the line what the partner owes for them, below it what it
//! is owed. Only here, to be drawn, are amounts of days rounded.

use chrono::{Days, NaiveDate};

use super::super::words;
use super::page::{Ink, Style};
use super::{Flow, LABEL, LEFT, RIGHT};
use crate::refusal::Refusal;
use crate::settlement::core::statement::{Line, Statement};
use crate::settlement::core::{Exact, LineKind};

/// How many bars have room.
const BARS_MAX: usize = 62;
/// How high the bars may be together.
const HEIGHT: i32 = 760;
/// Where they begin: before them stand the amounts.
const AXIS: i32 = LEFT + 470;

/// What is drawn in one colour.
const SERIES: [(&str, Ink, &[LineKind]); 3] = [
    (
        "issued, with fees",
        Ink::Issued,
        &[
            LineKind::Issue,
            LineKind::IssueReturn,
            LineKind::ServiceFee,
            LineKind::ServiceFeeReversal,
        ],
    ),
    ("own points burned", Ink::Funded, &[LineKind::Funding, LineKind::FundingReversal]),
    (
        "burned here, with breakage",
        Ink::Burned,
        &[
            LineKind::Burn,
            LineKind::BurnReversal,
            LineKind::BreakageShare,
            LineKind::RewardSupply,
            LineKind::RewardSupplyReversal,
        ],
    ),
];

/// What some days came to, by series, in minor units.
struct Bar {
    first: NaiveDate,
    series: [i64; 3],
}

impl Bar {
    /// What stands above the line, and what below it.
    fn reach(&self) -> (i64, i64) {
        let above = self.series.iter().filter(|minor| **minor > 0).sum();
        (above, self.series.iter().filter(|minor| **minor < 0).sum())
    }
}

/// Draws it below what there is, if any day came to anything.
pub(super) fn draw(flow: &mut Flow, statement: &Statement) -> Result<(), Refusal> {
    let bars = bars(statement)?;
    let above = bars.iter().map(|bar| bar.reach().0).max().unwrap_or(0);
    let below = bars.iter().map(|bar| bar.reach().1).min().unwrap_or(0);
    if above == 0 && below == 0 {
        return Ok(());
    }
    flow.title("Day by day", &format!("gross, in {}", statement.head.currency), HEIGHT + 300);
    legend(flow, &bars);
    flow.y += 100;
    let scale = Scale::of(above, below, flow.y);
    grid(flow, &scale, statement.head.minor_per_unit);
    let count = i32::try_from(bars.len()).unwrap_or(1).max(1);
    let slot = (RIGHT - AXIS) / count;
    for (at, bar) in (0..).zip(&bars) {
        drawn(flow, &scale, bar, (AXIS + at * slot, slot));
    }
    flow.canvas.rule((AXIS, scale.y(0)), RIGHT - AXIS, Ink::Text);
    named(flow, &bars, slot);
    Ok(())
}

/// The days, or if there are many several in one.
fn bars(statement: &Statement) -> Result<Vec<Bar>, Refusal> {
    let head = &statement.head;
    let length = usize::try_from((head.last_day - head.first_day).num_days() + 1).unwrap_or(1);
    let each = length.div_ceil(BARS_MAX).max(1);
    let mut sums = vec![[Exact::ZERO; 3]; length.div_ceil(each)];
    for line in &statement.lines {
        let Some(series) = SERIES.iter().position(|(_, _, kinds)| kinds.contains(&line.kind))
        else {
            continue;
        };
        add(&mut sums, (head.first_day, each), series, line)?;
    }
    let mut bars = Vec::new();
    for (at, sums) in sums.into_iter().enumerate() {
        let mut series = [0; 3];
        for (minor, sum) in series.iter_mut().zip(sums) {
            *minor = sum.minor(head.minor_per_unit)?;
        }
        let after = Days::new(u64::try_from(at * each).unwrap_or(0));
        bars.push(Bar { first: head.first_day + after, series });
    }
    Ok(bars)
}

/// Adds the days of a line.
fn add(
    sums: &mut [[Exact; 3]],
    (first, each): (NaiveDate, usize),
    series: usize,
    line: &Line,
) -> Result<(), Refusal> {
    for total in &line.days {
        let day = usize::try_from((total.day - first).num_days()).unwrap_or(0);
        if let Some(sums) = sums.get_mut(day / each) {
            sums[series] = sums[series].plus(total.owed(line.kind)?);
        }
    }
    Ok(())
}

/// Where an amount stands.
struct Scale {
    top: i32,
    /// Of the highest grid line and of the lowest.
    reach: (i64, i64),
    step: i64,
}

impl Scale {
    fn of(above: i64, below: i64, top: i32) -> Self {
        let span = i128::from(above) - i128::from(below);
        let step = step(i64::try_from(span / 4).unwrap_or(i64::MAX / 8).max(1));
        let up = |minor: i64| minor.div_euclid(step) + i64::from(minor.rem_euclid(step) != 0);
        let lines = (up(above), -up(below.saturating_neg()));
        let reach = (lines.0.saturating_mul(step), lines.1.saturating_mul(step));
        Self { top, reach, step }
    }

    fn y(&self, minor: i64) -> i32 {
        let span = i128::from(self.reach.0) - i128::from(self.reach.1);
        let from_top = i128::from(self.reach.0) - i128::from(minor);
        self.top + i32::try_from(from_top * i128::from(HEIGHT) / span.max(1)).unwrap_or(0)
    }
}

/// The least of 1, 2, 5, 10, 20, 50 and so on that isn't less.
fn step(least: i64) -> i64 {
    let mut ten = 1_i64;
    loop {
        for part in [1, 2, 5] {
            let step = ten.saturating_mul(part);
            if step >= least {
                return step;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

/// Lines at round amounts, with these before them.
fn grid(flow: &mut Flow, scale: &Scale, per_unit: i64) {
    let (mut minor, style) = (scale.reach.1, Style::regular(64, Ink::Muted));
    while minor <= scale.reach.0 {
        let y = scale.y(minor);
        flow.canvas.rule((AXIS, y), RIGHT - AXIS, Ink::Rule);
        let text = match scale.step % per_unit.max(1) {
            0 => words::count(minor / per_unit.max(1)),
            _ => words::amount(minor, per_unit),
        };
        flow.canvas.number((AXIS - 70, y + 24), AXIS - LEFT - 70, style, &text);
        let Some(next) = minor.checked_add(scale.step) else { break };
        minor = next;
    }
}

/// The parts of a bar, from the line outwards.
fn drawn(flow: &mut Flow, scale: &Scale, bar: &Bar, (x, slot): (i32, i32)) {
    let width = (slot * 62 / 100).clamp(20, 300);
    let x = x + (slot - width) / 2;
    let (mut above, mut below) = (0_i64, 0_i64);
    for (minor, (_, ink, _)) in bar.series.into_iter().zip(SERIES) {
        let side = if minor > 0 { &mut above } else { &mut below };
        let from = scale.y(*side);
        *side = side.saturating_add(minor);
        let (top, bottom) = (from.min(scale.y(*side)), from.max(scale.y(*side)));
        if bottom > top {
            flow.canvas.area((x, top), (width, bottom - top), ink);
        }
    }
}

/// The days, as many as have room.
fn named(flow: &mut Flow, bars: &[Bar], slot: i32) {
    let style = Style::regular(64, Ink::Muted);
    let form = if bars.len() <= 16 { "%-d %b" } else { "%-d" };
    flow.y += HEIGHT + 105;
    let every = usize::try_from(110 / slot.max(1)).unwrap_or(0) + 1;
    for (at, bar) in (0..).zip(bars).step_by(every) {
        let middle = AXIS + at * slot + slot / 2;
        flow.canvas.text_centred((middle, flow.y), style, &bar.first.format(form).to_string());
    }
}

/// What the colours that are there stand for, at the right of the title.
fn legend(flow: &mut Flow, bars: &[Bar]) {
    let y = flow.y - 70;
    let mut x = RIGHT;
    for (at, (name, ink, _)) in SERIES.iter().enumerate().rev() {
        if bars.iter().all(|bar| bar.series[at] == 0) {
            continue;
        }
        x -= LABEL.width(name);
        flow.canvas.text((x, y), LABEL, name);
        x -= 100;
        flow.canvas.area((x, y - 55), (62, 62), *ink);
        x -= 140;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_at_round_amounts() {
        assert_eq!([step(1), step(3), step(51), step(1_001)], [1, 5, 100, 2_000]);
        let scale = Scale::of(1_150, -270, 0);
        assert_eq!((scale.step, scale.reach), (500, (1_500, -500)));
        assert_eq!([scale.y(1_500), scale.y(-500)], [0, HEIGHT]);
        let least = Scale::of(i64::MAX, i64::MIN, 0);
        assert!(least.y(0) <= HEIGHT);
    }
}
