//! Types that are written into the registry by hand, because a derive can't make them from data.
//!
//! Only builders of plain descriptions: no resolver, no decision.

use async_graphql::indexmap::{IndexMap, IndexSet};
use async_graphql::registry::{MetaEnumValue, MetaField, MetaType};

/// A field without arguments.
pub(super) fn field(name: &str, ty: String, description: &str) -> (String, MetaField) {
    let field = MetaField {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        args: IndexMap::default(),
        ty,
        deprecation: Default::default(),
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    (name.to_owned(), field)
}

/// The object type of the Rust type `T`.
pub(super) fn object<T>(
    name: &str,
    description: String,
    fields: IndexMap<String, MetaField>,
) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: Some(description),
        fields,
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The interface of the Rust type `T`, with the objects that implement it.
pub(super) fn interface<T>(
    name: &str,
    description: &str,
    fields: IndexMap<String, MetaField>,
    possible_types: IndexSet<String>,
) -> MetaType {
    MetaType::Interface {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        fields,
        possible_types,
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The enum of the Rust type `T`, from names and their descriptions.
pub(super) fn enumeration<T>(
    name: &str,
    description: String,
    values: impl Iterator<Item = (&'static str, &'static str)>,
) -> MetaType {
    let value = |(name, description): (&str, &str)| {
        let value = MetaEnumValue {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            deprecation: Default::default(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        (name.to_owned(), value)
    };
    MetaType::Enum {
        name: name.to_owned(),
        description: Some(description),
        enum_values: values.map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}
