//! Which changes of a schema break clients that were right before.

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputValueDefinition};

/// What a client of `before` may miss, or stumble over, in `after`.
pub(super) fn changes(before: &Schema, after: &Schema) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, old) in before.types.iter().filter(|(_, ty)| !ty.is_built_in()) {
        match after.types.get(name) {
            None => broken.push(format!("{name} is gone")),
            Some(new) => of_type(&mut broken, after, old, new),
        }
    }
    broken
}

fn of_type(broken: &mut Vec<String>, after: &Schema, old: &ExtendedType, new: &ExtendedType) {
    let name = old.name().as_str();
    match (old, new) {
        (ExtendedType::Object(old), ExtendedType::Object(new)) => {
            of_fields(broken, after, name, old.fields.values(), |field| {
                new.fields.get(field).map(|field| &***field)
            });
            let lost = old.implements_interfaces.difference(&new.implements_interfaces);
            broken.extend(lost.map(|interface| format!("{name} no longer implements {interface}")));
        }
        (ExtendedType::Interface(old), ExtendedType::Interface(new)) => {
            of_fields(broken, after, name, old.fields.values(), |field| {
                new.fields.get(field).map(|field| &***field)
            });
        }
        (ExtendedType::Enum(old), ExtendedType::Enum(new)) => {
            let lost = old.values.keys().filter(|value| !new.values.contains_key(*value));
            broken.extend(lost.map(|value| format!("{name}.{value} is gone")));
        }
        (ExtendedType::Union(old), ExtendedType::Union(new)) => {
            let lost = old.members.difference(&new.members);
            broken.extend(lost.map(|member| format!("{member} is no longer in {name}")));
        }
        (ExtendedType::InputObject(old), ExtendedType::InputObject(new)) => {
            let old: Vec<_> = old.fields.values().map(|field| &***field).collect();
            let new: Vec<_> = new.fields.values().map(|field| &***field).collect();
            of_inputs(broken, name, &old, &new);
        }
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
        _ => broken.push(format!("{name} is another kind of type")),
    }
}

fn of_fields<'s, F>(
    broken: &mut Vec<String>,
    after: &Schema,
    owner: &str,
    old: impl Iterator<Item = &'s F>,
    new: impl Fn(&str) -> Option<&'s FieldDefinition>,
) where
    F: AsRef<FieldDefinition> + 's,
{
    for old in old.map(AsRef::as_ref) {
        let path = format!("{owner}.{}", old.name);
        let Some(new) = new(&old.name) else {
            broken.push(format!("{path} is gone"));
            continue;
        };
        if !still_reads(after, &old.ty, &new.ty) {
            broken.push(format!("{path} was {} and is {}", old.ty, new.ty));
        }
        let arguments = |field: &'s FieldDefinition| {
            field.arguments.iter().map(|argument| &**argument).collect::<Vec<_>>()
        };
        of_inputs(broken, &path, &arguments(old), &arguments(new));
    }
}

fn of_inputs(
    broken: &mut Vec<String>,
    owner: &str,
    old: &[&InputValueDefinition],
    new: &[&InputValueDefinition],
) {
    for before in old {
        let path = format!("{owner}({})", before.name);
        match new.iter().find(|input| input.name == before.name) {
            None => broken.push(format!("{path} is gone")),
            Some(input) if !still_takes(&before.ty, &input.ty) => {
                broken.push(format!("{path} was {} and is {}", before.ty, input.ty));
            }
            Some(input) if input.is_required() && !before.is_required() => {
                broken.push(format!("{path} is required now"));
            }
            Some(_) => {}
        }
    }
    let is_new = |input: &&&InputValueDefinition| old.iter().all(|old| old.name != input.name);
    let added = new.iter().filter(is_new).filter(|input| input.is_required());
    broken.extend(added.map(|input| format!("{owner}({}) is new and required", input.name)));
}

/// Whether what comes out as `new` can be read as `old`.
fn still_reads(after: &Schema, old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::NonNullNamed(old), Type::NonNullNamed(new))
        | (Type::Named(old), Type::NonNullNamed(new) | Type::Named(new)) => {
            old == new || after.is_subtype(old, new)
        }
        (Type::NonNullList(old), Type::NonNullList(new))
        | (Type::List(old), Type::NonNullList(new) | Type::List(new)) => {
            still_reads(after, old, new)
        }
        _ => false,
    }
}

/// Whether what was given as `old` can be given as `new`.
fn still_takes(old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::NonNullNamed(old), Type::NonNullNamed(new) | Type::Named(new))
        | (Type::Named(old), Type::Named(new)) => old == new,
        (Type::NonNullList(old), Type::NonNullList(new) | Type::List(new))
        | (Type::List(old), Type::List(new)) => still_takes(old, new),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn between(before: &str, after: &str) -> Vec<String> {
        changes(&parse(before), &parse(after))
    }

    #[test]
    fn what_grows_breaks_nobody() {
        let before = "type Query { a(b: Int!): E } enum E { F } input I { a: Int! }";
        let after = "type Query { a(b: Int, c: Int): E! d: Int } enum E { F G }
            input I { a: Int, b: Int, c: Int! = 1 }";
        assert_eq!(between(before, after), Vec::<String>::new());
    }

    #[test]
    fn what_goes_away_breaks() {
        let before = "type Query implements N { a: E b(c: Int): Int } interface N { a: E }
            enum E { F G } union U = Query input I { a: Int }";
        let after = "type Query { a: E } type Other { a: E } interface N { a: E } enum E { F }
            union U = Other input I { b: Int }";
        let expected = [
            "Query.b is gone",
            "Query no longer implements N",
            "E.G is gone",
            "Query is no longer in U",
            "I(a) is gone",
        ];
        assert_eq!(between(before, after), expected);
        assert_eq!(between("type Query { a: E } enum E { F }", "type Query { a: Int }").len(), 2);
    }

    #[test]
    fn what_asks_for_more_or_promises_less_breaks() {
        let before = "type Query { a(b: Int, c: Int): Int! d: [Int!] } input I { e: [Int] }";
        let after =
            "type Query { a(b: Int!, c: Int, f: Int!): Int d: [Int] } input I { e: [Int!] }";
        let expected = [
            "Query.a was Int! and is Int",
            "Query.a(b) was Int and is Int!",
            "Query.a(f) is new and required",
            "Query.d was [Int!] and is [Int]",
            "I(e) was [Int] and is [Int!]",
        ];
        assert_eq!(between(before, after), expected);
    }
}
