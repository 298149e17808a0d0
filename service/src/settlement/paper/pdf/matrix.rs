//! Whose points were burned where: a row for each issuer, a column for each acceptor, and this partner's own
//! marked. Where partners are many, those that matter most to this one have names, and the rest is added up.

use std::collections::BTreeMap;

use entity::ids::PartnerId;

use super::super::words;
use super::page::{Ink, Style};
use super::{Flow, LABEL, LEFT, Paper, RIGHT};

/// How many have names.
const NAMED_MAX: usize = 7;
const ROW: i32 = 148;
/// Names of columns have two lines.
const HEADER: i32 = 232;
/// Where the columns begin: before them stand the issuers.
const FIRST: i32 = LEFT + 1150;
/// How wide a column is at most.
const COLUMN_MAX: i32 = 640;

/// Sums, by the places of issuer and acceptor among the names.
struct Table {
    names: Vec<String>,
    points: BTreeMap<(usize, usize), i64>,
}

/// Draws it below what there is, if points were burned at all.
pub(super) fn draw(flow: &mut Flow, paper: &Paper<'_>) {
    if paper.matrix.is_empty() {
        return;
    }
    let table = table(paper);
    let rows = i32::try_from(table.names.len()).unwrap_or(0) + 1;
    let height = rows * ROW + HEADER;
    flow.title("Whose points were burned where", "points, issuer by acceptor", height + 100);
    let count = table.names.len() + 1;
    let width = (RIGHT - FIRST) / i32::try_from(count).unwrap_or(1).max(1);
    let width = width.min(COLUMN_MAX);
    let top = flow.y + 30;
    flow.canvas.area((FIRST, top), (width, height), Ink::Own);
    flow.canvas.area((LEFT, top + HEADER), (FIRST - LEFT + place(count, width), ROW), Ink::Own);
    flow.canvas.area((FIRST, top + HEADER), (width, ROW), Ink::OwnTwice);
    flow.y = top;
    header(flow, &table, width);
    for issuer in 0..count {
        row(flow, &table, issuer, width);
    }
    flow.y = top + height;
}

/// The points of those with names; this partner is the first.
fn table(paper: &Paper<'_>) -> Table {
    let mut weights: BTreeMap<PartnerId, (i64, i64)> = BTreeMap::new();
    for ((issuer, acceptor), cell) in paper.matrix {
        let points = cell.points.saturating_abs();
        let is_own = [issuer, acceptor].contains(&&paper.own);
        for partner in [issuer, acceptor] {
            let (own, all) = weights.entry(*partner).or_default();
            *own = own.saturating_add(if is_own { points } else { 0 });
            *all = all.saturating_add(points);
        }
    }
    weights.remove(&paper.own);
    let name = |partner: &PartnerId| paper.partners.get(partner).map_or("–", String::as_str);
    let mut others: Vec<PartnerId> = weights.keys().copied().collect();
    others.sort_by_key(|partner| (std::cmp::Reverse(weights[partner]), name(partner).to_owned()));
    let is_cut = others.len() >= NAMED_MAX;
    others.truncate(if is_cut { NAMED_MAX - 2 } else { NAMED_MAX });
    let mut names = vec![paper.partner.to_owned()];
    names.extend(others.iter().map(|partner| name(partner).to_owned()));
    if is_cut {
        names.push("All others".to_owned());
    }
    let rest = names.len() - 1;
    let at = |partner: &PartnerId| {
        if *partner == paper.own {
            return 0;
        }
        others.iter().position(|other| other == partner).map_or(rest, |at| at + 1)
    };
    let mut points = BTreeMap::new();
    for ((issuer, acceptor), cell) in paper.matrix {
        let sum: &mut i64 = points.entry((at(issuer), at(acceptor))).or_default();
        *sum = sum.saturating_add(cell.points);
    }
    Table { names, points }
}

impl Table {
    /// What a row and a column come to; the one after the last stands for all.
    fn sum(&self, issuer: usize, acceptor: usize) -> i64 {
        let all = self.names.len();
        let is_in = |place: usize, own: usize| place == all || place == own;
        let cells = self.points.iter();
        let cells =
            cells.filter(|((row, column), _)| is_in(issuer, *row) && is_in(acceptor, *column));
        cells.fold(0, |sum, (_, points)| sum.saturating_add(*points))
    }

    fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("All", String::as_str)
    }
}

/// How far right a column begins.
fn place(column: usize, width: i32) -> i32 {
    i32::try_from(column).unwrap_or(0) * width
}

fn header(flow: &mut Flow, table: &Table, width: i32) {
    flow.y += HEADER;
    flow.canvas.text((LEFT + 70, flow.y - 46), LABEL, "issued by  ↓   burned at  →");
    for acceptor in 0..=table.names.len() {
        let style = if acceptor == 0 { Style::bold(70, Ink::Text) } else { LABEL };
        let right = FIRST + place(acceptor + 1, width) - 45;
        let lines = style.wrap(table.name(acceptor), width - 70, 2);
        for (line, above) in lines.iter().rev().zip([0, 86]) {
            flow.canvas.text_right((right, flow.y - 46 - above), style, line);
        }
    }
    flow.canvas.rule((LEFT, flow.y), FIRST - LEFT + place(table.names.len() + 1, width), Ink::Rule);
}

fn row(flow: &mut Flow, table: &Table, issuer: usize, width: i32) {
    let all = table.names.len();
    flow.y += ROW;
    let y = flow.y - 46;
    let strong =
        |is: bool| if is { Style::bold(76, Ink::Text) } else { Style::regular(76, Ink::Text) };
    let style = strong(issuer == 0 || issuer == all);
    let name = style.fit(table.name(issuer), FIRST - LEFT - 120);
    flow.canvas.text((LEFT + 70, y), style, &name);
    for acceptor in 0..=all {
        let right = FIRST + place(acceptor + 1, width) - 45;
        let points = table.sum(issuer, acceptor);
        let style = strong(acceptor == all || issuer == all || (issuer, acceptor) == (0, 0));
        let (style, text) = match points {
            0 => (Style::regular(76, Ink::Muted), "·".to_owned()),
            _ => (style, words::count(points)),
        };
        flow.canvas.number((right, y), width - 60, style, &text);
    }
    flow.canvas.rule((LEFT, flow.y), FIRST - LEFT + place(all + 1, width), Ink::Rule);
}
