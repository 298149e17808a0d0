//! What is refused before any parser sees it. The parser nests list and object literals without
//! bound, and 2.7 kB of brackets would overflow the stack and end the process.
//!
//! Signs are counted wherever they stand, in strings and comments too: a guard that reads strings
//! by its own rules can be led astray by whoever knows both.

use super::limits::{BRACKETS_MAX, DIRECTIVES_MAX, DOCUMENT_BYTES_MAX};
use super::rejection::Rejection;
use crate::graphql::error::Fault;

/// Refuses JSON that would take far more memory than its text; says how many values it holds.
pub(super) fn check_json(text: &[u8], values_max: usize) -> Result<usize, String> {
    let values = text.iter().filter(|byte| b",[{".contains(byte)).count();
    if values > values_max {
        return Err(format!("a body has at most {values_max} commas and opening brackets"));
    }
    Ok(values)
}

/// Refuses documents that no parser should see.
pub(super) fn check(document: &str) -> Result<(), Rejection> {
    let too_complex = |message: String| Err(Rejection::new(Fault::DocumentTooComplex, message));
    if document.len() > DOCUMENT_BYTES_MAX {
        return too_complex(format!("a document has at most {DOCUMENT_BYTES_MAX} bytes"));
    }
    if document.contains('\0') {
        let message = "a document has no NUL character";
        return Err(Rejection::new(Fault::GraphqlParseFailed, message));
    }
    let count = |signs: &[u8]| document.bytes().filter(|byte| signs.contains(byte)).count();
    if count(b"[{(") > BRACKETS_MAX {
        return too_complex(format!("a document has at most {BRACKETS_MAX} opening brackets"));
    }
    if count(b"@") > DIRECTIVES_MAX {
        return too_complex(format!("a document has at most {DIRECTIVES_MAX} directives"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(document: &str) -> Option<Fault> {
        check(document).err().map(|rejection| rejection.fault())
    }

    #[test]
    fn nested_literals_never_reach_the_parser() {
        let bomb = format!("{{ a(b: {}) }}", "[".repeat(2_700));
        assert_eq!(fault(&bomb), Some(Fault::DocumentTooComplex));
        let objects = format!("{{ a(b: {}) }}", "{b:".repeat(900));
        assert_eq!(fault(&objects), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn brackets_in_strings_count_too() {
        let hidden = format!("{{ a(b: \"\"\"{}\"\"\") }}", "[".repeat(BRACKETS_MAX));
        assert_eq!(fault(&hidden), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn json_holds_so_many_values() {
        let bomb = r#"{"":0},"#.repeat(10);
        assert!(check_json(bomb.as_bytes(), 20).is_ok());
        assert!(check_json(bomb.as_bytes(), 19).unwrap_err().contains("19"));
    }

    #[test]
    fn the_rest_of_the_bounds_hold_too() {
        assert_eq!(fault(&"@a ".repeat(51)), Some(Fault::DocumentTooComplex));
        assert_eq!(fault("{ a\0 }"), Some(Fault::GraphqlParseFailed));
        assert_eq!(fault(&" ".repeat(DOCUMENT_BYTES_MAX + 1)), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn what_people_write_passes() {
        assert_eq!(fault("query A($b: [Int!]) { c(b: $b) @include(if: true) { d } }"), None);
        assert_eq!(fault(super::super::document::tests::INTROSPECTION), None);
    }
}
