//! The top of a statement: whose it is and for when, how the partner's balance moved, and what is to be
//! paid.

use super::super::words;
use super::page::{Ink, Style, WIDTH};
use super::{Flow, LABEL, LEFT, Paper, RIGHT};
use crate::settlement::core::statement::Statement;

/// Where the facts stand, beside the names.
const FACTS: i32 = 3880;

/// Draws it at the top of the first page.
pub(super) fn draw(flow: &mut Flow, paper: &Paper<'_>) {
    flow.canvas.area((0, 0), (WIDTH, 60), Ink::Deep);
    flow.canvas.area((0, 0), (LEFT + 900, 60), Ink::Issued);
    let (names, facts) = (names(flow, paper), facts(flow, paper));
    flow.y = names.max(facts) + 170;
    balance(flow, paper.statement);
    flow.y += 110;
    due(flow, paper);
}

/// The partner and its programme; where they end.
fn names(flow: &mut Flow, paper: &Paper<'_>) -> i32 {
    let room = FACTS - LEFT - 200;
    let (name, lines) = called(paper.partner, room);
    let mut y = flow.y;
    flow.canvas.spaced((LEFT, y), Style::bold(70, Ink::Issued), 9, "SETTLEMENT STATEMENT");
    y += 20;
    for line in lines {
        y += name.size * 23 / 20;
        flow.canvas.text((LEFT, y), name, &line);
    }
    y += 165;
    let style = Style::regular(98, Ink::Muted);
    let programme = style.fit(&format!("in the programme {}", paper.programme), room);
    flow.canvas.text((LEFT, y), style, &programme);
    y
}

/// A name in the largest letters in which it has room, and its lines.
fn called(name: &str, room: i32) -> (Style, Vec<String>) {
    let styles = [(230, 1), (190, 2), (150, 3)];
    let tried = styles.map(|(size, lines_max)| {
        let style = Style::bold(size, Ink::Text);
        (style, style.wrap(name, room, lines_max))
    });
    let is_whole = |lines: &[String]| lines.iter().all(|line| !line.ends_with('…'));
    let [one, two, three] = tried;
    [one, two].into_iter().find(|(_, lines)| is_whole(lines)).unwrap_or(three)
}

/// What tells it from other statements; where that ends.
fn facts(flow: &mut Flow, paper: &Paper<'_>) -> i32 {
    const ROW: i32 = 148;
    let head = &paper.statement.head;
    let rows = [
        ("Statement", head.number.to_string()),
        ("Cycle", head.cycle.clone()),
        ("Days", words::days(head.first_day, head.last_day)),
        ("Currency", head.currency.clone()),
        ("Partner", format!("{} in {}", head.partner, head.programme)),
    ];
    let value = Style::bold(80, Ink::Text);
    let mut y = flow.y;
    for (label, text) in rows {
        flow.canvas.text((FACTS, y), Style::regular(80, Ink::Muted), label);
        let x = FACTS + 480;
        flow.canvas.text((x, y), value, &value.fit(&text, RIGHT - x));
        y += ROW;
    }
    y - ROW
}

/// Opening and lines less payments are closing.
fn balance(flow: &mut Flow, statement: &Statement) {
    const HEIGHT: i32 = 450;
    let head = &statement.head;
    let parts = [
        ("Opening balance", head.opening_minor, "+"),
        ("This cycle", statement.total_minor, "−"),
        ("Payments", head.paid_minor, "="),
        ("Closing balance", statement.closing_minor, ""),
    ];
    let (width, y) = (RIGHT - LEFT, flow.y);
    flow.canvas.card((LEFT, y), (width, HEIGHT), Ink::Wash);
    let (column, value) = (width / 4, Style::bold(138, Ink::Text));
    let mut x = LEFT;
    for (label, minor, sign) in parts {
        let text = words::amount(minor, head.minor_per_unit);
        let room = column - 240;
        let value = value.smaller(&text, room);
        flow.canvas.text((x + 130, y + 168), LABEL, label);
        flow.canvas.text((x + 130, y + 333), value, &value.fit(&text, room));
        let place = (x + column + 10, y + 328);
        flow.canvas.text_centred(place, Style::regular(130, Ink::Muted), sign);
        x += column;
    }
    flow.y = y + HEIGHT;
}

/// What is to be paid, by whom and until when.
fn due(flow: &mut Flow, paper: &Paper<'_>) {
    const HEIGHT: i32 = 540;
    let (head, due) = (&paper.statement.head, paper.statement.due_minor);
    let money = |minor: i64| {
        format!("{} {}", head.currency, words::amount(minor.saturating_abs(), head.minor_per_unit))
    };
    let by = paper.due_on.map_or(String::new(), |day| format!(" by {}", words::day(day)));
    let (what, amount) = match due {
        0 => ("Nothing is to be paid".to_owned(), money(0)),
        1.. => (format!("You pay{by}"), money(due)),
        _ => (format!("You are paid{by}"), money(due)),
    };
    let carried = paper.statement.carried_minor;
    let below = match (due, carried) {
        (0, 0) => "The balance of this statement is settled.".to_owned(),
        (0, 1..) => format!("{} that you owe is carried to the next statement.", money(carried)),
        (0, _) => format!("{} that you are owed is carried to the next statement.", money(carried)),
        _ => format!("Payment reference  {}", paper.reference),
    };
    let (width, y) = (RIGHT - LEFT, flow.y);
    flow.canvas.card((LEFT, y), (width, HEIGHT), Ink::Deep);
    let style = Style::bold(220, Ink::White).smaller(&amount, 2600);
    flow.canvas.text_right((RIGHT - 150, y + 350), style, &amount);
    let room = width - 400 - style.width(&amount);
    let (title, note) = (Style::bold(122, Ink::White), Style::regular(84, Ink::Pale));
    flow.canvas.text((LEFT + 150, y + 250), title, &title.fit(&what, room));
    flow.canvas.text((LEFT + 150, y + 398), note, &note.fit(&below, room));
    flow.y = y + HEIGHT;
}
