//! Names and texts in the characters that every bank in SEPA takes: the basic Latin set of the EPC's
//! guidelines (EPC217-08). A bank may refuse a whole file for one character outside of it. Pure.
//!
//! Letters of other scripts and letters with marks are transliterated; other signs become the nearest one of
//! the set, or none: a symbol never becomes a word, which would be in nobody's name.

use deunicode::deunicode_char;

/// The most characters of a name, and of a remittance text, that ISO 20022 payments take in SEPA.
const NAME_MAX: usize = 70;
const TEXT_MAX: usize = 140;
/// And of a reference.
const REFERENCE_MAX: usize = 35;
/// The set, beside letters and digits.
const SIGNS: &str = "/-?:().,'+ ";

/// A name as a bank takes it; none where no letter or digit is left of it.
pub(crate) fn name(text: &str) -> Option<String> {
    let name = fitted(text, NAME_MAX);
    name.chars().any(|sign| sign.is_ascii_alphanumeric()).then_some(name)
}

/// A text for a statement as a bank takes it.
pub(super) fn remittance(text: &str) -> String {
    fitted(text, TEXT_MAX)
}

/// An id or a mandate's reference, if banks take it as it is: it comes back in their answers, so that not a
/// sign of it may be another. The guidelines keep slashes from its ends and from each other.
pub(crate) fn reference(text: &str) -> Option<String> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || SIGNS.contains(sign);
    let is_edge = |sign: char| matches!(sign, '/' | ' ');
    let is_right = (1..=REFERENCE_MAX).contains(&text.len())
        && text.chars().all(is_sign)
        && !text.starts_with(is_edge)
        && !text.ends_with(is_edge)
        && !text.contains("//");
    is_right.then(|| text.to_owned())
}

/// In the set, with single spaces between words, and no longer than that.
fn fitted(text: &str, length_max: usize) -> String {
    let latin: String = text.chars().flat_map(|sign| written(sign).chars()).map(nearest).collect();
    let words = latin.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(length_max).collect();
    cut.trim_end().to_owned()
}

/// A character in ASCII. What is no letter and no digit becomes a sign, or a gap.
fn written(sign: char) -> &'static str {
    let written = deunicode_char(sign).unwrap_or(" ");
    let is_word = written.chars().any(|sign| sign.is_ascii_alphanumeric());
    if is_word && !sign.is_alphanumeric() { " " } else { written }
}

/// The character of the set for one of ASCII.
fn nearest(sign: char) -> char {
    match sign {
        _ if sign.is_ascii_alphanumeric() || SIGNS.contains(sign) => sign,
        '&' => '+',
        '_' | '~' => '-',
        '"' | '`' => '\'',
        ';' => ',',
        '[' | '{' => '(',
        ']' | '}' => ')',
        '\\' | '|' => '/',
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_written_in_latin_ones() {
        for (text, latin) in [
            ("Ana Bianchi", "Ana Bianchi"),
            ("Jürgen Weiß", "Jurgen Weiss"),
            ("Łukasz Żółć", "Lukasz Zolc"),
            ("Søren Ægir Þórsson", "Soren AEgir Thorsson"),
            ("Zoe\u{308} D\u{2019}Angelo", "Zoe D'Angelo"),
            ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
            ("Иван Щукин", "Ivan Shchukin"),
            ("王小明", "Wang Xiao Ming"),
        ] {
            assert_eq!(name(text).as_deref(), Some(latin), "{text}");
        }
    }

    #[test]
    fn signs_become_the_nearest_of_the_set_and_symbols_no_words() {
        for (text, latin) in [
            ("Bo <O'Neil> & Söhne", "Bo O'Neil + Sohne"),
            ("Ana 😀 B. ❤", "Ana B."),
            ("A_B [1] {2} ~ \"C\"; D|E\\F", "A-B (1) (2) - 'C', D/E/F"),
            ("Café — „Zur Post“…", "Cafe -- ,,Zur Post'..."),
            ("№ 5 ™ €", "5"),
            ("a\u{200d}b\u{ad}c\u{a0}d", "abc d"),
        ] {
            assert_eq!(name(text).as_deref(), Some(latin), "{text}");
        }
    }

    #[test]
    fn nothing_outside_of_the_set_comes_through() {
        for sign in '\0'..='\u{1ffff}' {
            let text = fitted(&format!("a{sign}b"), NAME_MAX);
            let is_in = |sign: char| sign.is_ascii_alphanumeric() || SIGNS.contains(sign);
            assert!(text.chars().all(is_in), "{sign:?} became {text:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_what_is_written() {
        let written = name(&"Щ".repeat(70)).unwrap();
        assert!(written.len() == 70 && written.starts_with("ShchShch"), "{written}");
        assert_eq!(name(&format!("{} b", "a".repeat(69))).unwrap(), "a".repeat(69));
        assert_eq!(remittance(&"ß".repeat(140)), "s".repeat(140));
    }

    #[test]
    fn a_reference_is_taken_as_it_is_or_not_at_all() {
        for right in ["A", "MND-2026/1 (B2B)", &"9".repeat(35)] {
            assert_eq!(reference(right).as_deref(), Some(right));
        }
        for wrong in ["", " A", "A ", "/A", "A/", "A//B", "A_B", "Ä", &"9".repeat(36)] {
            assert_eq!(reference(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_left_is_none() {
        for text in ["", " ", "😀 ❤", "!!!", "-.-", "\u{301}\u{200d}"] {
            assert_eq!(name(text), None, "{text:?}");
        }
    }
}
