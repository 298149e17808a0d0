//! The books, checked: the invariants of the ledger, recomputed from what was written.
//!
//! Every check is one statement that counts what it looked at and what is wrong, over one unchanging
//! state of the database. It changes nothing and prints the same for the same books.

use entity::ids::ProgrammeId;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Ledger;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// One invariant and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What must hold.
    pub name: &'static str,
    /// How many were looked at.
    pub checked: i64,
    /// Of what.
    pub unit: &'static str,
    /// How many don't hold.
    pub faults: i64,
}

/// A programme's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every invariant.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// Whether all hold.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.faults == 0)
    }
}

impl Ledger {
    /// Checks a programme's books. For the command line and the tests: it reads everything.
    pub async fn verify(&self, programme: ProgrammeId) -> Result<Verdict> {
        let tx = self.db.snapshot().await?;
        if tx.backend() == DbBackend::Postgres {
            tx.connection().execute_unprepared("set local statement_timeout = 0").await?;
        }
        let mut checks = Vec::new();
        for invariant in INVARIANTS {
            checks.push(invariant.check(&tx, programme).await?);
        }
        tx.commit(Verdict { checks }).await
    }
}

struct Invariant {
    name: &'static str,
    unit: &'static str,
    /// Answers one row: how many were looked at, how many are wrong. `$1` is the programme.
    sql: &'static str,
}

impl Invariant {
    async fn check(&self, tx: &Tx, programme: ProgrammeId) -> Result<Check> {
        let values = [programme.uuid().into()];
        let statement = Statement::from_sql_and_values(tx.backend(), self.sql, values);
        let row = tx.connection().query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("a check answered nothing"))?;
        Ok(Check {
            name: self.name,
            unit: self.unit,
            checked: row.try_get_by_index(0)?,
            faults: row.try_get_by_index(1)?,
        })
    }
}

const INVARIANTS: [Invariant; 14] = [
    Invariant {
        name: "every posting takes from one account what it gives to another",
        unit: "postings",
        sql: "select count(*), coalesce(sum(case when points <= 0
                or (from_account = to_account and from_owner = to_owner) then 1 else 0 end), 0)
              from posting where programme_id = $1",
    },
    Invariant {
        name: "each wallet's balances are the sums of its postings",
        unit: "wallets",
        sql: "with side as (
                select to_owner as owner, to_account as account, points from posting where programme_id = $1
                union all
                select from_owner, from_account, -points from posting where programme_id = $1),
              total as (
                select owner,
                  coalesce(sum(case when account = 'AVAILABLE' then points end), 0) as available,
                  coalesce(sum(case when account = 'PENDING' then points end), 0) as pending,
                  coalesce(sum(case when account = 'HELD' then points end), 0) as held,
                  coalesce(sum(case when account = 'DEBT' then -points end), 0) as debt
                from side group by owner)
              select count(*), coalesce(sum(case when
                w.available = coalesce(t.available, 0) and w.pending = coalesce(t.pending, 0)
                and w.held = coalesce(t.held, 0) and w.debt = coalesce(t.debt, 0) then 0 else 1 end), 0)
              from wallet w left join total t on t.owner = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "all accounts together sum to zero",
        unit: "accounts",
        sql: "with side as (
                select to_owner as owner, to_account as account, points from posting where programme_id = $1
                union all
                select from_owner, from_account, -points from posting where programme_id = $1),
              balance as (select owner, account, sum(points) as points from side group by owner, account)
              select count(*), cast(abs(coalesce(sum(points), 0)) as bigint) from balance",
    },
    Invariant {
        name: "lots hold what their wallets have available and pending",
        unit: "wallets",
        sql: "with held as (
                select wallet_id,
                  sum(case when is_pending then 0 else remaining end) as available,
                  sum(case when is_pending then remaining else 0 end) as pending
                from lot where programme_id = $1 group by wallet_id)
              select count(*), coalesce(sum(case when
                w.available = coalesce(l.available, 0) and w.pending = coalesce(l.pending, 0) then 0 else 1 end), 0)
              from wallet w left join held l on l.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "open holds took what their wallets have held",
        unit: "wallets",
        sql: "with open as (
                select wallet_id, entry_id, points from hold where programme_id = $1 and status = 'OPEN'),
              taken as (
                select o.wallet_id, sum(a.points) as points from open o join allocation a
                  on a.programme_id = $1 and a.wallet_id = o.wallet_id and a.entry_id = o.entry_id
                  and a.kind = 'TAKEN' group by o.wallet_id)
              select count(*), coalesce(sum(case when w.held = coalesce(t.points, 0) then 0 else 1 end), 0)
              from wallet w left join taken t on t.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "each entry's lots tell what its postings tell",
        unit: "entries",
        sql: "with posted as (
                select entry_id, sum(case when to_account in ('AVAILABLE', 'PENDING') then points else 0 end)
                  - sum(case when from_account in ('AVAILABLE', 'PENDING') then points else 0 end) as points
                from posting where programme_id = $1 group by entry_id),
              made as (
                select entry_id, sum(quantity) as points from lot where programme_id = $1 group by entry_id),
              moved as (
                select entry_id, sum(case kind when 'TAKEN' then -points when 'GIVEN_BACK' then points else 0 end) as points
                from allocation where programme_id = $1 group by entry_id)
              select count(*), coalesce(sum(case when coalesce(p.points, 0)
                = coalesce(l.points, 0) + coalesce(m.points, 0) then 0 else 1 end), 0)
              from entry e left join posted p on p.entry_id = e.id left join made l on l.entry_id = e.id
                left join moved m on m.entry_id = e.id where e.programme_id = $1",
    },
    Invariant {
        name: "payments captured what they posted",
        unit: "captures",
        sql: "with used as (
                select entry_id, sum(points) as points from allocation
                where programme_id = $1 and kind = 'CAPTURED' group by entry_id)
              select count(*), coalesce(sum(case when e.points = coalesce(u.points, 0) then 0 else 1 end), 0)
              from entry e left join used u on u.entry_id = e.id
              where e.programme_id = $1 and e.kind = 'CAPTURED'",
    },
    Invariant {
        name: "each lot's remaining points are its quantity less its allocations",
        unit: "lots",
        sql: "with used as (
                select a.lot_id,
                  sum(case a.kind when 'TAKEN' then a.points when 'GIVEN_BACK' then -a.points else 0 end) as points,
                  sum(case when e.kind = 'EXPIRED' then a.points else 0 end) as expired
                from allocation a join entry e
                  on e.programme_id = a.programme_id and e.wallet_id = a.wallet_id and e.id = a.entry_id
                where a.programme_id = $1 group by a.lot_id)
              select count(*), coalesce(sum(case when l.remaining = l.quantity - coalesce(u.points, 0)
                and l.remaining between 0 and l.quantity and l.expired = coalesce(u.expired, 0) then 0 else 1 end), 0)
              from lot l left join used u on u.lot_id = l.id where l.programme_id = $1",
    },
    Invariant {
        name: "each wallet's entries are numbered without gaps and end in its balances",
        unit: "wallets",
        sql: "with numbered as (
                select wallet_id, count(*) as entries, max(seq) as last from entry where programme_id = $1 group by wallet_id)
              select count(*), coalesce(sum(case when coalesce(n.entries, 0) = w.seq and coalesce(n.last, 0) = w.seq
                and (w.seq = 0 or exists (select 1 from entry e where e.programme_id = $1 and e.wallet_id = w.id
                  and e.seq = w.seq and e.available_after = w.available and e.pending_after = w.pending
                  and e.held_after = w.held and e.debt_after = w.debt)) then 0 else 1 end), 0)
              from wallet w left join numbered n on n.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "one entry for one idempotency key",
        unit: "keys",
        sql: "select count(*), count(outcome ->> 'entry') - count(distinct outcome ->> 'entry')
              from idempotency_key where programme_id = $1",
    },
    Invariant {
        name: "each receipt is in the books once, and earned once if it has a member",
        unit: "receipts",
        sql: "with earned as (
                select purchase_id, count(*) as times from entry
                where programme_id = $1 and kind = 'EARNED' group by purchase_id),
              named as (
                select purchase_id, count(*) as times from receipt_key where programme_id = $1 group by purchase_id)
              select count(*), coalesce(sum(case when coalesce(n.times, 0) = 1
                and coalesce(e.times, 0) = (case when p.member_id is null then 0 else 1 end) then 0 else 1 end), 0)
              from purchase p left join earned e on e.purchase_id = p.id left join named n on n.purchase_id = p.id
              where p.programme_id = $1",
    },
    Invariant {
        name: "each entry is a fact once, sequenced or about to be",
        unit: "entries",
        sql: "with told as (
                select subject_id from fact where programme_id = $1 and kind = 'ENTRY'
                union all
                select subject_id from outbox where programme_id = $1 and kind = 'ENTRY'),
              counted as (select subject_id, count(*) as times from told group by subject_id)
              select count(*), coalesce(sum(case when coalesce(c.times, 0) = 1 then 0 else 1 end), 0)
              from entry e left join counted c on c.subject_id = e.id where e.programme_id = $1",
    },
    Invariant {
        name: "checkpoints are the sums of the postings up to them",
        unit: "accounts",
        sql: CHECKPOINTS,
    },
    Invariant {
        name: "members, partners and stores that the books name exist",
        unit: "references",
        sql: "with named as (
                select case when exists (select 1 from wallet w where w.programme_id = $1 and w.id = m.wallet_id)
                  then 0 else 1 end as fault from member m where m.programme_id = $1
                union all
                select case when exists (select 1 from partner p where p.programme_id = $1 and p.id = e.partner_id)
                  and (e.store_id is null or exists (select 1 from store s where s.programme_id = $1
                    and s.id = e.store_id and s.partner_id = e.partner_id)) then 0 else 1 end
                from entry e where e.programme_id = $1 and e.partner_id is not null
                union all
                select case when exists (select 1 from partner p where p.programme_id = $1 and p.id = l.issuer_id)
                  then 0 else 1 end from lot l where l.programme_id = $1 and l.issuer_id is not null)
              select count(*), coalesce(sum(fault), 0) from named",
    },
];

/// Facts are told apart from those after the checkpoint by their position; wallets' accounts are
/// summed together under their programme.
const CHECKPOINTS: &str = "
    with told as (
        select subject_id from fact where programme_id = $1 and kind = 'ENTRY' and position
            <= (select position from checkpoint where programme_id = $1)),
    moved as (
        select p.* from posting p join told t on t.subject_id = p.entry_id where p.programme_id = $1),
    side as (
        select to_account as account, to_owner as owner, points from moved
        union all
        select from_account, from_owner, -points from moved),
    part as (
        select account, case when account in ('AVAILABLE', 'PENDING', 'HELD', 'DEBT') then $1 else owner end
            as owner_id, points as posted, 0 as kept from side
        union all
        select account, owner_id, 0, points from checkpoint_sum where programme_id = $1),
    sums as (
        select sum(posted) as posted, sum(kept) as kept from part group by account, owner_id)
    select count(*), coalesce(sum(case when posted = kept then 0 else 1 end), 0) from sums";
