//! Pages that are drawn on: texts, areas and lines, placed by whole tenths of a point from the upper left
//! corner of an A4 sheet. What is drawn is decided elsewhere.

use pdf_writer::{Content, Name, Str};

use super::font::{Face, Used, Weight};

/// A4, in tenths of a point.
pub(super) const WIDTH: i32 = 5953;
pub(super) const HEIGHT: i32 = 8419;

/// The colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// What is read.
    Text,
    /// What explains it.
    Muted,
    /// What stands out: the amount that is due.
    Deep,
    /// On that.
    White,
    /// On that, what explains it.
    Pale,
    /// Lines.
    Rule,
    /// Areas.
    Wash,
    /// What is the partner's own.
    Own,
    /// The same where both row and column are.
    OwnTwice,
    Issued,
    Funded,
    Burned,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size: i32,
    pub(super) weight: Weight,
    pub(super) ink: Ink,
}

impl Style {
    pub(super) const fn regular(size: i32, ink: Ink) -> Self {
        Self { size, weight: Weight::Regular, ink }
    }

    pub(super) const fn bold(size: i32, ink: Ink) -> Self {
        Self { size, weight: Weight::SemiBold, ink }
    }

    pub(super) fn width(self, text: &str) -> i32 {
        Face::of(self.weight).width(text, self.size)
    }

    /// The text, or as much of its beginning as has room.
    pub(super) fn fit(self, text: &str, room: i32) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let mut cut: String = text.to_owned();
        while cut.pop().is_some() {
            let shown = format!("{}…", cut.trim_end());
            if self.width(&shown) <= room {
                return shown;
            }
        }
        String::new()
    }

    /// The same style, or the next smaller one in which a text has room, down to half its size.
    pub(super) fn smaller(self, text: &str, room: i32) -> Self {
        let sizes = (self.size / 2..=self.size).rev();
        let mut styles = sizes.map(|size| Self { size, ..self });
        styles
            .find(|style| style.width(text) <= room)
            .unwrap_or(Self { size: self.size / 2, ..self })
    }

    /// The text in lines that have room, at most so many; what is left over is cut.
    pub(super) fn wrap(self, text: &str, room: i32, lines_max: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let words = text.split_whitespace();
        // A hyphen may end a line too.
        let parts = words.flat_map(|word| (0..).zip(word.split_inclusive('-')));
        for (part, word) in parts {
            let space = if part == 0 && !line.is_empty() { " " } else { "" };
            let longer = format!("{line}{space}{word}");
            if line.is_empty() || self.width(&longer) <= room || lines.len() + 1 == lines_max {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        lines.push(line);
        lines.iter().map(|line| self.fit(line, room)).collect()
    }
}

/// The pages of a file, and what they use.
pub(super) struct Canvas {
    pub(super) pages: Vec<Content>,
    pub(super) fonts: [Used; 2],
    /// The one that is drawn on.
    current: usize,
}

impl Canvas {
    /// One page.
    pub(super) fn new() -> Self {
        let fonts = [Used::of(Weight::Regular), Used::of(Weight::SemiBold)];
        let mut canvas = Self { pages: Vec::new(), fonts, current: 0 };
        canvas.turn();
        canvas
    }

    /// A new page.
    pub(super) fn turn(&mut self) {
        let mut page = Content::new();
        page.transform([0.1, 0.0, 0.0, 0.1, 0.0, 0.0]);
        self.pages.push(page);
        self.current = self.pages.len() - 1;
    }

    /// Goes back to a page, counted from 0.
    pub(super) fn open(&mut self, page: usize) {
        self.current = page.min(self.pages.len() - 1);
    }

    /// A text that begins at a place; its letters stand on it.
    pub(super) fn text(&mut self, (x, y): (i32, i32), style: Style, text: &str) {
        self.spaced((x, y), style, 0, text);
    }

    /// The same with more space between letters.
    pub(super) fn spaced(&mut self, (x, y): (i32, i32), style: Style, space: i32, text: &str) {
        let (font, name): (usize, &[u8]) = match style.weight {
            Weight::Regular => (0, b"F0"),
            Weight::SemiBold => (1, b"F1"),
        };
        let glyphs = self.fonts[font].encoded(text);
        let page = self.ink(style.ink);
        page.begin_text();
        page.set_font(Name(name), tenths(style.size).into());
        page.set_char_spacing(tenths(space).into());
        page.set_text_matrix([1.0, 0.0, 0.0, 1.0, tenths(x).into(), tenths(HEIGHT - y).into()]);
        page.show(Str(&glyphs));
        page.end_text();
    }

    /// A text that ends at a place.
    pub(super) fn text_right(&mut self, (right, y): (i32, i32), style: Style, text: &str) {
        self.text((right - style.width(text), y), style, text);
    }

    /// The same, smaller if it has no room.
    pub(super) fn number(&mut self, place: (i32, i32), room: i32, style: Style, text: &str) {
        self.text_right(place, style.smaller(text, room), text);
    }

    /// A text in the middle of a place.
    pub(super) fn text_centred(&mut self, (middle, y): (i32, i32), style: Style, text: &str) {
        self.text((middle - style.width(text) / 2, y), style, text);
    }

    /// An area, from its upper left corner.
    pub(super) fn area(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), ink: Ink) {
        let bottom = HEIGHT - y - height;
        let page = self.ink(ink);
        page.rect(
            tenths(x).into(),
            tenths(bottom).into(),
            tenths(width).into(),
            tenths(height).into(),
        );
        page.fill_nonzero();
    }

    /// A thin line from left to right.
    pub(super) fn rule(&mut self, (x, y): (i32, i32), width: i32, ink: Ink) {
        self.area((x, y), (width, 5), ink);
    }

    /// An area with round corners.
    pub(super) fn card(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), ink: Ink) {
        const RADIUS: i32 = 60;
        /// How far the handles of a quarter of a circle are from its ends.
        const HANDLE: i32 = 33;
        let (left, right) = (x, x + width);
        let (top, bottom) = (HEIGHT - y, HEIGHT - y - height);
        let page = self.ink(ink);
        page.move_to(tenths(left + RADIUS).into(), tenths(top).into());
        let corners = [
            ((right, top), (-1, 0), (0, -1)),
            ((right, bottom), (0, 1), (-1, 0)),
            ((left, bottom), (1, 0), (0, 1)),
            ((left, top), (0, -1), (1, 0)),
        ];
        for ((x, y), from, to) in corners {
            let away = |(dx, dy): (i32, i32), by: i32| (tenths(x + dx * by), tenths(y + dy * by));
            let (begin, end) = (away(from, RADIUS), away(to, RADIUS));
            let (one, other) = (away(from, RADIUS - HANDLE), away(to, RADIUS - HANDLE));
            page.line_to(begin.0.into(), begin.1.into());
            page.cubic_to(
                one.0.into(),
                one.1.into(),
                other.0.into(),
                other.1.into(),
                end.0.into(),
                end.1.into(),
            );
        }
        page.close_path();
        page.fill_nonzero();
    }

    fn ink(&mut self, ink: Ink) -> &mut Content {
        let page = &mut self.pages[self.current];
        match ink {
            Ink::Text => page.set_fill_rgb(0.09, 0.12, 0.18),
            Ink::Muted => page.set_fill_rgb(0.40, 0.44, 0.52),
            Ink::Deep => page.set_fill_rgb(0.08, 0.13, 0.27),
            Ink::White => page.set_fill_rgb(1.0, 1.0, 1.0),
            Ink::Pale => page.set_fill_rgb(0.74, 0.79, 0.90),
            Ink::Rule => page.set_fill_rgb(0.85, 0.87, 0.90),
            Ink::Wash => page.set_fill_rgb(0.955, 0.963, 0.976),
            Ink::Own => page.set_fill_rgb(0.915, 0.935, 0.99),
            Ink::OwnTwice => page.set_fill_rgb(0.80, 0.85, 0.97),
            Ink::Issued => page.set_fill_rgb(0.25, 0.37, 0.78),
            Ink::Funded => page.set_fill_rgb(0.93, 0.63, 0.20),
            Ink::Burned => page.set_fill_rgb(0.12, 0.59, 0.51),
        }
    }
}

/// A coordinate as it is written: nothing on a page is farther away.
fn tenths(tenths: i32) -> i16 {
    i16::try_from(tenths).unwrap_or(if tenths < 0 { i16::MIN } else { i16::MAX })
}
