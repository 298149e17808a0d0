//! Rows by names of several parts, all in one statement.

use std::collections::BTreeSet;

use entity::ids::ProgrammeId;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement, Value};

use crate::error::{Error, Result};

/// What a part of a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// An id, as its simple text.
    Id,
    /// A text.
    Text,
}

/// The rows of a programme that these columns name, no two of which may bear one name. Unlike a set for
/// each column it asks for no combination that nobody named.
///
/// PostgreSQL is told to look each name up: it can't know how few they are, and would read a whole table
/// that looks small to it.
pub(crate) async fn find_named<E: EntityTrait, C: ConnectionTrait, const N: usize>(
    db: &C,
    programme: ProgrammeId,
    columns: [(&str, Part); N],
    names: &BTreeSet<[String; N]>,
) -> Result<Vec<E::Model>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (backend, table) = (db.get_database_backend(), E::default());
    let sql = named_rows(backend, table.as_str(), columns);
    let names: Vec<&[String]> = names.iter().map(|name| &name[..]).collect();
    let names = serde_json::to_string(&names).map_err(Error::internal)?;
    let values: [Value; 2] = [programme.uuid().into(), names.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Ok(E::find().from_raw_sql(statement).all(db).await?)
}

fn named_rows<const N: usize>(
    backend: DbBackend,
    table: &str,
    columns: [(&str, Part); N],
) -> String {
    let numbered = columns.iter().enumerate();
    if backend == DbBackend::Postgres {
        let same = |(at, (column, part)): (usize, &(&str, Part))| match part {
            Part::Id => format!("{column} = (n.value ->> {at})::uuid"),
            Part::Text => format!("{column} = n.value ->> {at}"),
        };
        let same = numbered.map(same).collect::<Vec<_>>().join(" and ");
        return format!(
            "select t.* from json_array_elements($2::json) as n cross join lateral
             (select * from {table} where programme_id = $1 and {same} limit 1) as t"
        );
    }
    let part = |(at, (_, part)): (usize, &(&str, Part))| match part {
        Part::Id => format!("unhex(value ->> {at})"),
        Part::Text => format!("value ->> {at}"),
    };
    let parts = numbered.map(part).collect::<Vec<_>>().join(", ");
    let named = columns.map(|(column, _)| column).join(", ");
    format!(
        "select * from {table} where programme_id = ?1
         and ({named}) in (select {parts} from json_each(?2))"
    )
}
