//! Rows as JSON, written straight to text: a batch has thousands of cells.

use chrono::SecondsFormat;
use sea_orm::{EntityTrait, IdenStatic, ModelTrait, Value};
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// The rows as an array of objects.
pub(super) fn of<E>(columns: &[E::Column], rows: &[E::Model]) -> Result<String>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    serde_json::to_string(&Rows::<E> { columns, rows }).map_err(Error::internal)
}

struct Rows<'a, E: EntityTrait> {
    columns: &'a [E::Column],
    rows: &'a [E::Model],
}

impl<E> Serialize for Rows<'_, E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = |row| Row::<E> { columns: self.columns, row };
        serializer.collect_seq(self.rows.iter().map(row))
    }
}

struct Row<'a, E: EntityTrait> {
    columns: &'a [E::Column],
    row: &'a E::Model,
}

impl<E> Serialize for Row<'_, E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cell = |column: &E::Column| (column.as_str(), Cell(self.row.get(*column)));
        serializer.collect_map(self.columns.iter().map(cell))
    }
}

struct Cell(Value);

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Uuid(Some(id)) => serializer.collect_str(&id.simple()),
            Value::Bytes(Some(bytes)) => serializer.serialize_str(&hex(bytes)),
            Value::BigInt(Some(number)) => serializer.serialize_i64(*number),
            Value::Int(Some(number)) => serializer.serialize_i32(*number),
            Value::Bool(Some(flag)) => serializer.serialize_bool(*flag),
            Value::String(Some(text)) => serializer.serialize_str(text),
            Value::Json(Some(json)) => json.serialize(serializer),
            // As the driver writes moments on SQLite, so that text compares as time does.
            Value::ChronoDateTimeUtc(Some(at)) => {
                serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, false))
            }
            _ => serializer.serialize_none(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
