//! What wallets did in a window, for many of them in one statement.

use entity::day::Day;
use entity::ids::{ProgrammeId, WalletId};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};

use crate::error::Result;

/// Days from a first to a last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: Day,
    /// The last.
    pub last: Day,
}

/// What a wallet did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Sums {
    /// How many purchases of which something is left.
    pub purchases: i64,
    /// How much it spent, net of returns, in minor units.
    pub spend_minor: i64,
    /// How many points it earned, net of returns, whatever became of them.
    pub points: i64,
}

const SUMS: &str = "coalesce(cast(sum(d.purchases) as bigint), 0) as purchases,
    coalesce(cast(sum(d.spend_minor) as bigint), 0) as spend_minor,
    coalesce(cast(sum(d.points) as bigint), 0) as points";

/// What each of these wallets did in its window, in their order.
pub async fn sums<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    asked: &[(WalletId, Days)],
) -> Result<Vec<Sums>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let backend = db.get_database_backend();
    let ends = |(_, days): &(WalletId, Days)| (days.first.get(), days.last.get());
    let (sql, values) = if backend == DbBackend::Postgres {
        let wallets: Vec<uuid::Uuid> = asked.iter().map(|(wallet, _)| wallet.uuid()).collect();
        let (first, last): (Vec<i32>, Vec<i32>) = asked.iter().map(ends).unzip();
        let source = "unnest($2::uuid[], $3::integer[], $4::integer[])
            with ordinality as a (wallet_id, first, last, place)";
        let values: Vec<Value> =
            vec![programme.uuid().into(), wallets.into(), first.into(), last.into()];
        (statement("$1", source), values)
    } else {
        let rows = asked.iter().map(|one| {
            let (first, last) = ends(one);
            serde_json::json!([one.0.uuid().simple().to_string(), first, last])
        });
        let rows = serde_json::Value::from(rows.collect::<Vec<_>>()).to_string();
        let source = "(select unhex(value ->> 0) as wallet_id, value ->> 1 as first,
            value ->> 2 as last, key as place from json_each(?2)) as a";
        (statement("?1", source), vec![programme.uuid().into(), rows.into()])
    };
    let found = Statement::from_sql_and_values(backend, sql, values);
    Ok(Sums::find_by_statement(found).all(db).await?)
}

fn statement(programme: &str, source: &str) -> String {
    format!(
        "select {SUMS} from {source} left join activity_day d on d.programme_id = {programme}
            and d.wallet_id = a.wallet_id and d.day between a.first and a.last
         group by a.place order by a.place"
    )
}
