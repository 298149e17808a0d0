//! What members do besides buying, and what rules may know of them.

use async_graphql::InputObject;
use entity::earning::event_type::{Attribute, AttributeKind};
use entity::ids::MemberId;

use crate::graphql::enumeration::Enumeration;
use crate::graphql::members::MemberBy;
use crate::graphql::scalars::{Attributes, DateTime, Id};

/// An event type to be declared.
#[derive(InputObject)]
pub struct DeclareEventTypeInput {
    /// Unique in the programme: 1 to 64 lower-case letters, digits or hyphens.
    pub(in crate::graphql::earning) code: String,
    /// What people call it, 1 to 200 characters.
    pub(in crate::graphql::earning) name: String,
    /// What its events say, at most 20. They can't change later.
    #[graphql(default)]
    pub(in crate::graphql::earning) attributes: Vec<EventAttributeInput>,
    /// Whether partners may report it; else operators alone.
    #[graphql(default)]
    pub(in crate::graphql::earning) by_partners: bool,
}

/// What events of a type say.
#[derive(InputObject)]
pub struct EventAttributeInput {
    /// As conditions name it: 1 to 64 lower-case letters, digits and underscores, a letter first.
    pub(in crate::graphql::earning) name: String,
    /// What it holds.
    pub(in crate::graphql::earning) kind: Enumeration<AttributeKind>,
    /// Whether every event has it. What is left out is empty, zero or false to conditions.
    #[graphql(default)]
    pub(in crate::graphql::earning) is_required: bool,
}

/// Something that a member did besides buying.
#[derive(InputObject)]
pub struct RecordEventInput {
    /// The code of a declared type.
    #[graphql(name = "type")]
    pub(in crate::graphql::earning) kind: String,
    /// Who.
    pub(in crate::graphql::earning) member: MemberBy,
    /// An object of what the type declares.
    pub(in crate::graphql::earning) attributes: Option<Attributes>,
    /// When: at most five minutes ahead of now, and not longer ago than the programme accepts.
    pub(in crate::graphql::earning) occurred_at: DateTime,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(in crate::graphql::earning) idempotency_key: String,
}

/// A segment to be named.
#[derive(InputObject)]
pub struct DefineSegmentInput {
    /// Unique in the programme, as conditions name it: 1 to 64 lower-case letters, digits or hyphens.
    pub(in crate::graphql::earning) code: String,
    /// What people call it, 1 to 200 characters.
    pub(in crate::graphql::earning) name: String,
}

/// Members who come into a segment or leave it, at most 1,000 together.
#[derive(InputObject)]
pub struct AssignSegmentInput {
    /// Which.
    pub(in crate::graphql::earning) segment_code: String,
    /// Who comes.
    #[graphql(default)]
    pub(in crate::graphql::earning) add: Vec<Id<MemberId>>,
    /// Who leaves.
    #[graphql(default)]
    pub(in crate::graphql::earning) remove: Vec<Id<MemberId>>,
}

/// What rules may know of a member; what is left out stays.
#[derive(InputObject)]
pub struct SetMemberProfileInput {
    /// Whose.
    pub(in crate::graphql::earning) member_id: Id<MemberId>,
    /// The day of its birth, without the year.
    pub(in crate::graphql::earning) birthday: Option<BirthdayInput>,
    /// Whether its birthday is forgotten.
    #[graphql(default)]
    pub(in crate::graphql::earning) forget_birthday: bool,
    /// Texts by name, at most 50; for operators alone.
    #[graphql(default)]
    pub(in crate::graphql::earning) attributes: Vec<MemberAttributeInput>,
}

/// A day of the year.
#[derive(InputObject)]
pub struct BirthdayInput {
    /// 1 to 12.
    pub(in crate::graphql::earning) month: i32,
    /// 1 to 31.
    pub(in crate::graphql::earning) day: i32,
}

/// A text by name.
#[derive(InputObject)]
pub struct MemberAttributeInput {
    /// As conditions name it: 1 to 64 lower-case letters, digits or hyphens.
    pub(in crate::graphql::earning) name: String,
    /// At most 200 characters; null forgets it.
    pub(in crate::graphql::earning) value: Option<String>,
}

impl EventAttributeInput {
    pub(in crate::graphql::earning) fn of(self) -> Attribute {
        Attribute { name: self.name, kind: self.kind.0, is_required: self.is_required }
    }
}
