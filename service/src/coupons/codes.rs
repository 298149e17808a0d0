//! Codes that are typed: Crockford's base 32 without letters that are taken for digits, with a check character.
//!
//! A single-use code has 16 characters drawn by the system's generator and one that checks them: 80 bits of
//! entropy. Where a million codes are good, a thousand guesses a second hit one in some 38 million years. The check
//! character catches every mistyped character and every two that changed places, before anybody looks in the books.

use aws_lc_rs::rand;

use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};

/// Crockford's alphabet: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What is drawn.
const RANDOM_LENGTH: usize = 16;
/// A prime above the alphabet: a sum weighted by place, modulo it, sees each single change. Its remainders are
/// written by Crockford's check symbols.
const CHECK: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
/// Shared codes are words that people choose.
const SHARED_LENGTH: std::ops::RangeInclusive<usize> = 4..=40;

/// A code that nobody can guess.
pub(super) fn draw() -> Result<String> {
    let mut bytes = [0_u8; RANDOM_LENGTH];
    rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes to be had"))?;
    // 256 is eight times 32: each letter is as likely.
    let mut code: String =
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    code.push(check(&code));
    Ok(code)
}

/// The character that checks these.
fn check(code: &str) -> char {
    let value = |letter: u8| ALPHABET.iter().position(|own| *own == letter).unwrap_or(0);
    let sum = code.bytes().zip(1..).fold(0, |sum, (letter, place)| sum + place * value(letter));
    char::from(CHECK[sum % CHECK.len()])
}

/// What was typed, in the form in which codes are compared: capital letters without spaces and hyphens.
pub(super) fn normal(typed: &str) -> String {
    let kept = typed.chars().filter(|own| !own.is_whitespace() && *own != '-').take(64);
    kept.flat_map(char::to_uppercase).collect()
}

/// The single-use code that may have been meant: what looks like a digit is one.
pub(super) fn single_use(typed: &str) -> Option<String> {
    let code = normal(typed);
    let read = |own: char| match own {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    if code.chars().count() != RANDOM_LENGTH + 1 {
        return None;
    }
    let drawn: String = code.chars().take(RANDOM_LENGTH).map(read).collect();
    let is_right = drawn.bytes().all(|own| ALPHABET.contains(&own));
    let last = code.chars().last().filter(|last| is_right && check(&drawn) == read(*last));
    last.map(|_| format!("{drawn}{}", check(&drawn)))
}

/// A shared code as it is saved.
pub(super) fn shared(code: &str) -> Result<String, Refusal> {
    let code = normal(code);
    let is_plain = code.bytes().all(|own| own.is_ascii_alphanumeric());
    if is_plain && SHARED_LENGTH.contains(&code.len()) {
        return Ok(code);
    }
    let message = "A shared code has 4 to 40 letters and digits.";
    Err(Refusal::new(Code::CodeInvalid).because(message).at("sharedCode"))
}

#[cfg(test)]
mod tests {
    //! What is drawn is read again, and nothing else.

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_drawn_is_read_however_it_is_typed() {
        let drawn: BTreeSet<String> = (0..1000).map(|_| draw().unwrap()).collect();
        assert_eq!(drawn.len(), 1000);
        for code in drawn {
            assert_eq!(single_use(&code).as_ref(), Some(&code));
            let typed = format!("{}-{} ", &code[..8], &code[8..]).to_lowercase();
            assert_eq!(single_use(&typed).as_ref(), Some(&code));
        }
    }

    #[test]
    fn one_wrong_character_is_noticed() {
        let code = draw().unwrap();
        for place in 0..RANDOM_LENGTH {
            for letter in ALPHABET.iter().map(|own| char::from(*own)) {
                let mut other: Vec<char> = code.chars().collect();
                if other[place] != letter {
                    other[place] = letter;
                    assert_eq!(single_use(&other.into_iter().collect::<String>()), None);
                }
            }
        }
    }

    #[test]
    fn a_shared_code_is_a_word() {
        assert_eq!(shared(" spring-25").unwrap(), "SPRING25");
        assert!(shared("ab").is_err() && shared("spring!").is_err());
    }
}
