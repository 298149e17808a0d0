//! How large a document is once its fragments are expanded, without expanding them.
//!
//! Fragments that spread each other double at every step: 975 bytes can stand for billions of
//! fields. Each fragment is measured once and remembered, and sums saturate.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};

use crate::graphql::error::Fault;
use crate::http::limits::{ALIASES_MAX, DEPTH_MAX, NESTING_MAX, SELECTIONS_MAX};
use crate::http::rejection::Rejection;

/// The size of a selection set, fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    selections: usize,
    /// Fields below each other.
    depth: usize,
    /// Selection sets within each other, those of fragments too.
    nesting: usize,
    /// Fields that stand directly in it, `__typename` aside.
    top_fields: usize,
}

impl Size {
    /// As a fragment, inline or spread: a selection itself, so that nothing is free.
    fn as_fragment(self) -> Self {
        let selections = self.selections.saturating_add(1);
        Self { selections, nesting: self.nesting + 1, ..self }
    }

    /// Beside each other.
    fn and(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            top_fields: self.top_fields.saturating_add(other.top_fields),
        }
    }
}

/// Refuses a document that is too large, too deep, spreads a fragment within itself, or changes
/// more than one thing.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Rejection> {
    let mut measure = Measure { document, known: HashMap::new(), aliases: 0 };
    // All fragments, used or not: their aliases count, and none may hold itself.
    for name in document.fragments.keys() {
        measure.fragment(name)?;
    }
    for (_, operation) in document.operations.iter() {
        let size = measure.set(&operation.node.selection_set.node)?;
        within(size)?;
        one_change(&operation.node, size)?;
    }
    if measure.aliases > ALIASES_MAX {
        return too_complex(format!("a document has at most {ALIASES_MAX} aliases"));
    }
    Ok(())
}

fn within(size: Size) -> Result<(), Rejection> {
    if size.selections > SELECTIONS_MAX {
        let message = format!("at most {SELECTIONS_MAX} selections are made, fragments expanded");
        return too_complex(message);
    }
    if size.nesting > NESTING_MAX {
        return too_complex(format!("selections stand at most {NESTING_MAX} within each other"));
    }
    if size.depth > DEPTH_MAX {
        return too_complex(format!("fields stand at most {DEPTH_MAX} deep"));
    }
    Ok(())
}

/// With one change a document, an error never leaves the caller asking how much of it was done.
fn one_change(operation: &OperationDefinition, size: Size) -> Result<(), Rejection> {
    if operation.ty == OperationType::Mutation && size.top_fields > 1 {
        let message =
            "a document has one mutation field: send the others in documents of their own";
        return Err(Rejection::new(Fault::GraphqlValidationFailed, message));
    }
    Ok(())
}

fn too_complex<T>(message: String) -> Result<T, Rejection> {
    Err(Rejection::new(Fault::DocumentTooComplex, message))
}

struct Measure<'d> {
    document: &'d ExecutableDocument,
    /// Measured, or being measured just now (`None`).
    known: HashMap<&'d str, Option<Size>>,
    aliases: usize,
}

impl<'d> Measure<'d> {
    fn set(&mut self, set: &'d SelectionSet) -> Result<Size, Rejection> {
        let mut sum = Size::default();
        for selection in &set.items {
            let size = match &selection.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    let below = self.set(&field.node.selection_set.node)?;
                    let has_set = !field.node.selection_set.node.items.is_empty();
                    Size {
                        selections: below.selections.saturating_add(1),
                        depth: below.depth + 1,
                        nesting: below.nesting + usize::from(has_set),
                        top_fields: usize::from(field.node.name.node != "__typename"),
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.set(&inline.node.selection_set.node)?.as_fragment()
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?.as_fragment()
                }
            };
            sum = sum.and(size);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &str) -> Result<Size, Rejection> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            // Unknown: the validation says so, with its place.
            return Ok(Size::default());
        };
        match self.known.get(name.as_str()) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("the fragment {name} spreads itself");
                return Err(Rejection::new(Fault::GraphqlValidationFailed, message));
            }
            None => {}
        }
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use async_graphql::parser::parse_query;

    use super::*;

    fn fault(text: &str) -> Option<Fault> {
        check(&parse_query(text).unwrap()).err().map(|rejection| rejection.fault())
    }

    #[test]
    fn a_fragment_bomb_is_measured_without_going_off() {
        let mut bomb = "{ ...f0 }".to_owned();
        for step in 0..40 {
            let next = step + 1;
            write!(bomb, " fragment f{step} on Query {{ ...f{next} ...f{next} }}").unwrap();
        }
        bomb.push_str(" fragment f40 on Query { limits { depthMax } }");
        let begun = Instant::now();
        assert_eq!(fault(&bomb), Some(Fault::DocumentTooComplex));
        assert!(begun.elapsed() < Duration::from_millis(100));
    }

    #[test]
    fn a_bomb_without_a_charge_is_one_too() {
        let mut bomb = "{ ...f0 }".to_owned();
        for step in 0..40 {
            let next = step + 1;
            write!(bomb, " fragment f{step} on Query {{ ...f{next} ...f{next} }}").unwrap();
        }
        assert_eq!(fault(&bomb), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn fragments_nest_within_bounds() {
        let nested =
            |levels: usize| format!("{}{{ a }}{}", "{ ... ".repeat(levels), " }".repeat(levels));
        assert_eq!(fault(&nested(32)), None);
        assert_eq!(fault(&nested(33)), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn a_fragment_within_itself_is_refused() {
        let circle = "{ ...a } fragment a on Query { b { ...c } } fragment c on B { ...a }";
        assert_eq!(fault(circle), Some(Fault::GraphqlValidationFailed));
        let unused = "{ b } fragment a on Query { ...a }";
        assert_eq!(fault(unused), Some(Fault::GraphqlValidationFailed));
    }

    #[test]
    fn depth_counts_through_fragments() {
        let nested = |levels: usize| format!("{}{}", "{ a ".repeat(levels), "}".repeat(levels));
        assert_eq!(fault(&nested(15)), None);
        assert_eq!(fault(&nested(16)), Some(Fault::DocumentTooComplex));
        let through = format!("{{ a {{ ...f }} }} fragment f on A {}", nested(15));
        assert_eq!(fault(&through), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn a_hundred_aliases_are_enough() {
        let aliases = |count| {
            let fields: Vec<_> = (0..count).map(|at| format!("a{at}: b")).collect();
            format!("{{ {} }}", fields.join(" "))
        };
        assert_eq!(fault(&aliases(100)), None);
        assert_eq!(fault(&aliases(101)), Some(Fault::DocumentTooComplex));
    }

    #[test]
    fn a_document_changes_one_thing() {
        assert_eq!(fault("mutation { __typename a }"), None);
        assert_eq!(fault("mutation { a b }"), Some(Fault::GraphqlValidationFailed));
        let hidden = "mutation { ...f } fragment f on Mutation { a ... { b } }";
        assert_eq!(fault(hidden), Some(Fault::GraphqlValidationFailed));
        assert_eq!(fault("{ a b }"), None);
    }
}
