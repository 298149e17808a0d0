//! The schema as a contract: what is committed is what is served, everything is described, and
//! nothing that clients were promised goes away.
//!
//! `schema.graphql` follows the code (`florin schema > schema.graphql`). `published.graphql` is what
//! partners build on: it only grows, by copying `schema.graphql` over it at a release.

mod breaking;

use std::fs;
use std::path::Path;

use apollo_compiler::Schema;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputValueDefinition};
use apollo_compiler::validation::Valid;

const PUBLISHED: &str = include_str!("published.graphql");

fn parse(text: &str) -> Valid<Schema> {
    Schema::parse_and_validate(text, "schema.graphql").unwrap_or_else(|invalid| panic!("{invalid}"))
}

#[test]
fn the_committed_schema_is_the_live_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == api::graphql::sdl(),
        "schema.graphql differs from the code: `florin schema > schema.graphql`, and look at the diff"
    );
}

#[test]
fn the_schema_is_written_alike_each_time() {
    assert_eq!(api::graphql::sdl(), api::graphql::sdl());
}

#[test]
fn nothing_that_was_published_goes_away() {
    let broken = breaking::changes(&parse(PUBLISHED), &parse(&api::graphql::sdl()));
    assert!(broken.is_empty(), "clients would break: deprecate instead\n  {}", broken.join("\n  "));
}

#[test]
fn everything_is_described() {
    let schema = parse(&api::graphql::sdl());
    let bare = undescribed(&schema);
    assert!(bare.is_empty(), "say what a user needs to know of\n  {}", bare.join("\n  "));
}

#[test]
fn whatever_has_an_id_is_a_node() {
    let schema = parse(&api::graphql::sdl());
    let objects = own_types(&schema).filter_map(ExtendedType::as_object);
    let apart = objects.filter(|ty| {
        ty.fields.contains_key("id")
            && !ty.implements_interfaces.iter().any(|one| one.name == "Node")
    });
    let apart: Vec<_> = apart.map(|ty| ty.name.as_str()).collect();
    assert!(apart.is_empty(), "not found by node(id): {apart:?}");
}

#[test]
fn scalars_say_where_they_are_specified() {
    let schema = parse(&api::graphql::sdl());
    let unspecified: Vec<_> = own_types(&schema)
        .filter(|ty| ty.is_scalar() && !ty.directives().has("specifiedBy"))
        .map(|ty| ty.name().as_str())
        .collect();
    assert!(unspecified.is_empty(), "{unspecified:?}");
}

#[test]
fn no_value_is_a_float() {
    let sdl = api::graphql::sdl();
    assert!(!sdl.contains(": Float") && !sdl.contains("[Float"));
}

#[test]
fn mutations_take_one_input_and_answer_with_their_payload() {
    let schema = parse(&api::graphql::sdl());
    let Some(mutation) = schema.get_object("Mutation") else { return };
    let odd = mutation.fields.values().filter(|field| !is_conventional(field));
    let odd: Vec<_> = odd.map(|field| field.name.as_str()).collect();
    assert!(odd.is_empty(), "not name(input: NameInput!): NamePayload!: {odd:?}");
}

fn is_conventional(field: &FieldDefinition) -> bool {
    let name = field.name.as_str();
    let pascal = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let [input] = field.arguments.as_slice() else { return false };
    input.name == "input"
        && input.ty.to_string() == format!("{pascal}Input!")
        && field.ty.to_string() == format!("{pascal}Payload!")
}

fn own_types(schema: &Schema) -> impl Iterator<Item = &ExtendedType> {
    schema.types.values().filter(|ty| !ty.is_built_in())
}

/// The path of everything that has no description.
fn undescribed(schema: &Schema) -> Vec<String> {
    let mut bare = Vec::new();
    for ty in own_types(schema) {
        let name = ty.name();
        if is_empty(ty.description().map(|text| &**text)) {
            bare.push(name.to_string());
        }
        match ty {
            ExtendedType::Object(ty) => fields(&mut bare, name, ty.fields.values()),
            ExtendedType::Interface(ty) => fields(&mut bare, name, ty.fields.values()),
            ExtendedType::InputObject(ty) => inputs(&mut bare, name, ty.fields.values()),
            ExtendedType::Enum(ty) => {
                let values = ty.values.values();
                let values = values.filter(|value| is_empty(value.description.as_deref()));
                bare.extend(values.map(|value| format!("{name}.{}", value.value)));
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
    bare
}

fn fields<'s, F>(bare: &mut Vec<String>, owner: &str, fields: impl Iterator<Item = &'s F>)
where
    F: AsRef<FieldDefinition> + 's,
{
    for field in fields.map(AsRef::as_ref) {
        let path = format!("{owner}.{}", field.name);
        if is_empty(field.description.as_deref()) {
            bare.push(path.clone());
        }
        inputs(bare, &path, field.arguments.iter());
    }
}

fn inputs<'s, I>(bare: &mut Vec<String>, owner: &str, inputs: impl Iterator<Item = &'s I>)
where
    I: AsRef<InputValueDefinition> + 's,
{
    let inputs = inputs.map(AsRef::as_ref).filter(|input| is_empty(input.description.as_deref()));
    bare.extend(inputs.map(|input| format!("{owner}({})", input.name)));
}

fn is_empty(description: Option<&str>) -> bool {
    description.is_none_or(|text| text.trim().is_empty())
}

#[test]
fn what_is_not_described_is_found() {
    let schema = parse(
        r#"type Query { a(b: Int): Int "Said." c("Said." d: E): Int } enum E { F } input G { h: Int }"#,
    );
    let mut bare = undescribed(&schema);
    bare.sort();
    assert_eq!(bare, ["E", "E.F", "G", "G(h)", "Query", "Query.a", "Query.a(b)"]);
}
