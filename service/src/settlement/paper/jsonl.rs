//! A statement as JSON Lines, for another system to load: the head, a row for each line, day total and
//! correction, and the totals. A row is an object of one field, which says what the row is. What the extract
//! says more is `extract`'s.

use chrono::NaiveDate;
use serde::Serialize;

use crate::settlement::core::LineKind;
use crate::settlement::core::statement::{Correction, Head, Line, Statement, Total};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Row<'a> {
    Head(HeadRow<'a>),
    Line(LineRow<'a>),
    Day(DayRow<'a>),
    Correction(CorrectionRow<'a>),
    Totals(TotalsRow),
}

/// What is said above the lines, and the hash of all of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadRow<'a> {
    hash: String,
    #[serde(flatten)]
    head: &'a Head,
}

/// Which line it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Which<'a> {
    kind: LineKind,
    tax_code: Option<&'a str>,
    tax_bp: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LineRow<'a> {
    #[serde(flatten)]
    which: Which<'a>,
    points: i64,
    exact: &'a str,
    gross_minor: i64,
    tax_minor: i64,
    net_minor: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DayRow<'a> {
    #[serde(flatten)]
    which: Which<'a>,
    day: NaiveDate,
    contract: Option<i32>,
    with: Option<&'a str>,
    price_micros: i64,
    factor: i64,
    points: i64,
    movements: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CorrectionRow<'a> {
    #[serde(flatten)]
    which: Which<'a>,
    amount_minor: i64,
    refers_to: Option<&'a str>,
    refers_to_line: Option<LineKind>,
    reason: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalsRow {
    opening_minor: i64,
    total_minor: i64,
    paid_minor: i64,
    closing_minor: i64,
    due_minor: i64,
    carried_minor: i64,
}

/// The rows, each ended by a line break: first the head, then line by line what it says and what it adds
/// up, then the totals.
pub fn jsonl(statement: &Statement) -> String {
    let head = HeadRow { hash: statement.hash(), head: &statement.head };
    let mut rows = vec![Row::Head(head)];
    for line in &statement.lines {
        rows.push(Row::Line(LineRow {
            which: which(line),
            points: line.points,
            exact: &line.exact,
            gross_minor: line.gross_minor,
            tax_minor: line.tax_minor,
            net_minor: line.net_minor,
        }));
        rows.extend(line.days.iter().map(|total| Row::Day(day(line, total))));
        let corrections = line.corrections.iter();
        rows.extend(corrections.map(|own| Row::Correction(correction(line, own))));
    }
    rows.push(Row::Totals(TotalsRow {
        opening_minor: statement.head.opening_minor,
        total_minor: statement.total_minor,
        paid_minor: statement.head.paid_minor,
        closing_minor: statement.closing_minor,
        due_minor: statement.due_minor,
        carried_minor: statement.carried_minor,
    }));
    // Rows of whole numbers and texts always become JSON.
    rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default() + "\n").collect()
}

fn which(line: &Line) -> Which<'_> {
    Which { kind: line.kind, tax_code: line.tax_code.as_deref(), tax_bp: line.tax_bp }
}

fn day<'a>(line: &'a Line, total: &'a Total) -> DayRow<'a> {
    DayRow {
        which: which(line),
        day: total.day,
        contract: total.contract,
        with: total.with.as_deref(),
        price_micros: total.price_micros,
        factor: total.factor,
        points: total.points,
        movements: total.movements,
    }
}

fn correction<'a>(line: &'a Line, own: &'a Correction) -> CorrectionRow<'a> {
    CorrectionRow {
        which: which(line),
        amount_minor: own.amount_minor,
        refers_to: own.refers_to.as_deref(),
        refers_to_line: own.refers_to_line,
        reason: &own.reason,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample::statement;
    use super::*;

    #[test]
    fn every_row_says_what_it_is() {
        let statement = statement();
        let text = jsonl(&statement);
        let rows: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: Vec<&str> = rows
            .iter()
            .map(|row| row.as_object().unwrap().keys().next().unwrap().as_str())
            .collect();
        assert_eq!(
            names,
            [
                "head",
                "line",
                "day",
                "day",
                "day",
                "line",
                "day",
                "line",
                "day",
                "line",
                "correction",
                "totals"
            ]
        );
        assert_eq!(rows[0]["head"]["hash"], statement.hash());
        assert_eq!(rows[0]["head"]["previousHash"], "5f".repeat(32));
        assert_eq!(rows[2]["day"]["taxCode"], "STD");
        assert_eq!(rows[10]["correction"]["refersToLine"], "BURN");
        assert_eq!(rows[11]["totals"]["totalMinor"], statement.total_minor);
    }
}
