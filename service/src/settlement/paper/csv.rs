//! A statement as tables for a spreadsheet: its lines, and what they add up by day. Each row says whose it
//! is and of which cycle, so that many statements can be put below each other.

use super::words::{decimal, price};
use crate::refusal::Refusal;
use crate::settlement::core::statement::{Line, Statement};
use crate::sheet::Sheet;

/// What every row begins with.
const WHOSE: [&str; 4] = ["programme", "partner", "cycle", "statement"];
/// The kind and the tax of a line.
const WHICH: [&str; 3] = ["kind", "tax_code", "tax_bp"];

/// The lines. Their `gross` sums to the statement's total; above zero the partner owes it.
pub fn lines_csv(statement: &Statement) -> String {
    let own = ["points", "exact", "net", "tax", "gross", "currency"];
    let mut sheet = Sheet::new(&[&WHOSE[..], &WHICH[..], &own[..]].concat());
    let money = |minor| decimal(minor, statement.head.minor_per_unit);
    for line in &statement.lines {
        let mut row = begun(statement, line);
        row.extend([
            line.points.to_string(),
            line.exact.clone(),
            money(line.net_minor),
            money(line.tax_minor),
            money(line.gross_minor),
            statement.head.currency.clone(),
        ]);
        sheet.row(row);
    }
    sheet.finish()
}

/// What the lines add up by day. `amount` is exact: a line rounds their sum once.
pub fn days_csv(statement: &Statement) -> Result<String, Refusal> {
    let own =
        ["day", "contract", "with", "price", "factor", "points", "movements", "amount", "currency"];
    let mut sheet = Sheet::new(&[&WHOSE[..], &WHICH[..], &own[..]].concat());
    for line in &statement.lines {
        for total in &line.days {
            let mut row = begun(statement, line);
            row.extend([
                total.day.to_string(),
                total.contract.map(|version| version.to_string()).unwrap_or_default(),
                total.with.clone().unwrap_or_default(),
                price(total.price_micros),
                total.factor.to_string(),
                total.points.to_string(),
                total.movements.to_string(),
                total.owed(line.kind)?.to_string(),
                statement.head.currency.clone(),
            ]);
            sheet.row(row);
        }
    }
    Ok(sheet.finish())
}

/// What the lines add up besides: what operators corrected, and disputes that were accepted.
pub fn corrections_csv(statement: &Statement) -> String {
    let own = ["refers_to", "refers_to_line", "reason", "amount", "currency"];
    let mut sheet = Sheet::new(&[&WHOSE[..], &WHICH[..], &own[..]].concat());
    for line in &statement.lines {
        for correction in &line.corrections {
            let mut row = begun(statement, line);
            row.extend([
                correction.refers_to.clone().unwrap_or_default(),
                correction.refers_to_line.map_or("", |kind| kind.name()).to_owned(),
                correction.reason.clone(),
                decimal(correction.amount_minor, statement.head.minor_per_unit),
                statement.head.currency.clone(),
            ]);
            sheet.row(row);
        }
    }
    sheet.finish()
}

/// The cells that every row begins with.
fn begun(statement: &Statement, line: &Line) -> Vec<String> {
    let head = &statement.head;
    vec![
        head.programme.clone(),
        head.partner.clone(),
        head.cycle.clone(),
        head.number.to_string(),
        line.kind.name().to_owned(),
        line.tax_code.clone().unwrap_or_default(),
        line.tax_bp.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::sample::statement;
    use super::*;
    use crate::settlement::core::LineKind;

    fn rows(text: &str) -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    }

    #[test]
    fn the_lines_sum_to_the_total() {
        let statement = statement();
        let text = lines_csv(&statement);
        assert_eq!(
            text.lines().take(2).collect::<Vec<_>>(),
            [
                "programme,partner,cycle,statement,kind,tax_code,tax_bp,points,exact,net,tax,gross,currency",
                "arno,grocer,2026-03,3,ISSUE,STD,1900,9000,111.6,93.78,17.82,111.60,EUR"
            ]
        );
        let gross: i64 =
            rows(&text).iter().map(|row| row[11].replace('.', "").parse::<i64>().unwrap()).sum();
        assert_eq!(gross, statement.total_minor);
    }

    #[test]
    fn the_days_are_exact_and_say_with_whom() {
        let text = days_csv(&statement()).unwrap();
        let days = rows(&text);
        assert_eq!(days.len(), 5);
        assert_eq!(
            days[3].iter().skip(4).collect::<Vec<_>>(),
            [
                "BURN",
                "",
                "0",
                "2026-03-07",
                "1",
                "kitchen",
                "0.009000",
                "1000000000000",
                "300",
                "2",
                "-2.7",
                "EUR"
            ]
        );
    }

    #[test]
    fn a_reason_is_no_formula() {
        let mut statement = statement();
        let reason = "=HYPERLINK(\"x\")".to_owned();
        statement.lines[3].corrections[0].reason = reason.clone();
        let text = corrections_csv(&statement);
        assert_eq!(rows(&text)[0][9], format!("'{reason}"));
        assert_eq!(&rows(&text)[0][8], LineKind::Burn.name());
    }
}
