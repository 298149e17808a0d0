//! Text from outside, made safe in one place: Unicode NFC, trimmed, bounded, no control characters.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::{Code, Refusal};

/// The text in NFC and trimmed, if it has 1 to `length_max` characters and none of control.
pub fn clean(text: &str, length_max: usize, otherwise: Code) -> Result<String, Refusal> {
    let text: String = text.trim().nfc().collect();
    let length = text.chars().count();
    if length == 0 || length > length_max || text.chars().any(is_unwanted) {
        return Err(otherwise.into());
    }
    Ok(text)
}

/// The same for text that may be missing.
pub fn clean_option(
    text: Option<&str>,
    length_max: usize,
    otherwise: Code,
) -> Result<Option<String>, Refusal> {
    text.map(|text| clean(text, length_max, otherwise)).transpose()
}

/// The same for text of several lines that may be missing.
pub fn clean_lines(
    text: Option<&str>,
    length_max: usize,
    otherwise: Code,
) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let lines: Vec<String> = text.trim().lines().map(|line| line.nfc().collect()).collect();
    let text = lines.join("\n");
    let is_right = (1..=length_max).contains(&text.chars().count())
        && !text.chars().any(|letter| letter != '\n' && is_unwanted(letter));
    if is_right { Ok(Some(text)) } else { Err(otherwise.into()) }
}

/// A person's or business's name.
pub fn name(text: &str) -> Result<String, Refusal> {
    clean(text, 200, Code::NameInvalid).map_err(|refusal| refusal.at("name"))
}

/// A short name for machines: lower-case letters, digits and hyphens.
pub fn code(text: &str) -> Result<String, Refusal> {
    let is_first = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_right = (1..=64).contains(&text.len())
        && text.starts_with(is_first)
        && text.chars().all(|letter| is_first(letter) || letter == '-');
    if is_right { Ok(text.to_owned()) } else { Err(Refusal::new(Code::CodeInvalid).at("code")) }
}

/// A card number: letters, digits, hyphens and dots.
pub fn card_number(text: &str) -> Result<String, Refusal> {
    let is_right = (1..=64).contains(&text.len())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    if is_right {
        Ok(text.to_owned())
    } else {
        Err(Refusal::new(Code::CardNumberInvalid).at("cardNumber"))
    }
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Control characters, those that turn the direction of what is shown, and those that show nothing.
fn is_unwanted(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}' | '\u{2060}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalised_and_bounded() {
        assert_eq!(clean("  Cafe\u{301} ", 4, Code::NameInvalid).unwrap(), "Café");
        for bad in ["", "   ", "abcde", "a\u{0}b", "a\u{202e}b"] {
            assert_eq!(
                clean(bad, 4, Code::NameInvalid).unwrap_err().code,
                Code::NameInvalid,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn codes_are_plain() {
        assert!(code("grocer-7").is_ok());
        for bad in ["", "-a", "Grocer", "a b", "ä"] {
            assert!(code(bad).is_err(), "{bad}");
        }
    }
}
