//! Bank account numbers: IBANs by ISO 13616, their check digits by ISO 7064 MOD 97-10, BICs by ISO 9362.
//! Pure. A refusal says what is wrong and never repeats the number.

use iban::{Iban, IbanLike, ParseBaseIbanError, ParseIbanError};

use crate::refusal::{Code, Refusal};

/// The number as machines write it, without spaces, if it is one.
pub fn electronic(text: &str) -> Result<String, Refusal> {
    let text: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
    let refused =
        |message: String| Err(Refusal::new(Code::IbanInvalid).because(message).at("iban"));
    match text.parse::<Iban>() {
        Ok(iban) => Ok(iban.electronic_str().to_owned()),
        Err(ParseIbanError::InvalidBaseIban { source: ParseBaseIbanError::InvalidChecksum }) => {
            refused("The IBAN's check digits don't fit its other characters.".to_owned())
        }
        Err(ParseIbanError::InvalidBaseIban { .. }) => refused(
            "An IBAN has two letters, two digits and 11 to 30 letters or digits.".to_owned(),
        ),
        Err(ParseIbanError::InvalidBban(iban)) => refused(format!(
            "An IBAN of {} isn't as long as this, or has letters where that country has digits.",
            iban.country_code()
        )),
        Err(ParseIbanError::UnknownCountry(iban)) => {
            refused(format!("No country {} has IBANs.", iban.country_code()))
        }
    }
}

/// What may be shown of an IBAN: `DE89 **** **** 3000`.
pub fn masked(electronic: &str) -> String {
    let from = electronic.len().saturating_sub(4);
    let (head, tail) = (electronic.get(..4), electronic.get(from..));
    format!("{} **** **** {}", head.unwrap_or_default(), tail.unwrap_or_default())
}

/// A bank's code, if it is one.
pub fn bic(text: &str) -> Result<String, Refusal> {
    let bic = text.trim().to_ascii_uppercase();
    let is_letters = |part: Option<&str>| {
        part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    let is_right = matches!(bic.len(), 8 | 11)
        && bic.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && is_letters(bic.get(4..6));
    if is_right { Ok(bic) } else { Err(Refusal::new(Code::BicInvalid).at("bic")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_read_as_people_write_it_and_shown_masked() {
        let iban = electronic(" de89 3704 0044 0532 0130 00").unwrap();
        assert_eq!(iban, "DE89370400440532013000");
        assert_eq!(masked(&iban), "DE89 **** **** 3000");
    }

    #[test]
    fn what_is_wrong_with_an_iban_is_told_without_the_number() {
        for (bad, why) in [
            ("DE88370400440532013000", "check digits"),
            ("DE5137040044053201300", "as long as"),
            ("ZZ22370400440532013000", "country ZZ"),
            ("DE89 3704-0044", "letters or digits"),
            ("", "letters or digits"),
        ] {
            let refusal = electronic(bad).unwrap_err();
            assert_eq!(refusal.code, Code::IbanInvalid);
            assert!(refusal.message.contains(why), "{bad}: {}", refusal.message);
            assert!(!refusal.message.contains("3704"));
        }
    }

    #[test]
    fn a_bic_has_eight_or_eleven_characters_and_a_country() {
        assert_eq!(bic("cobadeff").unwrap(), "COBADEFF");
        assert_eq!(bic("COBADEFFXXX").unwrap(), "COBADEFFXXX");
        for bad in ["", "COBADEF", "COBADEFFXX", "COBA12FF", "COBADE-F"] {
            assert_eq!(bic(bad).unwrap_err().code, Code::BicInvalid);
        }
    }
}
