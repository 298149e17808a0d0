//! Codes of vouchers: 15 symbols drawn from a cryptographic generator and one that checks them, in the
//! alphabet of Crockford's base 32 (<https://www.crockford.com/base32.html>), which has no letter that is
//! taken for a digit; written in fours, `7K3M-9QXA-…`.
//!
//! 15 symbols are 75 bits: with a million vouchers about, one guess in 2⁵⁵ hits one. The last symbol is
//! Luhn's check modulo 32: it finds each single wrong symbol and nearly all swapped neighbours, so that a slip
//! of the finger is told from a wrong code without asking the books.

use std::fmt;

use aws_lc_rs::rand;

use crate::error::{Error, Result};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many symbols are drawn.
const DRAWN: usize = 15;
/// Symbols between two hyphens.
const GROUP: usize = 4;

/// A code as it is kept and compared: capital letters and digits alone.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::rewards) struct VoucherCode(String);

impl fmt::Debug for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl VoucherCode {
    /// A new one.
    pub(in crate::rewards) fn draw() -> Result<Self> {
        let mut bytes = [0; DRAWN];
        rand::fill(&mut bytes).map_err(|_| Error::internal("no random bytes to be had"))?;
        // 256 is a multiple of 32: each symbol is as likely as any other.
        Ok(Self::of(&bytes.map(|byte| usize::from(byte) % ALPHABET.len())))
    }

    fn of(drawn: &[usize; DRAWN]) -> Self {
        let symbols = drawn.iter().copied().chain([check(drawn)]);
        Self(symbols.filter_map(|value| ALPHABET.get(value)).map(|own| char::from(*own)).collect())
    }

    /// What somebody typed, if it can be a code: in small letters too, with hyphens and spaces or without,
    /// and with the letters that look like digits.
    pub(in crate::rewards) fn read(typed: &str) -> Option<Self> {
        let symbols = typed.chars().filter(|own| !matches!(own, '-' | ' '));
        let values: Option<Vec<usize>> = symbols.take(DRAWN + 2).map(value_of).collect();
        let values = values?;
        let (drawn, last) = values.split_at_checked(DRAWN)?;
        let drawn: &[usize; DRAWN] = drawn.try_into().ok()?;
        (last == [check(drawn)]).then(|| Self::of(drawn))
    }

    /// As it is kept.
    pub(in crate::rewards) fn plain(&self) -> &str {
        &self.0
    }

    /// As people read it.
    pub(in crate::rewards) fn shown(plain: &str) -> String {
        let symbols: Vec<char> = plain.chars().collect();
        let groups: Vec<String> = symbols.chunks(GROUP).map(|own| own.iter().collect()).collect();
        groups.join("-")
    }
}

fn value_of(symbol: char) -> Option<usize> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|own| char::from(*own) == symbol)
}

/// Luhn's check modulo 32: from the right, each second symbol counts twice, the digits of which are added.
fn check(drawn: &[usize; DRAWN]) -> usize {
    let base = ALPHABET.len();
    let sum: usize = drawn
        .iter()
        .rev()
        .enumerate()
        .map(|(place, value)| if place % 2 == 0 { value * 2 } else { *value })
        .map(|value| value / base + value % base)
        .sum();
    (base - sum % base) % base
}

#[cfg(test)]
mod tests {
    //! What the check finds, and what people may type.

    use proptest::prelude::*;

    use super::*;

    fn any_code() -> impl Strategy<Value = VoucherCode> {
        proptest::array::uniform15(0..ALPHABET.len()).prop_map(|drawn| VoucherCode::of(&drawn))
    }

    proptest! {
        #[test]
        fn what_was_drawn_is_read_however_it_is_typed(code in any_code()) {
            let shown = VoucherCode::shown(code.plain());
            prop_assert_eq!(shown.len(), 19);
            for typed in [shown.clone(), shown.to_lowercase(), code.plain().to_owned(), shown.replace('-', " ")] {
                prop_assert!(VoucherCode::read(&typed) == Some(code.clone()));
            }
            let alike = code.plain().replace('0', "o").replace('1', "l");
            prop_assert!(VoucherCode::read(&alike) == Some(code));
        }

        #[test]
        fn a_wrong_symbol_is_found(code in any_code(), place in 0..16_usize, other in 0..32_usize) {
            let mut typed: Vec<char> = code.plain().chars().collect();
            let wrong = char::from(ALPHABET[other]);
            prop_assume!(typed[place] != wrong);
            typed[place] = wrong;
            let typed: String = typed.into_iter().collect();
            prop_assert!(VoucherCode::read(&typed).is_none());
        }
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for typed in ["", "0", "0000-0000-0000-000U", "0000-0000-0000-00000", "ß000-0000-0000-0000"]
        {
            assert!(VoucherCode::read(typed).is_none(), "{typed}");
        }
        assert!(VoucherCode::read("0000-0000-0000-0000").is_some());
    }

    #[test]
    fn no_two_drawn_codes_are_alike() {
        let drawn: std::collections::HashSet<String> =
            (0..1000).map(|_| VoucherCode::draw().unwrap().plain().to_owned()).collect();
        assert_eq!(drawn.len(), 1000);
    }
}
