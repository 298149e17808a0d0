//! What many share and none may overdraw lies in slices, so that sales don't queue on one row: budgets of
//! rules and campaigns, partners' credit, and what there is of rewards.
//!
//! Whoever takes tries one slice, a different one each time. Only where that one hasn't enough are all of them
//! locked, in order, and what is left is shared out evenly anew; where together they have less than was
//! read, another was faster, and the batch is decided anew. So it is given to the last and never beyond.
//! What there is to take is read, and decided on, elsewhere.

use std::sync::atomic::{AtomicI32, Ordering};

use entity::ids::ProgrammeId;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::tx::{Moved, Tx};

/// In how many slices something lies.
pub(crate) const SLICES: i32 = 16;
/// Which slice the next batch takes from.
static NEXT: AtomicI32 = AtomicI32::new(0);

/// A table of slices. Each column of what is left stands beside the one of what was given; where nothing
/// says what is left, it has no bound.
pub(crate) struct Sliced<const N: usize> {
    table: &'static str,
    owner: &'static str,
    columns: [(&'static str, &'static str); N],
}

/// What rules and campaigns may give: points, and what they cost.
pub(super) const BUDGETS: Sliced<2> = Sliced {
    table: "budget_slice",
    owner: "owner_id",
    columns: [("left_points", "given_points"), ("left_cost", "given_cost")],
};

/// What partners may still owe.
pub(super) const CREDIT: Sliced<1> = Sliced {
    table: "credit_slice",
    owner: "partner_id",
    columns: [("left_micros", "taken_micros")],
};

/// What there is of rewards.
pub(crate) const STOCK: Sliced<1> =
    Sliced { table: "reward_stock", owner: "stock_id", columns: [("left_count", "taken_count")] };

/// A rest in even slices, the first of which have one more where it doesn't come out even.
pub(crate) fn shared(rest: i64) -> impl Fn(i32) -> i64 {
    let (whole, more) = (rest.div_euclid(SLICES.into()), rest.rem_euclid(SLICES.into()));
    move |slice| whole + i64::from(i64::from(slice) < more)
}

impl<const N: usize> Sliced<N> {
    /// Takes so much, or gives it back where it is below zero.
    pub(crate) async fn take(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        owner: Uuid,
        taken: [i64; N],
    ) -> Result<()> {
        if self.take_from_one(tx, programme, owner, taken).await? {
            return Ok(());
        }
        self.take_from_all(tx, programme, owner, taken).await
    }

    /// Takes from one slice, or gives back to it; says whether it had enough.
    async fn take_from_one(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        owner: Uuid,
        taken: [i64; N],
    ) -> Result<bool> {
        let slice = NEXT.fetch_add(1, Ordering::Relaxed).rem_euclid(SLICES);
        let place = places(tx.backend());
        let (mut set, mut enough) = (Vec::new(), String::new());
        for ((left, given), at) in self.columns.iter().zip(4..) {
            let taken = place(at);
            set.push(format!("{left} = {left} - {taken}, {given} = {given} + {taken}"));
            enough.push_str(&format!(" and coalesce({left}, {taken}) >= {taken}"));
        }
        let sql = format!(
            "update {} set {} where programme_id = {} and {} = {} and slice = {}{enough}",
            self.table,
            set.join(", "),
            place(1),
            self.owner,
            place(2),
            place(3),
        );
        let mut values: Vec<Value> = vec![programme.uuid().into(), owner.into(), slice.into()];
        values.extend(taken.map(Value::from));
        let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
        Ok(tx.connection().execute_raw(statement).await?.rows_affected() == 1)
    }

    /// Takes from all slices together, and shares what is left out evenly.
    async fn take_from_all(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        owner: Uuid,
        taken: [i64; N],
    ) -> Result<()> {
        let slices = self.locked(tx, programme, owner).await?;
        let Some(first) = slices.first() else {
            // Whoever has none any more isn't bounded any more, which a decision made anew finds.
            return Err(Error::internal(Moved));
        };
        let place = places(tx.backend());
        let (mut set, mut values): (_, Vec<Value>) =
            (Vec::new(), vec![programme.uuid().into(), owner.into()]);
        for (at, ((left, given), taken)) in self.columns.iter().zip(taken).enumerate() {
            let rest = rest(slices.iter().map(|slice| slice[at].0), taken)?;
            added(first[at].1, taken)?;
            let (whole, more) = (shared(rest)(SLICES), rest.rem_euclid(SLICES.into()));
            let begun = values.len();
            values.extend([whole, more, taken].map(Value::from));
            let [whole, more, taken] = [1, 2, 3].map(|own| place(begun + own));
            set.push(format!(
                "{left} = case when {left} is null then null when slice < {more} then {whole} + 1
                    else {whole} end,
                {given} = {given} + case when slice = 0 then {taken} else 0 end"
            ));
        }
        let (table, set, owner) = (self.table, set.join(", "), self.owner);
        let (one, two) = (place(1), place(2));
        let sql =
            format!("update {table} set {set} where programme_id = {one} and {owner} = {two}");
        let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
        tx.connection().execute_raw(statement).await?;
        Ok(())
    }

    /// What each slice has left and has given, by column; locked in their order.
    async fn locked(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        owner: Uuid,
    ) -> Result<Vec<[(Option<i64>, i64); N]>> {
        let (backend, place) = (tx.backend(), places(tx.backend()));
        let columns = self.columns.map(|(left, given)| format!("{left}, {given}")).join(", ");
        let sql = format!(
            "select {columns} from {} where programme_id = {} and {} = {} order by slice {}",
            self.table,
            place(1),
            self.owner,
            place(2),
            if backend == DbBackend::Postgres { "for update" } else { "" },
        );
        let values: [Value; 2] = [programme.uuid().into(), owner.into()];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = tx.connection().query_all_raw(statement).await?;
        rows.iter().map(slice).collect()
    }
}

/// How the values of a statement are named. PostgreSQL wouldn't know what kind of number some are.
fn places(backend: DbBackend) -> impl Fn(usize) -> String {
    move |place| match (backend, place) {
        (DbBackend::Postgres, 1..=3) => format!("${place}"),
        (DbBackend::Postgres, _) => format!("${place}::bigint"),
        _ => format!("?{place}"),
    }
}

fn slice<const N: usize>(row: &QueryResult) -> Result<[(Option<i64>, i64); N]> {
    let mut columns = [(None, 0); N];
    for (column, place) in columns.iter_mut().zip((0..).step_by(2)) {
        *column = (row.try_get_by_index(place)?, row.try_get_by_index(place + 1)?);
    }
    Ok(columns)
}

/// What is left of all slices; nothing, where they have no bound.
fn rest(left: impl Iterator<Item = Option<i64>>, taken: i64) -> Result<i64> {
    let sum = left.map(|left| left.map(i128::from)).sum::<Option<i128>>();
    let Some(sum) = sum else { return Ok(0) };
    let rest = i64::try_from(sum - i128::from(taken)).map_err(Error::internal)?;
    if rest < 0 { Err(Error::internal(Moved)) } else { Ok(rest) }
}

/// What a slice has given in all must be a number still.
fn added(given: i64, taken: i64) -> Result<i64> {
    given.checked_add(taken).ok_or_else(|| Error::internal("a slice that gave too much to count"))
}

#[cfg(test)]
mod tests {
    //! Sums at their ends.

    use super::*;

    #[test]
    fn a_rest_comes_out_even_whatever_its_sign() {
        for rest in [0, 1, 15, 16, 1_000_001, -1, -17, i64::MAX, i64::MIN] {
            let share = shared(rest);
            let sum: i128 = (0..SLICES).map(|slice| i128::from(share(slice))).sum();
            assert_eq!(sum, i128::from(rest));
            assert!(share(0) - share(SLICES - 1) <= 1);
        }
    }

    #[test]
    fn what_is_more_than_there_is_or_than_a_number_holds_is_not_taken() {
        let left = || [Some(3), Some(4)].into_iter();
        assert_eq!(rest(left(), 7).unwrap(), 0);
        assert!(rest(left(), 8).is_err());
        assert_eq!(rest([None, None].into_iter(), 8).unwrap(), 0);
        assert_eq!(added(i64::MAX - 1, 1).unwrap(), i64::MAX);
        assert!(added(i64::MAX, 1).is_err());
    }
}
