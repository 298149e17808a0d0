//! A statement as a PDF to read and to print: what is due, which lines make it, day by day what they came
//! to, and whose points were burned where. The same statement, on the same terms, is the same bytes.
//!
//! This module puts blocks below each other, and on the next page what has no room; each block draws itself.
//! Everything is placed by whole tenths of a point. What a statement says is decided elsewhere.

mod chart;
mod file;
mod font;
mod head;
mod lines;
mod matrix;
mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::ids::PartnerId;

use self::page::{Canvas, Ink, Style, WIDTH};
use crate::refusal::Refusal;
use crate::settlement::core::Matrix;
use crate::settlement::core::statement::Statement;

/// What is put on paper.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// What it says.
    pub statement: &'a Statement,
    /// What the programme is called.
    pub programme: &'a str,
    /// What the partner is called.
    pub partner: &'a str,
    /// Until when it is to be paid.
    pub due_on: Option<NaiveDate>,
    /// What a transfer for it quotes.
    pub reference: &'a str,
    /// Whose points were burned where, as far as the partner may know it.
    pub matrix: &'a Matrix,
    /// What the partners in it are called.
    pub partners: &'a BTreeMap<PartnerId, String>,
    /// Which of them this one is.
    pub own: PartnerId,
}

/// The statement as a PDF file.
pub fn pdf(paper: &Paper<'_>) -> Result<Vec<u8>, Refusal> {
    let head = &paper.statement.head;
    let which = format!("statement {} for {}", head.number, head.cycle);
    let mut flow = Flow { canvas: Canvas::new(), y: TOP, whose: paper.partner.to_owned(), which };
    head::draw(&mut flow, paper);
    lines::draw(&mut flow, paper.statement);
    chart::draw(&mut flow, paper.statement)?;
    matrix::draw(&mut flow, paper);
    feet(&mut flow, paper.statement);
    let title = format!("{}: {}, {}", paper.programme, flow.whose, flow.which);
    Ok(file::written(flow.canvas, &title))
}

/// The margins: between these lies everything but what every page has.
const LEFT: i32 = 500;
const RIGHT: i32 = WIDTH - 500;
const TOP: i32 = 540;
const BOTTOM: i32 = 7760;
/// Between two blocks.
const GAP: i32 = 290;

const TITLE: Style = Style::bold(112, Ink::Text);
const LABEL: Style = Style::regular(72, Ink::Muted);

/// Where the next block begins.
struct Flow {
    canvas: Canvas,
    y: i32,
    /// What pages after the first begin with: the partner, and which of its statements it is.
    whose: String,
    which: String,
}

impl Flow {
    /// Makes sure that a height has room, on the next page if need be; tells whether it is one.
    fn room(&mut self, height: i32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.canvas.turn();
        let style = Style::regular(76, Ink::Muted);
        self.canvas.text_right((RIGHT, 400), style, &self.which);
        let room = RIGHT - LEFT - style.width(&self.which) - 200;
        self.canvas.text((LEFT, 400), style, &style.fit(&self.whose, room));
        self.canvas.rule((LEFT, 460), RIGHT - LEFT, Ink::Rule);
        self.y = TOP + 60;
        true
    }

    /// The title of a block of which so much has to be together, and what explains it.
    fn title(&mut self, title: &str, explained: &str, height: i32) {
        self.y += GAP;
        self.room(height);
        self.canvas.text((LEFT, self.y), TITLE, title);
        let x = LEFT + TITLE.width(title) + 90;
        let explained = LABEL.fit(explained, RIGHT - x);
        self.canvas.text((x, self.y), LABEL, &explained);
        self.y += 70;
    }
}

/// What every page ends with: what binds it to the statement, and which of how many it is.
fn feet(flow: &mut Flow, statement: &Statement) {
    let pages = flow.canvas.pages.len();
    let (hash, previous) = (statement.hash(), statement.head.previous_hash.as_deref());
    let rows = [
        ("Hash", hash.as_str()),
        ("Previous hash", previous.unwrap_or("none: this is the first statement")),
    ];
    let (label, value) = (Style::regular(62, Ink::Muted), Style::regular(62, Ink::Text));
    for page in 0..pages {
        let canvas = &mut flow.canvas;
        canvas.open(page);
        canvas.rule((LEFT, 7880), RIGHT - LEFT, Ink::Rule);
        for ((name, text), y) in rows.iter().zip([7990, 8085]) {
            canvas.text((LEFT, y), label, name);
            canvas.text((LEFT + 500, y), value, &value.fit(text, 3800));
        }
        let number = format!("Page {} of {pages}", page + 1);
        canvas.text_right((RIGHT, 7990), label, &number);
        canvas.text_right((RIGHT, 8085), label, "Check it offline: florin statement verify");
    }
}
