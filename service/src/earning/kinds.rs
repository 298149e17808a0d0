//! Event types: what members can do besides buying, and what is said of it.

use std::collections::BTreeSet;

use entity::earning::event_type::{self, Attribute, AttributeKind, Attributes};
use entity::ids::ProgrammeId;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::{Map, Value};

use super::Earning;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::retrying;

/// The most attributes of a type, and types of a programme.
const ATTRIBUTES_MAX: usize = 20;
const TYPES_MAX: usize = 500;
/// The most characters of an attribute.
const TEXT_MAX: usize = 200;

/// An event type to be declared.
#[derive(Clone, Debug)]
pub struct Declare {
    /// Unique in the programme.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What its events say.
    pub attributes: Vec<Attribute>,
    /// Whether partners may report it.
    pub by_partners: bool,
}

impl Earning {
    /// Declares an event type. To declare it again may change its name and who reports it; its attributes
    /// stay, because rules were checked against them.
    pub async fn declare_event_type(
        &self,
        actor: &Actor,
        wish: Declare,
    ) -> Result<event_type::Model> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let row = event_type::Model {
            programme_id: programme,
            code: text::code(&wish.code)?,
            name: text::name(&wish.name)?,
            attributes: attributes(wish.attributes)?,
            by_partners: wish.by_partners,
            created_at: at,
        };
        let row = retrying(|| self.declare(actor, &row)).await?;
        self.ask.catalogue.forget(programme);
        Ok(row)
    }

    async fn declare(&self, actor: &Actor, row: &event_type::Model) -> Result<event_type::Model> {
        let programme = row.programme_id;
        let tx = self.ask.db.begin().await?;
        let all = event_type::Entity::find().filter(event_type::Column::ProgrammeId.eq(programme));
        let all = all.all(tx.connection()).await?;
        let before = all.iter().find(|other| other.code == row.code);
        let mut row = row.clone();
        match before {
            Some(before) if before.attributes != row.attributes => {
                return Err(Refusal::new(Code::EventTypeInvalid).at("attributes").into());
            }
            Some(before) => {
                row.created_at = before.created_at;
                row.clone().into_active_model().reset_all().update(tx.connection()).await?;
            }
            None if all.len() >= TYPES_MAX => {
                let message = format!("A programme has at most {TYPES_MAX} event types.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
            }
            None => drop(row.clone().into_active_model().insert(tx.connection()).await?),
        }
        let after = serde_json::json!({ "name": row.name, "attributes": row.attributes,
            "byPartners": row.by_partners });
        let subject = row.code.clone();
        let change =
            Change { action: "event_type.declared", subject, before: None, after: Some(&after) };
        audit::append(&tx, actor, programme, self.clock.now(), change).await?;
        tx.commit(row).await
    }

    /// A programme's event types by code, for operators and partners.
    pub async fn event_types(&self, actor: &Actor) -> Result<Vec<event_type::Model>> {
        let programme = actor.programme()?;
        let query = event_type::Entity::find()
            .filter(event_type::Column::ProgrammeId.eq(programme))
            .order_by_asc(event_type::Column::Code);
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    pub(super) async fn event_type(
        &self,
        programme: ProgrammeId,
        code: &str,
    ) -> Result<event_type::Model> {
        let found = event_type::Entity::find_by_id((programme, code.to_owned()));
        let found = found.one(self.ask.db.reader()).await?;
        Ok(found.ok_or(Refusal::new(Code::EventTypeNotFound).at("type"))?)
    }
}

fn attributes(mut wished: Vec<Attribute>) -> Result<Attributes, Refusal> {
    if wished.len() > ATTRIBUTES_MAX {
        let message = format!("An event type has at most {ATTRIBUTES_MAX} attributes.");
        return Err(Refusal::new(Code::EventTypeInvalid).because(message).at("attributes"));
    }
    let mut names = BTreeSet::new();
    for (place, attribute) in wished.iter_mut().enumerate() {
        let at = format!("attributes.{place}.name");
        // As conditions name them: `event.attributes.stars`.
        let mut letters = attribute.name.chars();
        let is_right = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|l| l.is_ascii_lowercase() || l.is_ascii_digit() || l == '_')
            && attribute.name.len() <= 64;
        if !is_right || !names.insert(attribute.name.clone()) {
            let message = "Names are different, of 1 to 64 lower-case letters, digits and underscores, and begin with a letter.";
            return Err(Refusal::new(Code::EventTypeInvalid).because(message).at(&at));
        }
    }
    Ok(Attributes(wished))
}

/// An event's attributes, if they are what its type declares. What is left out of the others is empty: no
/// text, zero, no.
pub(super) fn checked(
    kind: &event_type::Model,
    mut said: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let wrong = |name: &str, message: String| {
        Err(Refusal::new(Code::EventAttributeInvalid)
            .because(message)
            .at(&format!("attributes.{name}")))
    };
    let mut clean = Map::new();
    for Attribute { name, kind, is_required } in &kind.attributes.0 {
        let value = said.remove(name).filter(|value| !value.is_null());
        let value = match (value, kind) {
            (None, _) if *is_required => return wrong(name, format!("{name} is missing.")),
            (None, AttributeKind::Text) => Value::from(""),
            (None, AttributeKind::Number) => Value::from(0),
            (None, AttributeKind::Flag) => Value::from(false),
            (Some(Value::String(text)), AttributeKind::Text)
                if text.chars().count() <= TEXT_MAX && !text.chars().any(char::is_control) =>
            {
                Value::from(text)
            }
            (Some(Value::Number(number)), AttributeKind::Number) if number.is_i64() => {
                Value::from(number)
            }
            (Some(Value::Bool(flag)), AttributeKind::Flag) => Value::from(flag),
            (Some(_), AttributeKind::Text) => {
                return wrong(name, format!("{name} is a text of at most {TEXT_MAX} characters."));
            }
            (Some(_), AttributeKind::Number) => {
                return wrong(name, format!("{name} is a whole number."));
            }
            (Some(_), AttributeKind::Flag) => {
                return wrong(name, format!("{name} is true or false."));
            }
        };
        clean.insert(name.clone(), value);
    }
    match said.keys().next() {
        None => Ok(clean),
        Some(other) => wrong(other, format!("Events of this type say nothing of {other}.")),
    }
}
