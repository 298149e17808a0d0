//! The text form of an id: a prefix, an underscore and 26 base32 characters, as the TypeID
//! specification 0.3 writes a UUID. Sortable, case-insensitive to nobody: lower case only.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// The UUID's 128 bits in 26 characters, five bits each, the first holding only three.
pub(crate) fn encode(id: Uuid) -> String {
    let bits = id.as_u128();
    (0..LENGTH)
        .map(|place| {
            let shift = 5 * (LENGTH - 1 - place);
            let five = usize::try_from((bits >> shift) & 31).unwrap_or_default();
            char::from(ALPHABET[five])
        })
        .collect()
}

/// The UUID that `text` spells, or `None` when it isn't one: wrong length, foreign character, or
/// more than 128 bits.
pub(crate) fn decode(text: &str) -> Option<Uuid> {
    let bytes = text.as_bytes();
    if bytes.len() != LENGTH || bytes[0] > b'7' {
        return None;
    }
    let bits = bytes.iter().try_fold(0u128, |bits, byte| {
        let five = ALPHABET.iter().position(|letter| letter == byte)?;
        Some((bits << 5) | u128::try_from(five).ok()?)
    })?;
    Some(Uuid::from_u128(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_example_reads_both_ways() {
        let id = Uuid::parse_str("0188bac7-4afa-78aa-bc3b-bd1eef28d881").unwrap();
        assert_eq!(encode(id), "01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!(decode("01h2xcejqtf2nbrexx3vqjhp41"), Some(id));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "01h2xcejqtf2nbrexx3vqjhp4", "81h2xcejqtf2nbrexx3vqjhp41"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("01H2XCEJQTF2NBREXX3VQJHP41"), None);
        assert_eq!(decode("01h2xcejqtf2nbrexx3vqjhp4l"), None);
    }
}
