//! What partners have issued and accepted, summed from the postings. For operators.

use entity::ids::PartnerId;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Ledger;
use crate::actor::{Actor, Scope};
use crate::error::Result;

/// A partner's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartnerTotals {
    /// Whose.
    pub partner: PartnerId,
    /// Issued, less what came back.
    pub issued: i64,
    /// Spent there, less what was undone.
    pub accepted: i64,
}

const SQL: &str = "
    select owner, sum(issued) as issued, sum(accepted) as accepted from (
        select from_owner as owner, case from_account when 'ISSUED' then points else 0 end as issued,
            case from_account when 'ACCEPTED' then -points else 0 end as accepted
        from posting where programme_id = $1 and from_account in ('ISSUED', 'ACCEPTED')
        union all
        select to_owner, case to_account when 'ISSUED' then -points else 0 end,
            case to_account when 'ACCEPTED' then points else 0 end
        from posting where programme_id = $1 and to_account in ('ISSUED', 'ACCEPTED')) as side
    group by owner order by owner";

impl Ledger {
    /// Every partner's totals. It reads all postings: for a summary, not for a screen.
    pub async fn totals(&self, actor: &Actor) -> Result<Vec<PartnerTotals>> {
        let (programme, _) = actor.operator(Scope::LedgerAdjust)?;
        let db = self.db.primary();
        let is_postgres = db.get_database_backend() == DbBackend::Postgres;
        let sql = if is_postgres {
            SQL.replace("sum(issued)", "sum(issued)::bigint")
                .replace("sum(accepted)", "sum(accepted)::bigint")
        } else {
            SQL.replace("$1", "?1")
        };
        let values = [programme.uuid().into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                Ok(PartnerTotals {
                    partner: PartnerId::from_uuid(row.try_get_by_index(0)?),
                    issued: row.try_get_by_index(1)?,
                    accepted: row.try_get_by_index(2)?,
                })
            })
            .collect()
    }
}
