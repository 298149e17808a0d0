//! Records as partners export them, and what is wrong with them.

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn frame(scope: ReceiptScope) -> Frame {
    let period = Period { from: at("2026-03-01T00:00:00Z"), until: at("2026-04-01T00:00:00Z") };
    Frame { period, scope, currency: "EUR".parse().unwrap() }
}

fn lines(text: &str) -> Vec<Line> {
    read(text, &frame(ReceiptScope::Partner)).unwrap_or_else(|wrong| panic!("{wrong:#?}"))
}

/// Path and message of all that is wrong.
fn wrong(text: &str, scope: ReceiptScope) -> Vec<(String, String)> {
    let wrong = read(text, &frame(scope)).expect_err(text);
    wrong.into_iter().map(|refusal| (refusal.path.join("."), refusal.message)).collect()
}

fn paths(text: &str, scope: ReceiptScope) -> Vec<String> {
    wrong(text, scope).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn columns_come_in_any_order_and_kinds_need_their_own() {
    let text = "\u{feff}receipt_number,kind,occurred_at,amount,points,payment\r\n\
        R1,SALE,2026-03-02T09:00:00Z,12.50,12,\r\n\
        \r\n\
        R1,return,2026-03-03T10:00:00+01:00,2.5,,\r\n\
        ,PAYMENT,2026-03-04T09:00:00Z,,40,till-7\r\n\
        ,,,,,\r\n";
    let lines = lines(text);
    let short = |line: &Line| (line.number, line.kind.name(), line.amount_minor, line.points);
    let points = |points| Some(Points::new(points).unwrap());
    assert_eq!(
        lines.iter().map(short).collect::<Vec<_>>(),
        [
            (2, "SALE", Some(1250), points(12)),
            (4, "RETURN", Some(250), None),
            (5, "PAYMENT", None, points(40)),
        ]
    );
    assert_eq!(lines[1].occurred_at, at("2026-03-03T09:00:00Z"));
    assert_eq!(lines[2].payment.as_deref(), Some("till-7"));
}

#[test]
fn semicolons_go_with_decimal_commas_and_quotes_with_anything() {
    let text = "kind;occurred_at;receipt_number;amount\n\
        SALE;2026-03-02T09:00:00Z;\"R;\n\"\"1\"\"\";12,50\nSALE;2026-03-02T09:00:00Z;R2;3\n";
    let found = read(text, &frame(ReceiptScope::Partner)).unwrap_err();
    // A receipt number has no line break; the second line begins behind it all the same.
    assert_eq!(found[0].path.join("."), "csv.2.receipt_number");
    let lines = lines(&text.replace(";\n\"\"", ";\"\""));
    assert_eq!(lines[0].receipt_number.as_deref(), Some("R;\"1\""));
    assert_eq!(
        lines.iter().map(|line| line.amount_minor).collect::<Vec<_>>(),
        [Some(1250), Some(300)]
    );
    let comma = "kind,occurred_at,receipt_number,amount\nSALE,2026-03-02T09:00:00Z,R1,\"12,50\"\n";
    assert_eq!(paths(comma, ReceiptScope::Partner), ["csv.2.amount"]);
}

#[test]
fn all_that_is_wrong_is_told_by_line_and_column() {
    let text = "kind,occurred_at,receipt_number,amount,points,payment,card_number,customer_number,sold_on\n\
        SALE,yesterday,,-1.00,1.5,K,C 1,,\n\
        GIFT,2026-03-02T09:00:00Z,R1,1.00,,,,,\n\
        PAYMENT,2026-03-02T09:00:00Z,,1.00,0,,,,\n\
        SALE,2026-04-01T00:00:00Z,R1,1.005,,,C1,17,2026-03-02\n\
        RETURN,2026-03-02T09:00:00Z,R1,1.00\n";
    assert_eq!(
        paths(text, ReceiptScope::Partner),
        [
            "csv.2.occurred_at",
            "csv.2.receipt_number",
            "csv.2.amount",
            "csv.2.points",
            "csv.2.card_number",
            "csv.2.payment",
            "csv.3.kind",
            "csv.4.amount",
            "csv.4.points",
            "csv.4.payment",
            "csv.5.occurred_at",
            "csv.5.amount",
            "csv.5.customer_number",
            "csv.5.sold_on",
            "csv.6.line",
        ]
    );
    let said = &wrong(text, ReceiptScope::Partner)[0].1;
    assert_eq!(
        said,
        "Line 2, occurred_at: \"yesterday\" isn't a moment such as 2026-03-02T09:30:00+01:00."
    );
}

#[test]
fn no_more_than_twenty_places_are_told_and_the_rest_counted() {
    let header = "kind,occurred_at,receipt_number,amount\n";
    let text = format!("{header}{}", "SALE,2026-03-02T09:00:00Z,R1,x\n".repeat(25));
    let wrong = wrong(&text, ReceiptScope::Partner);
    assert_eq!(wrong.len(), 21);
    assert_eq!(wrong[20], ("csv".to_owned(), "5 more places are wrong.".to_owned()));
}

#[test]
fn stores_and_days_are_needed_where_numbers_restart() {
    let text = "kind,occurred_at,receipt_number,amount\n\
        SALE,2026-03-02T09:00:00Z,R1,1.00\nRETURN,2026-03-02T09:00:00Z,R1,1.00\n";
    assert_eq!(lines(text).len(), 2);
    let by_store = ["csv.2.store_code", "csv.3.store_code"];
    assert_eq!(paths(text, ReceiptScope::Store), by_store);
    let by_day = ["csv.2.store_code", "csv.3.store_code", "csv.3.sold_on"];
    assert_eq!(paths(text, ReceiptScope::StoreDay), by_day);
}

#[test]
fn what_is_no_record_is_told_as_a_whole() {
    let header = "kind,occurred_at,receipt_number,amount\n";
    let line = "SALE,2026-03-02T09:00:00Z,R1,1.00\n";
    let codes = |text: &str| -> Vec<&str> {
        let wrong = read(text, &frame(ReceiptScope::Partner)).unwrap_err();
        wrong.iter().map(|refusal| refusal.code.name()).collect()
    };
    for text in ["", " \n", header, "kind\nSALE\n", "kind,occurred_at,kind\n", "hello"] {
        assert!(codes(text).iter().all(|code| *code == "RECORD_INVALID"), "{text:?}");
    }
    let misspelled = format!("{}{line}", header.replace("amount", "total"));
    assert_eq!(codes(&misspelled), ["RECORD_INVALID"]);
    let open = format!("{header}{line}SALE,2026-03-02T09:00:00Z,\"R2,1.00\n{line}");
    assert_eq!(paths(&open, ReceiptScope::Partner), ["csv.3.line", "csv.3.line"]);
    assert_eq!(codes(&format!("{header}{}", line.repeat(10_001))), ["RECORD_TOO_LARGE"]);
    assert_eq!(codes(&"x".repeat(BYTES_OVER)), ["RECORD_TOO_LARGE"]);
}

const BYTES_OVER: usize = 3 * 1024 * 1024 + 1;

#[test]
fn a_period_is_over_and_no_longer_than_a_quarter() {
    let (from, now) = (at("2026-03-01T00:00:00Z"), at("2026-07-01T00:00:00Z"));
    let fits = |days: i64, now| Period::past(from, from + TimeDelta::days(days), now);
    assert!(fits(92, now).is_ok());
    assert!(fits(1, from + TimeDelta::days(1)).is_ok());
    for (days, now) in [(93, now), (0, now), (-1, now), (2, from + TimeDelta::days(1))] {
        assert_eq!(fits(days, now).unwrap_err().code, Code::PeriodInvalid);
    }
}
