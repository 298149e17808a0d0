//! SEPA creditor identifiers (EPC262-08): who fetches money by direct debit. Pure.

use crate::refusal::{Code, Refusal};

/// Country, check digits and the business code; behind them the country's own number.
const HEAD: usize = 7;
const LENGTH_MAX: usize = 35;

/// The identifier as machines write it, without spaces, if it is one. Its check digits are ISO 7064 MOD
/// 97-10 over all but the business code, which its owner may choose.
pub fn identifier(text: &str) -> Result<String, Refusal> {
    let text: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
    let refused = |message: &str| {
        Err(Refusal::new(Code::CreditorIdInvalid).because(message).at("creditorId"))
    };
    let is_letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_plain || text.len() <= HEAD || text.len() > LENGTH_MAX {
        return refused("A creditor identifier has 8 to 35 letters and digits.");
    }
    let (country, rest) = text.split_at(2);
    let (digits, rest) = rest.split_at(2);
    if !is_letters(country) || !is_digits(digits) {
        return refused(
            "A creditor identifier begins with a country's two letters and two digits.",
        );
    }
    if remainder(&format!("{}{country}{digits}", &rest[3..])) != 1 {
        return refused(
            "The creditor identifier's check digits don't fit its country and its number.",
        );
    }
    Ok(text)
}

/// Of the number that letters and digits make, A being 10 and Z 35, divided by 97.
fn remainder(text: &str) -> u32 {
    let values = text.chars().filter_map(|sign| sign.to_digit(36));
    let step = |sum, value| (sum * (if value < 10 { 10 } else { 100 }) + value) % 97;
    values.fold(0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_any_country_are_read() {
        for (text, written) in [
            ("DE98ZZZ09999999999", "DE98ZZZ09999999999"),
            ("de98 abc 0999 9999 999", "DE98ABC09999999999"),
            ("FR72ZZZ123456", "FR72ZZZ123456"),
            ("NL79ZZZ999999990000", "NL79ZZZ999999990000"),
        ] {
            assert_eq!(identifier(text).as_deref(), Ok(written));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (bad, why) in [
            ("", "8 to 35"),
            ("DE98ZZZ", "8 to 35"),
            ("DE98ZZZ0999999999999999999999999999X", "8 to 35"),
            ("DE98-ZZZ0999999999", "8 to 35"),
            ("DE98ZZZ0999999999É", "8 to 35"),
            ("D198ZZZ09999999999", "two letters"),
            ("DEA8ZZZ09999999999", "two letters"),
            ("DE97ZZZ09999999999", "check digits"),
            ("DE98ZZZ09999999998", "check digits"),
            ("AT98ZZZ09999999999", "check digits"),
        ] {
            let refusal = identifier(bad).unwrap_err();
            assert_eq!(refusal.code, Code::CreditorIdInvalid);
            assert!(refusal.message.contains(why), "{bad}: {}", refusal.message);
        }
    }
}
