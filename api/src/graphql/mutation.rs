//! What every mutation's answer shares: `userErrors`, each with a code out of that mutation's own
//! enum, so that a client can switch over it exhaustively.
//!
//! A mutation lists the [`Code`]s it may refuse with; the enum, its descriptions and the error type
//! are made from that list, so that nothing is written twice. No business rule lives here.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaField, MetaTypeId, Registry};
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
};
use service::{Code, Error, Refusal};

use super::error::Result;
use super::meta;

/// The refusals that one mutation declares. Made by the macro `mutation!`.
pub trait Refuses: Send + Sync + 'static {
    /// The mutation in PascalCase: `RecordPurchase`.
    const NAME: &'static str;
    /// Every code it may answer with.
    const CODES: &'static [Code];
}

/// The answer of a mutation: its result, or why there is none.
pub trait Payload {
    /// Whose codes it uses.
    type Mutation: Refuses;
    /// The answer that holds nothing but the refusal.
    fn refused(error: UserError<Self::Mutation>) -> Self;
}

/// Renders what a use case answered: its value, or its refusal as data. Anything else is an error.
pub fn answer<P: Payload, T>(outcome: Result<T, Error>, render: impl FnOnce(T) -> P) -> Result<P> {
    match outcome {
        Ok(value) => Ok(render(value)),
        Err(Error::Refused(refusal)) => {
            debug_assert!(
                P::Mutation::CODES.contains(&refusal.code),
                "{} refuses with {}, which it doesn't declare",
                P::Mutation::NAME,
                refusal.code.name(),
            );
            Ok(P::refused(UserError::from(refusal)))
        }
        Err(other) => Err(other.into()),
    }
}

/// Declares a mutation's refusals and its payload. The payload's fields must have a default, which
/// is what they hold when the mutation is refused; `userErrors` is added.
macro_rules! mutation {
    (
        $name:ident refuses [$($code:ident),* $(,)?];
        $(#[$doc:meta])*
        $vis:vis struct $payload:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
        }
    ) => {
        #[doc = concat!("What `", stringify!($name), "` may be refused with.")]
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        impl $crate::graphql::mutation::Refuses for $name {
            const NAME: &'static str = stringify!($name);
            const CODES: &'static [service::Code] = &[$(service::Code::$code),*];
        }

        $(#[$doc])*
        #[derive(Default, async_graphql::SimpleObject)]
        $vis struct $payload {
            $($(#[$field_doc])* $vis $field: $type,)*
            /// Why it was refused. Empty when it was done.
            $vis user_errors: Vec<$crate::graphql::mutation::UserError<$name>>,
        }

        impl $crate::graphql::mutation::Payload for $payload {
            type Mutation = $name;

            fn refused(error: $crate::graphql::mutation::UserError<$name>) -> Self {
                Self { user_errors: vec![error], ..Self::default() }
            }
        }
    };
}

pub(crate) use mutation;

/// One refusal of the mutation `M`, as `<M>UserError` in the schema.
pub struct UserError<M> {
    refusal: Refusal,
    mutation: PhantomData<fn() -> M>,
}

impl<M: Refuses> fmt::Debug for UserError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", M::NAME, self.refusal)
    }
}

impl<M> From<Refusal> for UserError<M> {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, mutation: PhantomData }
    }
}

impl<M: Refuses> OutputType for UserError<M> {
    fn type_name() -> Cow<'static, str> {
        format!("{}UserError", M::NAME).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut fields = shared_fields(registry);
            let code = ErrorCode::<M>::create_type_info(registry);
            fields.extend([meta::field("code", code, "Why, for a program to act on.")]);
            registry.add_implements(&Self::type_name(), UserErrorInterface::NAME);
            let description = format!("Why `{}` was refused.", field_name(M::NAME));
            meta::object::<Self>(&Self::type_name(), description, fields)
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<M: Refuses> ContainerType for UserError<M> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        Ok(match ctx.item.node.name.node.as_str() {
            "message" => Some(Value::from(self.refusal.message.as_str())),
            "path" if self.refusal.path.is_empty() => Some(Value::Null),
            "path" => Some(Value::from(self.refusal.path.clone())),
            "code" => Some(Value::Enum(Name::new(self.refusal.code.name()))),
            _ => None,
        })
    }
}

/// The enum `<M>ErrorCode`, made from the mutation's list. Only its description is ever used.
struct ErrorCode<M>(PhantomData<fn() -> M>);

impl<M: Refuses> OutputType for ErrorCode<M> {
    fn type_name() -> Cow<'static, str> {
        format!("{}ErrorCode", M::NAME).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| {
            let description = format!("Why `{}` can be refused.", field_name(M::NAME));
            let values = M::CODES.iter().map(|code| (code.name(), code.description()));
            meta::enumeration::<Self>(&Self::type_name(), description, values)
        })
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

/// The interface that every `<M>UserError` implements. No field returns it, so the schema registers
/// it last, when its implementers are known.
pub(super) struct UserErrorInterface;

impl UserErrorInterface {
    const NAME: &'static str = "UserError";
}

impl OutputType for UserErrorInterface {
    fn type_name() -> Cow<'static, str> {
        Self::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Interface, |registry| {
            let fields = shared_fields(registry);
            let implements = registry.implements.iter();
            let mut objects: Vec<_> = implements
                .filter(|(_, interfaces)| interfaces.contains(Self::NAME))
                .map(|(object, _)| object.clone())
                .collect();
            objects.sort();
            let description = "Why a mutation was refused: what a person and a program can read.";
            meta::interface::<Self>(Self::NAME, description, fields, objects.into_iter().collect())
        })
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

fn shared_fields(registry: &mut Registry) -> IndexMap<String, MetaField> {
    let message = <String as OutputType>::create_type_info(registry);
    let path = <Option<Vec<String>> as OutputType>::create_type_info(registry);
    IndexMap::from_iter([
        meta::field("message", message, "What went wrong, in a sentence for developers."),
        meta::field(
            "path",
            path,
            "The input field at fault, from `input` down; null when none is.",
        ),
    ])
}

/// `RecordPurchase` as the field it names: `recordPurchase`.
fn field_name(mutation: &str) -> String {
    let mut letters = mutation.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptySubscription, Object, Schema};

    use super::*;

    mutation! {
        CloseCard refuses [MemberNotFound];
        /// What closing a card did.
        struct CloseCardPayload {
            /// The number of the card; null when refused.
            number: Option<String>,
        }
    }

    struct Probe;

    #[Object]
    impl Probe {
        async fn close_card(&self, known: bool) -> Result<CloseCardPayload> {
            let outcome = if known {
                Ok("77".to_owned())
            } else {
                Err(Error::Refused(Refusal::new(Code::MemberNotFound).because("no such member")))
            };
            answer(outcome, |number| CloseCardPayload {
                number: Some(number),
                ..CloseCardPayload::default()
            })
        }
    }

    fn probe() -> Schema<Probe, Probe, EmptySubscription> {
        Schema::build(Probe, Probe, EmptySubscription)
            .register_output_type::<UserErrorInterface>()
            .finish()
    }

    #[tokio::test]
    async fn a_refusal_is_data() {
        let query = "{ closeCard(known: false) { number
            userErrors { __typename code message path ... on UserError { message } } } }";
        let answer = probe().execute(query).await.into_result().unwrap().data;
        let expected = serde_json::json!({ "closeCard": { "number": null, "userErrors": [{
            "__typename": "CloseCardUserError", "code": "MEMBER_NOT_FOUND",
            "message": "no such member", "path": null,
        }] } });
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[tokio::test]
    async fn what_is_done_has_no_errors() {
        let query = "{ closeCard(known: true) { number userErrors { code } } }";
        let answer = probe().execute(query).await.into_result().unwrap().data;
        let expected = serde_json::json!({ "closeCard": { "number": "77", "userErrors": [] } });
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }

    #[test]
    fn each_mutation_has_its_own_enum_and_error() {
        let sdl = probe().sdl();
        assert!(sdl.contains("type CloseCardUserError implements UserError {"));
        assert!(sdl.contains("code: CloseCardErrorCode!"));
        assert!(sdl.contains("interface UserError {"));
        assert!(sdl.contains(Code::MemberNotFound.description()));
    }
}
