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
    let mut values: Vec<Value> = vec![programme.uuid().into()];
    if backend == DbBackend::Postgres {
        let part = |at: usize| names.iter().map(|name| name[at].clone()).collect::<Vec<_>>().into();
        values.extend((0..N).map(part));
    } else {
        let names: Vec<&[String]> = names.iter().map(|name| &name[..]).collect();
        values.push(serde_json::to_string(&names).map_err(Error::internal)?.into());
    }
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
            Part::Id => format!("{column} = n.part{at}::uuid"),
            Part::Text => format!("{column} = n.part{at}"),
        };
        let same = numbered.map(same).collect::<Vec<_>>().join(" and ");
        let bound: Vec<String> = (0..N).map(|at| format!("${}::text[]", at + 2)).collect();
        let parts: Vec<String> = (0..N).map(|at| format!("part{at}")).collect();
        return format!(
            "select t.* from unnest({}) as n({}) cross join lateral
             (select * from {table} where programme_id = $1 and {same} limit 1) as t",
            bound.join(", "),
            parts.join(", ")
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
