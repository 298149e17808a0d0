//! The letters of a page: which glyph draws which, how wide it is, and the part of a font that a file needs.
//!
//! The fonts are Inter by Rasmus Andersson, under the SIL Open Font License (`fonts/OFL.txt`), with Latin,
//! Greek and Cyrillic letters and with digits of one width, so that columns stand. A letter that they don't
//! have is written in Latin ones: nothing is left out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use subsetter::GlyphRemapper;
use unicode_normalization::UnicodeNormalization as _;

/// How thick letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// A font as it is shipped.
pub(super) struct Face {
    pub(super) name: &'static str,
    data: &'static [u8],
    /// By code point.
    glyphs: BTreeMap<u16, u16>,
    /// By glyph, in units of the font.
    widths: Vec<u16>,
}

/// Into so many parts the fonts divide the height of a line.
const UNITS_PER_EM: i64 = 2048;

static REGULAR: LazyLock<Face> =
    LazyLock::new(|| Face::shipped("Inter-Regular", include_bytes!("fonts/Inter-Regular.ttf")));
static SEMI_BOLD: LazyLock<Face> =
    LazyLock::new(|| Face::shipped("Inter-SemiBold", include_bytes!("fonts/Inter-SemiBold.ttf")));

impl Face {
    pub(super) fn of(weight: Weight) -> &'static Self {
        match weight {
            Weight::Regular => &REGULAR,
            Weight::SemiBold => &SEMI_BOLD,
        }
    }

    fn shipped(name: &'static str, data: &'static [u8]) -> Self {
        let glyphs = glyphs(data).expect("the font is shipped, and tests read it");
        let widths = widths(data).expect("the font is shipped, and tests read it");
        Self { name, data, glyphs, widths }
    }

    /// What is drawn for a text: letters with their glyphs.
    pub(super) fn letters(&self, text: &str) -> Vec<(char, u16)> {
        let mut letters = Vec::new();
        for letter in text.nfc() {
            match self.glyph(letter) {
                Some(glyph) => letters.push((letter, glyph)),
                None if letter.is_whitespace() => letters.extend(self.letter(' ')),
                None if letter.is_control() => {}
                None => {
                    let latin = deunicode::deunicode_char(letter).unwrap_or("?");
                    letters.extend(latin.chars().filter_map(|latin| self.letter(latin)));
                }
            }
        }
        letters
    }

    fn letter(&self, letter: char) -> Option<(char, u16)> {
        Some((letter, self.glyph(letter)?))
    }

    fn glyph(&self, letter: char) -> Option<u16> {
        self.glyphs.get(&u16::try_from(u32::from(letter)).ok()?).copied()
    }

    /// How wide a glyph is, in thousandths of the size.
    pub(super) fn advance(&self, glyph: u16) -> i16 {
        let units = i64::from(self.units(glyph));
        i16::try_from(units * 1000 / UNITS_PER_EM).unwrap_or(i16::MAX)
    }

    /// How wide a text is, in what the size is in.
    pub(super) fn width(&self, text: &str, size: i32) -> i32 {
        let units = self.letters(text).into_iter().map(|(_, glyph)| i64::from(self.units(glyph)));
        i32::try_from(units.sum::<i64>() * i64::from(size) / UNITS_PER_EM).unwrap_or(i32::MAX)
    }

    fn units(&self, glyph: u16) -> u16 {
        self.widths.get(usize::from(glyph)).or(self.widths.last()).copied().unwrap_or(0)
    }
}

/// What of a font a file uses.
pub(super) struct Used {
    pub(super) face: &'static Face,
    kept: GlyphRemapper,
    /// By glyph in the file: what it stands for, and how wide it is.
    pub(super) letters: BTreeMap<u16, (char, i16)>,
}

impl Used {
    pub(super) fn of(weight: Weight) -> Self {
        Self { face: Face::of(weight), kept: GlyphRemapper::new(), letters: BTreeMap::new() }
    }

    /// A text as the file's glyphs, two bytes each.
    pub(super) fn encoded(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (letter, glyph) in self.face.letters(text) {
            let own = self.kept.remap(glyph);
            self.letters.entry(own).or_insert((letter, self.face.advance(glyph)));
            bytes.extend(own.to_be_bytes());
        }
        bytes
    }

    /// The font with the glyphs that were used.
    pub(super) fn subset(&self) -> Vec<u8> {
        subsetter::subset(self.face.data, 0, &self.kept)
            .expect("the font is shipped, and tests take it apart")
    }
}

/// A table of a font.
fn table<'a>(data: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let count = usize::from(u16_at(data, 4)?);
    let records = data.get(12..)?.chunks_exact(16).take(count);
    let record = records.into_iter().find(|record| record.starts_with(name))?;
    let (offset, length) = (u32_at(record, 8)?, u32_at(record, 12)?);
    data.get(offset..offset.checked_add(length)?)
}

/// Which glyph stands for which code point: the table `cmap`, in its format 4.
fn glyphs(data: &[u8]) -> Option<BTreeMap<u16, u16>> {
    let map = table(data, b"cmap")?;
    let count = usize::from(u16_at(map, 2)?);
    let parts = (0..count).filter_map(|part| map.get(u32_at(map, 8 + 8 * part)?..));
    let map = parts.into_iter().find(|part| u16_at(part, 0) == Some(4))?;
    let twice = usize::from(u16_at(map, 6)?);
    let mut glyphs = BTreeMap::new();
    for at in (0..twice).step_by(2) {
        let (last, first) = (u16_at(map, 14 + at)?, u16_at(map, 16 + twice + at)?);
        let (shift, place) = (u16_at(map, 16 + 2 * twice + at)?, 16 + 3 * twice + at);
        let offset = usize::from(u16_at(map, place)?);
        for code in (first..=last).filter(|code| *code != u16::MAX) {
            let listed = place + offset + 2 * usize::from(code - first);
            let glyph = match offset {
                0 => code.wrapping_add(shift),
                _ => match u16_at(map, listed)? {
                    0 => 0,
                    glyph => glyph.wrapping_add(shift),
                },
            };
            if glyph != 0 {
                glyphs.insert(code, glyph);
            }
        }
    }
    Some(glyphs)
}

/// How wide each glyph is: the table `hmtx`, of which `hhea` says how long it is.
fn widths(data: &[u8]) -> Option<Vec<u16>> {
    let count = usize::from(u16_at(table(data, b"hhea")?, 34)?);
    let metrics = table(data, b"hmtx")?;
    (0..count).map(|glyph| u16_at(metrics, 4 * glyph)).collect()
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?);
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> String {
        Face::of(Weight::Regular).letters(text).into_iter().map(|(letter, _)| letter).collect()
    }

    #[test]
    fn names_of_europe_are_drawn_as_they_are() {
        for text in [
            "Bäckerei Größe & Söhne, Æøå",
            "Žižkův Čaj, Łódź, Győr, Şişli, Țara Ștefan, Ħaż-Żebbuġ, Sāpe, Ęė",
            "Tiệm bánh Việt",
            "Ζαχαροπλαστείο, Пекарня",
            "−1,234.56 € “x” – … · ’",
        ] {
            assert_eq!(drawn(text), text);
        }
        assert_eq!(drawn("e\u{301}"), "é");
    }

    #[test]
    fn what_the_font_lacks_is_written_in_latin() {
        assert_eq!(drawn("北京").trim(), "Bei Jing");
        assert_eq!(drawn("a\u{7}\tb\nc"), "a b c");
    }

    #[test]
    fn digits_have_one_width() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            let face = Face::of(weight);
            let widths = (0..=9).map(|digit: i32| face.width(&digit.to_string(), 1000));
            assert_eq!(widths.collect::<std::collections::BTreeSet<_>>().len(), 1);
        }
    }
}
