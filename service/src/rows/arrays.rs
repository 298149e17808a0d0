//! Rows as an array for each column, for PostgreSQL's `unnest`.
//!
//! The driver can't bind a null inside an array, so one travels as a value that its column can't have:
//! the nil id, the empty text, the least number, 1970's first
//! moment. A value that is really so is refused.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, Value};
use uuid::Uuid;

use super::Kind;
use crate::error::{Error, Result};

/// A column of a set, unfolded.
pub(super) struct Column {
    name: &'static str,
    kind: Kind,
    is_nullable: bool,
}

impl Column {
    pub(super) fn of<C: ColumnTrait>(column: C, kind: Kind) -> Self {
        Self { name: column.as_str(), kind, is_nullable: column.def().is_null() }
    }

    /// What the statement selects from the unfolded set `s`.
    pub(super) fn selected(&self) -> String {
        let Self { name, kind, is_nullable } = self;
        let value = match absent_in_sql(*kind) {
            Some(absent) if *is_nullable => format!("nullif(s.{name}, {absent})"),
            _ => format!("s.{name}"),
        };
        // Text becomes JSON in the database, which assigns it to `jsonb` as well.
        let cast = if *kind == Kind::Json { "::json" } else { "" };
        format!("{value}{cast} as {name}")
    }

    /// The array's type.
    pub(super) fn bound_as(&self) -> &'static str {
        match self.kind {
            Kind::Id => "uuid[]",
            Kind::Bytes => "bytea[]",
            Kind::Long => "bigint[]",
            Kind::Int => "integer[]",
            Kind::Flag => "boolean[]",
            Kind::Text | Kind::Json => "text[]",
            Kind::Moment => "timestamptz[]",
        }
    }

    /// The column's values as one that can be bound.
    pub(super) fn array<E>(&self, column: E::Column, rows: &[E::Model]) -> Result<Value>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let cells = rows.iter().map(|row| self.cell(row.get(column)));
        let cells = cells.collect::<Result<Vec<Value>>>()?;
        Ok(Value::Array(self.kind.array(), Some(Box::new(cells))))
    }

    fn cell(&self, value: Value) -> Result<Value> {
        let value = match value {
            Value::Json(Some(json)) => {
                serde_json::to_string(&json).map_err(Error::internal)?.into()
            }
            Value::Uuid(None)
            | Value::Bytes(None)
            | Value::BigInt(None)
            | Value::Int(None)
            | Value::String(None)
            | Value::ChronoDateTimeUtc(None) => {
                return absent(self.kind).ok_or_else(|| self.cannot("travel without a value"));
            }
            other => other,
        };
        if self.is_nullable && absent(self.kind).is_some_and(|absent| absent == value) {
            return Err(self.cannot("hold what stands for none"));
        }
        Ok(value)
    }

    fn cannot(&self, what: &str) -> Error {
        Error::internal(format!("{} can't {what}", self.name))
    }
}

/// What stands for no value; flags and JSON have nothing to spare.
fn absent(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Id => Uuid::nil().into(),
        Kind::Bytes => Vec::<u8>::new().into(),
        Kind::Long => i64::MIN.into(),
        Kind::Int => i32::MIN.into(),
        Kind::Text => "".into(),
        Kind::Moment => DateTime::<Utc>::UNIX_EPOCH.into(),
        Kind::Flag | Kind::Json => return None,
    })
}

/// The same, as PostgreSQL writes it.
fn absent_in_sql(kind: Kind) -> Option<String> {
    Some(match kind {
        Kind::Id => format!("'{}'::uuid", Uuid::nil()),
        Kind::Bytes => "''::bytea".to_owned(),
        Kind::Long => format!("({})::bigint", i64::MIN),
        Kind::Int => format!("({})::integer", i32::MIN),
        Kind::Text => "''".to_owned(),
        Kind::Moment => "'epoch'::timestamptz".to_owned(),
        Kind::Flag | Kind::Json => return None,
    })
}
