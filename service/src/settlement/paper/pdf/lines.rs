//! The lines of a statement as a table, with what was corrected below its line, and their total. It begins
//! anew, with its columns' names, on every page that it reaches.

use super::super::words;
use super::page::{Ink, Style};
use super::{Flow, LABEL, LEFT, RIGHT};
use crate::settlement::core::statement::{Correction, Line, Statement};

const ROW: i32 = 160;
/// Where a column's texts end.
const TAX: i32 = 2850;
const POINTS: i32 = 3500;
const NET: i32 = 4180;
const TAX_AMOUNT: i32 = 4710;
const GROSS: i32 = RIGHT - 70;
/// Where what a line is about begins.
const ABOUT: i32 = LEFT + 70;

const EXPLAINED: &str = "above zero you owe it, below zero you are owed it; prices include tax";

/// Draws them below what there is.
pub(super) fn draw(flow: &mut Flow, statement: &Statement) {
    flow.title("Lines", EXPLAINED, 4 * ROW);
    columns(flow);
    let per_unit = statement.head.minor_per_unit;
    for line in &statement.lines {
        row(flow, line, per_unit);
        for correction in &line.corrections {
            corrected(flow, correction, per_unit);
        }
    }
    if statement.lines.is_empty() {
        next(flow, ROW);
        flow.canvas.text((ABOUT, flow.y - 51), LABEL, "Nothing happened in this cycle.");
    }
    total(flow, statement);
}

fn columns(flow: &mut Flow) {
    flow.y += 112;
    flow.canvas.text((ABOUT, flow.y), LABEL, "What");
    for (right, name) in [
        (TAX, "Tax"),
        (POINTS, "Points"),
        (NET, "Net"),
        (TAX_AMOUNT, "Tax amount"),
        (GROSS, "Gross"),
    ] {
        flow.canvas.text_right((right, flow.y), LABEL, name);
    }
    flow.y += 50;
    flow.canvas.rule((LEFT, flow.y), RIGHT - LEFT, Ink::Rule);
}

/// Makes room for a row, and goes to its end.
fn next(flow: &mut Flow, height: i32) {
    if flow.room(height) {
        columns(flow);
    }
    flow.y += height;
}

fn row(flow: &mut Flow, line: &Line, per_unit: i64) {
    next(flow, ROW);
    let (y, style) = (flow.y - 51, Style::regular(88, Ink::Text));
    let tax = match &line.tax_code {
        Some(code) => format!("{code} {}", words::rate(line.tax_bp)),
        None if line.tax_bp != 0 => words::rate(line.tax_bp),
        None => "–".to_owned(),
    };
    let points = if line.points == 0 { String::new() } else { words::count(line.points) };
    let money = |minor| words::amount(minor, per_unit);
    flow.canvas.text((ABOUT, y), style, words::kind(line.kind));
    let muted = Style { ink: Ink::Muted, ..style };
    flow.canvas.text_right((TAX, y), muted, &muted.fit(&tax, 700));
    flow.canvas.number((POINTS, y), POINTS - TAX - 50, style, &points);
    flow.canvas.number((NET, y), NET - POINTS - 50, style, &money(line.net_minor));
    let room = TAX_AMOUNT - NET - 50;
    flow.canvas.number((TAX_AMOUNT, y), room, muted, &money(line.tax_minor));
    let bold = Style::bold(88, Ink::Text);
    flow.canvas.number((GROSS, y), GROSS - TAX_AMOUNT - 50, bold, &money(line.gross_minor));
    flow.canvas.rule((LEFT, flow.y), RIGHT - LEFT, Ink::Rule);
}

/// What an operator corrected, smaller, below its line.
fn corrected(flow: &mut Flow, correction: &Correction, per_unit: i64) {
    const LINE: i32 = 108;
    let style = Style::regular(76, Ink::Muted);
    let line = correction.refers_to_line.map_or("", words::kind);
    let about = match &correction.refers_to {
        Some(cycle) if line.is_empty() => format!("{cycle}: "),
        Some(cycle) => format!("{cycle}, {line}: "),
        None => String::new(),
    };
    let told = style.wrap(&(about + &correction.reason), NET - ABOUT - 300, 3);
    let height = i32::try_from(told.len()).unwrap_or(1) * LINE + 48;
    next(flow, height);
    let mut y = flow.y - height + LINE - 2;
    let amount = words::amount(correction.amount_minor, per_unit);
    flow.canvas.text_right((GROSS, y), style, &amount);
    for text in told {
        flow.canvas.text((ABOUT + 110, y), style, &text);
        y += LINE;
    }
    flow.canvas.rule((LEFT, flow.y), RIGHT - LEFT, Ink::Rule);
}

fn total(flow: &mut Flow, statement: &Statement) {
    next(flow, ROW + 24);
    let y = flow.y - ROW - 24;
    flow.canvas.area((LEFT, y), (RIGHT - LEFT, ROW + 24), Ink::Wash);
    let style = Style::bold(92, Ink::Text);
    let (mut net, mut tax) = (0_i64, 0_i64);
    for line in &statement.lines {
        net = net.saturating_add(line.net_minor);
        tax = tax.saturating_add(line.tax_minor);
    }
    let y = flow.y - 60;
    flow.canvas.text((ABOUT, y), style, "Total of this cycle");
    let sums = [(NET, net), (TAX_AMOUNT, tax), (GROSS, statement.total_minor)];
    for ((right, minor), left) in sums.into_iter().zip([POINTS, NET, TAX_AMOUNT]) {
        let text = words::amount(minor, statement.head.minor_per_unit);
        flow.canvas.number((right, y), right - left - 50, style, &text);
    }
}
