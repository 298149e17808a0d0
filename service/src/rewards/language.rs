//! Tags of BCP 47 (RFC 5646), as far as texts for people need them: a language, and, where it makes a
//! difference, a script, a region and variants. Extensions and private use say nothing to a reader.

/// The longest that is taken.
const LENGTH_MAX: usize = 35;

/// The tag as it is recommended to be written; none where it isn't one.
pub(crate) fn canonical(tag: &str) -> Option<String> {
    if tag.len() > LENGTH_MAX {
        return None;
    }
    let mut parts = tag.split('-').peekable();
    let language = parts.next().filter(|part| is_letters(part, 2..=3))?;
    let mut written = vec![language.to_ascii_lowercase()];
    if let Some(script) = parts.next_if(|part| is_letters(part, 4..=4)) {
        let (first, rest) = script.split_at(1);
        written.push(first.to_ascii_uppercase() + &rest.to_ascii_lowercase());
    }
    if let Some(region) = parts.next_if(|part| is_region(part)) {
        written.push(region.to_ascii_uppercase());
    }
    for variant in parts {
        let variant = variant.to_ascii_lowercase();
        if !is_variant(&variant) || written.contains(&variant) {
            return None;
        }
        written.push(variant);
    }
    Some(written.join("-"))
}

fn is_letters(part: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_alphabetic())
}

fn is_region(part: &str) -> bool {
    is_letters(part, 2..=2) || (part.len() == 3 && part.bytes().all(|own| own.is_ascii_digit()))
}

fn is_variant(part: &str) -> bool {
    let begins_with_digit = part.starts_with(|own: char| own.is_ascii_digit());
    let is_long = (5..=8).contains(&part.len()) || (part.len() == 4 && begins_with_digit);
    is_long && part.bytes().all(|own| own.is_ascii_alphanumeric())
}
