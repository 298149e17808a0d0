//! Set-based statements: any number of rows, or ids, in one statement whose text, and so its prepared
//! plan, is the same whatever their number.
//!
//! Rows travel to PostgreSQL as an array for each column, unfolded by `unnest` (as one JSON document
//! each row took some ten microseconds more there, a third of what it costs), and to SQLite as values one
//! by one. Columns and types come from the entity, so a table is described once.

mod arrays;
mod named;
mod values;

use std::collections::BTreeSet;

use entity::ids::ProgrammeId;
use sea_orm::sea_query::ArrayType;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    Statement, Value,
};
use uuid::Uuid;

pub(crate) use self::named::{Part, find_named};

use crate::error::{Error, Result};
use crate::tx::Tx;

/// Inserts all rows in one statement; on SQLite at most a thousand in one.
pub(crate) async fn insert_all<E>(tx: &Tx, rows: &[E::Model]) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    insert_or::<E>(tx, rows, "").await
}

/// Inserts all rows, no two with one key, likewise; where there is one with that key, what it has in the
/// `adding` columns is added to.
pub(crate) async fn add_all<E>(tx: &Tx, rows: &[E::Model], adding: &[E::Column]) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let table = E::default().as_str().to_owned();
    let keys = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned());
    let sums = adding.iter().map(|c| format!("{0} = {table}.{0} + excluded.{0}", c.as_str()));
    let (keys, sums): (Vec<String>, Vec<String>) = (keys.collect(), sums.collect());
    let add = format!("on conflict ({}) do update set {}", keys.join(", "), sums.join(", "));
    insert_or::<E>(tx, rows, &add).await
}

/// Inserts those rows, likewise, whose keys are not there yet.
pub(crate) async fn insert_new<E>(tx: &Tx, rows: &[E::Model]) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    insert_or::<E>(tx, rows, "on conflict do nothing").await
}

async fn insert_or<E>(tx: &Tx, rows: &[E::Model], otherwise: &str) -> Result<()>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let (table, names) = (E::default(), columns.iter().map(IdenStatic::as_str));
    let into = format!("{} ({})", table.as_str(), names.collect::<Vec<_>>().join(", "));
    for set in RowSet::all::<E>(tx.backend(), &columns, rows) {
        let RowSet { selected, source, values } = set?;
        let sql = format!("insert into {into} select {selected} from {source} {otherwise}");
        run(tx, sql, values).await?;
    }
    Ok(())
}

/// Sets `changing` columns of all rows, found by primary key, likewise; says how many there were.
pub(crate) async fn update_all<E>(tx: &Tx, rows: &[E::Model], changing: &[E::Column]) -> Result<u64>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let columns: Vec<E::Column> = keys.iter().chain(changing).copied().collect();
    let table = E::default().as_str().to_owned();
    let set = changing.iter().map(|c| format!("{0} = r.{0}", c.as_str()));
    let set = set.collect::<Vec<_>>().join(", ");
    let same = keys.iter().map(|c| format!("{table}.{0} = r.{0}", c.as_str()));
    let same = same.collect::<Vec<_>>().join(" and ");
    let mut found = 0;
    for rows in RowSet::all::<E>(tx.backend(), &columns, rows) {
        let RowSet { selected, source, values } = rows?;
        let rows = format!("(select {selected} from {source}) as r");
        found +=
            run(tx, format!("update {table} set {set} from {rows} where {same}"), values).await?;
    }
    Ok(found)
}

async fn run(tx: &Tx, sql: String, values: Vec<Value>) -> Result<u64> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

/// Rows as bound values, and how one database unfolds them again.
struct RowSet {
    selected: String,
    source: String,
    values: Vec<Value>,
}

impl RowSet {
    /// All rows, in as few sets as the database takes.
    fn all<E>(
        backend: DbBackend,
        columns: &[E::Column],
        rows: &[E::Model],
    ) -> impl Iterator<Item = Result<Self>>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let is_postgres = backend == DbBackend::Postgres;
        let most = if is_postgres { rows.len().max(1) } else { values::rows_max(columns.len()) };
        rows.chunks(most).map(move |rows| {
            if is_postgres {
                Self::postgres::<E>(columns, rows)
            } else {
                Self::sqlite::<E>(columns, rows)
            }
        })
    }

    fn postgres<E>(columns: &[E::Column], rows: &[E::Model]) -> Result<Self>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let (mut selected, mut bound, mut names, mut values) = (vec![], vec![], vec![], vec![]);
        let Some(first) = rows.first() else { return Err(Error::internal("a set of no rows")) };
        for column in columns {
            let array = arrays::Column::of(*column, Kind::of(&first.get(*column))?);
            selected.push(array.selected());
            names.push(column.as_str());
            values.push(array.array::<E>(*column, rows)?);
            bound.push(format!("${}::{}", values.len(), array.bound_as()));
        }
        let source = format!("unnest({}) as s({})", bound.join(", "), names.join(", "));
        Ok(Self { selected: selected.join(", "), source, values })
    }

    fn sqlite<E>(columns: &[E::Column], rows: &[E::Model]) -> Result<Self>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let (source, values) = values::of::<E>(columns, rows)?;
        let source = format!("{source} where column1 is not null");
        Ok(Self { selected: values::selected(columns), source, values })
    }
}

/// What a column holds, as far as PostgreSQL has to be told.
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

    fn array(self) -> ArrayType {
        match self {
            Self::Id => ArrayType::Uuid,
            Self::Bytes => ArrayType::Bytes,
            Self::Long => ArrayType::BigInt,
            Self::Int => ArrayType::Int,
            Self::Flag => ArrayType::Bool,
            Self::Text | Self::Json => ArrayType::String,
            Self::Moment => ArrayType::ChronoDateTimeUtc,
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
