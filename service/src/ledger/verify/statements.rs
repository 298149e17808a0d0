//! Statements that were issued say what the money books come to, follow each other, and are what is paid.

use entity::ids::{DisputeId, ProgrammeId, SettlementStatementId};
use uuid::Uuid;

use super::{Check, Invariant, NAMED_MAX, Named};
use crate::error::Result;
use crate::settlement::unlike_the_books;
use crate::tx::Tx;

pub(super) const INVARIANTS: [Invariant; 3] = [
    Invariant {
        name: "each issued statement goes on from the one before it, without gaps",
        unit: "statements",
        named: Named::Id(statement),
        sql: "with issued as (
                select s.* from settlement_statement s join settlement_cycle c
                  on c.programme_id = $1 and c.first_day = s.cycle and c.calculation = s.calculation
                  and c.approved_at is not null
                where s.programme_id = $1)
              select s.id, case when (s.number = 1 and s.previous_hash is null and s.opening_minor = 0
                  or exists (select 1 from issued p where p.partner_id = s.partner_id
                    and p.number = s.number - 1 and p.hash = s.previous_hash
                    and p.closing_minor = s.opening_minor and p.cycle < s.cycle))
                and not exists (select 1 from issued o where o.partner_id = s.partner_id
                  and o.number = s.number and o.id <> s.id) then 0 else 1 end as fault
              from issued s",
    },
    Invariant {
        name: "what is to be paid is what statements say is due, and no more of it was paid",
        unit: "statements",
        named: Named::Id(statement),
        sql: "with paid as (
                select reference, sum(amount_minor) as minor from settlement_payment
                where programme_id = $1 group by reference),
              due as (
                select i.*, coalesce(p.minor, 0) as paid_minor from payment_instruction i
                left join paid p on p.reference = i.reference where i.programme_id = $1)
              select s.id, case when case when s.due_minor = 0
                  then not exists (select 1 from due d where d.cycle = s.cycle and d.partner_id = s.partner_id)
                  else exists (select 1 from due d where d.cycle = s.cycle and d.partner_id = s.partner_id
                    and d.amount_minor = abs(s.due_minor) and d.paid_minor <= d.amount_minor
                    and d.direction = case when s.due_minor > 0 then 'COLLECT' else 'PAY' end) end
                then 0 else 1 end as fault
              from settlement_statement s join settlement_cycle c
                on c.programme_id = $1 and c.first_day = s.cycle and c.calculation = s.calculation
                and c.approved_at is not null
              where s.programme_id = $1",
    },
    Invariant {
        name: "each dispute that was accepted is corrected once, by as much",
        unit: "disputes",
        named: Named::Id(dispute),
        sql: "select d.id, case when (select count(*) from settlement_adjustment a
                  where a.programme_id = $1 and a.dispute_id = d.id)
                = case when d.status = 'ACCEPTED' then 1 else 0 end
                and (d.status <> 'ACCEPTED' or exists (select 1 from settlement_adjustment a
                  where a.programme_id = $1 and a.dispute_id = d.id and a.partner_id = d.partner_id
                  and a.amount_minor = -d.accepted_minor)) then 0 else 1 end as fault
              from dispute d where d.programme_id = $1",
    },
];

/// Those that aren't statements of SQL: what a statement says is settlement's to tell.
pub(super) async fn checks(tx: &Tx, programme: ProgrammeId) -> Result<[Check; 2]> {
    let found = unlike_the_books(tx, programme).await?;
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let named = found.statements.iter().take(NAMED_MAX).map(ToString::to_string);
    Ok([
        Check {
            name: "each issued statement says what the money books come to, and hashes to its hash",
            checked: found.checked,
            unit: "statements",
            faults: count(found.statements.len()),
            faulty: named.collect(),
        },
        Check {
            name: "the money of each issued cycle sums to zero",
            checked: found.cycles,
            unit: "cycles",
            faults: count(found.unbalanced.len()),
            faulty: found.unbalanced.into_iter().take(NAMED_MAX).collect(),
        },
    ])
}

fn statement(id: Uuid) -> String {
    SettlementStatementId::from_uuid(id).to_string()
}

fn dispute(id: Uuid) -> String {
    DisputeId::from_uuid(id).to_string()
}
