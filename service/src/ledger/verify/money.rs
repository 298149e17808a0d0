//! The money books are what the ledger comes to.

use entity::ids::ProgrammeId;
use entity::settlement::money_posting::MoneyAccount;

use super::{Check, Invariant, NAMED_MAX, Named, partner, wallet};
use crate::error::Result;
use crate::settlement::core::cohorts::Cohort;
use crate::settlement::unlike_the_ledger;
use crate::tx::Tx;

pub(super) const INVARIANTS: [Invariant; 4] = [
    Invariant {
        name: "each day's obligations are the sums of the money journal",
        unit: "sums",
        named: Named::Text,
        sql: "with part as (
                select cycle, day, kind, from_account, to_account, partner_id, contract_id, with_id,
                  price_micros, factor, points, postings from money_day where programme_id = $1
                union all
                select cycle, day, kind, from_account, to_account, coalesce(partner_id, {nobody}),
                  coalesce(contract_id, {nobody}), coalesce(with_id, {nobody}), price_micros, factor, -points, -1
                from money_posting where programme_id = $1)
              select kind || ' of day ' || day as id,
                case when sum(points) = 0 and sum(postings) = 0 then 0 else 1 end as fault
              from part group by cycle, day, kind, from_account, to_account, partner_id, contract_id, with_id,
                price_micros, factor",
    },
    Invariant {
        name: "what cycles add up to is what their days do",
        unit: "sums",
        named: Named::Text,
        sql: "with part as (
                select cycle, kind, from_account, to_account, partner_id, contract_id, with_id, price_micros,
                  factor, points from money_day where programme_id = $1
                union all
                select cycle, kind, from_account, to_account, partner_id, contract_id, with_id, price_micros,
                  factor, -points from money_cycle where programme_id = $1)
              select kind || ' of the cycle of day ' || cycle as id,
                case when sum(points) = 0 then 0 else 1 end as fault
              from part group by cycle, kind, from_account, to_account, partner_id, contract_id, with_id,
                price_micros, factor",
    },
    Invariant {
        name: "points are carried for wallets as many as they owe",
        unit: "wallets",
        named: Named::Id(wallet),
        // What happened lately may not be in the money books yet.
        sql: "with carried as (
                select wallet_id, sum(remaining) as points from carried_points where programme_id = $1
                group by wallet_id),
              behind as (
                select stream_id from outbox where programme_id = $1 and kind = 'ENTRY'
                union
                select stream_id from fact where programme_id = $1 and position > coalesce(
                  (select position from settlement_cursor where programme_id = $1), 0))
              select w.id, case when w.debt = coalesce(c.points, 0) then 0 else 1 end as fault
              from wallet w left join carried c on c.wallet_id = w.id
              where w.programme_id = $1 and not exists (select 1 from behind)",
    },
    Invariant {
        name: "what partners' slices have left and gave is the headroom of their credit lines",
        unit: "partners",
        named: Named::Id(partner),
        sql: "with part as (
                select partner_id, headroom_micros as micros, 0 as slices,
                  case when headroom_micros is null then 0 else 16 end as needed
                from credit_line where programme_id = $1
                union all
                select partner_id, -left_micros - taken_micros, 1, 0 from credit_slice where programme_id = $1)
              select partner_id as id, case when coalesce(sum(micros), 0) = 0
                and sum(slices) = sum(needed) then 0 else 1 end as fault
              from part group by partner_id",
    },
];

/// Those that aren't statements: how money follows from entries is settlement's to say.
pub(super) async fn checks(tx: &Tx, programme: ProgrammeId) -> Result<[Check; 6]> {
    let found = unlike_the_ledger(tx, programme).await?;
    let entries = found.entries.iter().take(NAMED_MAX).map(ToString::to_string);
    let cohorts = |name, wrong: &[Cohort]| Check {
        name,
        checked: count(found.cohorts),
        unit: "cohorts",
        faults: count(wrong.len()),
        faulty: wrong.iter().take(NAMED_MAX).map(|cohort| named(programme, cohort)).collect(),
    };
    Ok([
        Check {
            name: "the money journal is what the ledger's entries come to",
            checked: found.checked,
            unit: "movements",
            faults: count(found.entries.len() + usize::from(found.broken.is_some())),
            faulty: entries.chain(found.broken.clone()).collect(),
        },
        Check {
            name: "reserve, cleared and carried hold what lots and debts come to",
            checked: 3,
            unit: "accounts",
            faults: count(found.accounts.len()),
            faulty: found
                .accounts
                .iter()
                .copied()
                .map(MoneyAccount::name)
                .map(Into::into)
                .collect(),
        },
        Check {
            name: "what became of each lot's points is what entries come to",
            checked: count(found.fates.0),
            unit: "lots",
            faults: count(found.fates.1.len()),
            faulty: found.fates.1.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
        },
        cohorts("what became of each cohort's points is what entries come to", &found.flows),
        cohorts("each cohort has as many points out as its lots and holds", &found.out),
        cohorts("what is due when points are burned is what their lots say", &found.due),
    ])
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// By its month, and who issued it.
fn named(programme: ProgrammeId, cohort: &Cohort) -> String {
    let issuer = cohort.issuer.map_or_else(|| programme.to_string(), |issuer| issuer.to_string());
    format!("{} of {issuer}", cohort.month.date().format("%Y-%m"))
}
