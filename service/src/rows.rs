//! Set-based statements: any number of rows, or ids, in one statement with one bound value.
//!
//! Rows travel as one JSON array, which PostgreSQL unfolds with `json_to_recordset` and SQLite with
//! `json_each`. Arrays for `unnest` would be a little cheaper on PostgreSQL, but the driver can't
//! bind a null inside one, and one form for both keeps the statements' text, and so their prepared
//! plans, the same whatever the number of rows. Columns and types come from the entity, so a table
//! is described once.

mod json;
mod named;

use std::collections::BTreeSet;

use entity::ids::ProgrammeId;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    Statement, Value,
};
use uuid::Uuid;

pub(crate) use self::named::{Part, find_named};

use crate::error::{Error, Result};
use crate::tx::Tx;

/// Inserts all rows in one statement.
pub(crate) async fn insert_all<E>(tx: &Tx, rows: &[E::Model]) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let Some(first) = rows.first() else { return Ok(()) };
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let set = RowSet::new::<E>(tx.backend(), &columns, first)?;
    let names = columns.iter().map(IdenStatic::as_str).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "insert into {} ({names}) select {} from {}",
        E::default().as_str(),
        set.selected,
        set.source
    );
    run(tx, sql, &json::of::<E>(&columns, rows)?).await.map(drop)
}

/// Sets `changing` columns of all rows, found by primary key, in one statement; says how many
/// there were.
pub(crate) async fn update_all<E>(tx: &Tx, rows: &[E::Model], changing: &[E::Column]) -> Result<u64>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let Some(first) = rows.first() else { return Ok(0) };
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let columns: Vec<E::Column> = keys.iter().chain(changing).copied().collect();
    let set = RowSet::new::<E>(tx.backend(), &columns, first)?;
    let table = E::default().as_str().to_owned();
    let assignments =
        changing.iter().map(|c| format!("{0} = r.{0}", c.as_str())).collect::<Vec<_>>().join(", ");
    let same = keys
        .iter()
        .map(|c| format!("{table}.{0} = r.{0}", c.as_str()))
        .collect::<Vec<_>>()
        .join(" and ");
    let sql = format!(
        "update {table} set {assignments} from (select {} from {}) as r where {same}",
        set.selected, set.source
    );
    run(tx, sql, &json::of::<E>(&columns, rows)?).await
}

async fn run(tx: &Tx, sql: String, rows: &str) -> Result<u64> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, [rows.into()]);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

/// How one database unfolds the JSON array again.
struct RowSet {
    selected: String,
    source: String,
}

impl RowSet {
    fn new<E>(backend: DbBackend, columns: &[E::Column], sample: &E::Model) -> Result<Self>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let kinds: Vec<(&str, Kind)> = columns
            .iter()
            .map(|column| Ok((column.as_str(), Kind::of(&sample.get(*column))?)))
            .collect::<Result<_>>()?;
        Ok(if backend == DbBackend::Postgres {
            Self::postgres(&kinds)
        } else {
            Self::sqlite(&kinds)
        })
    }

    fn postgres(kinds: &[(&str, Kind)]) -> Self {
        let select = |(name, kind): &(&str, Kind)| match kind {
            Kind::Bytes => format!("decode(s.{name}, 'hex') as {name}"),
            _ => format!("s.{name}"),
        };
        let declare = |(name, kind): &(&str, Kind)| format!("{name} {}", kind.postgres());
        let declared = kinds.iter().map(declare).collect::<Vec<_>>().join(", ");
        Self {
            selected: kinds.iter().map(select).collect::<Vec<_>>().join(", "),
            source: format!("json_to_recordset($1::json) as s({declared})"),
        }
    }

    fn sqlite(kinds: &[(&str, Kind)]) -> Self {
        let select = |(name, kind): &(&str, Kind)| match kind {
            Kind::Bytes | Kind::Id => format!("unhex(value ->> '{name}') as {name}"),
            _ => format!("value ->> '{name}' as {name}"),
        };
        let selected = kinds.iter().map(select).collect::<Vec<_>>().join(", ");
        Self { selected, source: "json_each(?)".to_owned() }
    }
}

/// What a column holds, as far as the two databases differ about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Id,
    Bytes,
    Long,
    Int,
    Flag,
    Text,
    Json,
    Moment,
}

impl Kind {
    fn of(value: &Value) -> Result<Self> {
        Ok(match value {
            Value::Uuid(_) => Self::Id,
            Value::Bytes(_) => Self::Bytes,
            Value::BigInt(_) => Self::Long,
            Value::Int(_) => Self::Int,
            Value::Bool(_) => Self::Flag,
            Value::String(_) => Self::Text,
            Value::Json(_) => Self::Json,
            Value::ChronoDateTimeUtc(_) => Self::Moment,
            other => return Err(Error::internal(format!("no set form for {other:?}"))),
        })
    }

    fn postgres(self) -> &'static str {
        match self {
            Self::Id => "uuid",
            Self::Long => "bigint",
            Self::Int => "integer",
            Self::Flag => "boolean",
            Self::Text | Self::Bytes => "text",
            Self::Json => "jsonb",
            Self::Moment => "timestamptz",
        }
    }
}

/// The rows of a programme whose column is among these ids, in one statement, or none where there are
/// no ids; `also` ends the statement. Unlike a list of values it has one text whatever their number.
pub(crate) async fn find_among<E: EntityTrait, C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    column: E::Column,
    ids: impl IntoIterator<Item = Uuid>,
    also: &str,
) -> Result<Vec<E::Model>> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (condition, values) = among(db.get_database_backend(), column.as_str(), 2, ids);
    find_where::<E, C>(db, programme, &format!("{condition} {also}"), [values]).await
}

/// The same among texts.
pub(crate) async fn find_among_texts<E: EntityTrait, C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    column: E::Column,
    texts: impl IntoIterator<Item = String>,
) -> Result<Vec<E::Model>> {
    let texts: BTreeSet<String> = texts.into_iter().collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let (condition, values) = among_texts(db.get_database_backend(), column.as_str(), 2, texts);
    find_where::<E, C>(db, programme, &condition, [values]).await
}

/// The rows of a programme for which the condition holds, whose values are numbered from 2.
async fn find_where<E: EntityTrait, C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<E::Model>> {
    let backend = db.get_database_backend();
    let (table, first) = (E::default(), first_place(backend));
    let sql =
        format!("select * from {} where programme_id = {first} and {condition}", table.as_str());
    let values = std::iter::once(programme.uuid().into()).chain(values);
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(E::find().from_raw_sql(statement).all(db).await?)
}

/// How the first value of a statement is named; it is the programme, always.
pub(crate) fn first_place(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { "$1" } else { "?1" }
}

/// A set of ids as one bound value, and the condition that a column is among them. `place` is the
/// value's number in the statement.
pub(crate) fn among(
    backend: DbBackend,
    column: &str,
    place: usize,
    ids: impl IntoIterator<Item = Uuid>,
) -> (String, Value) {
    if backend == DbBackend::Postgres {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        return (format!("{column} = any(${place})"), ids.into());
    }
    let ids: Vec<String> = ids.into_iter().map(|id| id.simple().to_string()).collect();
    let condition = format!("{column} in (select unhex(value) from json_each(?{place}))");
    (condition, serde_json::to_string(&ids).unwrap_or_default().into())
}

/// A set of texts as one bound value, like [`among`].
pub(crate) fn among_texts(
    backend: DbBackend,
    column: &str,
    place: usize,
    texts: impl IntoIterator<Item = String>,
) -> (String, Value) {
    let texts: Vec<String> = texts.into_iter().collect();
    if backend == DbBackend::Postgres {
        return (format!("{column} = any(${place})"), texts.into());
    }
    let condition = format!("{column} in (select value from json_each(?{place}))");
    (condition, serde_json::to_string(&texts).unwrap_or_default().into())
}
