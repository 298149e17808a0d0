//! Rows as values bound one by one, for SQLite, which has no arrays.
//!
//! So that few texts are prepared, a statement has room for one of a few numbers of rows, and what is left
//! over is filled with nulls, which the statement passes by. (As JSON, each column read the row's document
//! anew: three times what binding costs.)

use sea_orm::{EntityTrait, IdenStatic, ModelTrait, Value};

use crate::error::{Error, Result};

/// For how many rows statements have room; SQLite binds at most 32,766 values.
const ROOMS: [usize; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const VALUES_MAX: usize = 32_766;

/// The set `(values …)` with its columns `column1`, `column2`, …, and what is bound to it.
pub(super) fn of<E>(columns: &[E::Column], rows: &[E::Model]) -> Result<(String, Vec<Value>)>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let room = ROOMS.into_iter().find(|room| *room >= rows.len());
    let room = room.ok_or_else(|| Error::internal(format!("{} rows at once", rows.len())))?;
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    let source = format!("(values {})", vec![row.as_str(); room].join(","));
    let mut values = Vec::with_capacity(room * columns.len());
    for row in rows {
        values.extend(columns.iter().map(|column| row.get(*column)));
    }
    values.resize(room * columns.len(), Value::Bool(None));
    Ok((source, values))
}

/// How many rows of so many columns go into one statement.
pub(super) fn rows_max(columns: usize) -> usize {
    let fits = |room: &usize| *room * columns <= VALUES_MAX;
    ROOMS.into_iter().rev().find(fits).unwrap_or(1)
}

/// What a statement selects from the set; the first column is never null but where nothing is.
pub(super) fn selected<C: IdenStatic>(columns: &[C]) -> String {
    let named = columns.iter().enumerate();
    let named = named.map(|(place, column)| format!("column{} as {}", place + 1, column.as_str()));
    named.collect::<Vec<_>>().join(", ")
}
