//! A kind of thing that members do besides buying, with the attributes that such an event has.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::ProgrammeId;
use crate::text_enum::text_enum;

text_enum! {
    /// What an attribute holds.
    AttributeKind {
        /// A text of at most 200 characters.
        Text "TEXT",
        /// A whole number.
        Number "NUMBER",
        /// Yes or no.
        Flag "FLAG",
    }
}

/// An event type's attributes, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Attributes(pub Vec<Attribute>);

/// What an event of the type says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// As conditions name it.
    pub name: String,
    /// What it holds.
    pub kind: AttributeKind,
    /// Whether every event of the type has it.
    pub is_required: bool,
}

/// Its attributes never change: rules were checked against them.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_type")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub name: String,
    pub attributes: Attributes,
    /// Whether partners may report it; else operators alone.
    pub by_partners: bool,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
