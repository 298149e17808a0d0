//! What wallets and accounts hold is what was posted.

use super::{Invariant, Named, programme, wallet};

pub(super) const INVARIANTS: [Invariant; 7] = [
    Invariant {
        name: "each wallet's balances are the sums of its postings, archived and kept",
        unit: "wallets",
        named: Named::Id(wallet),
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
              select w.id, case when
                w.available = coalesce(t.available, 0) + coalesce(o.available, 0)
                and w.pending = coalesce(t.pending, 0) + coalesce(o.pending, 0)
                and w.held = coalesce(t.held, 0) + coalesce(o.held, 0)
                and w.debt = coalesce(t.debt, 0) + coalesce(o.debt, 0) then 0 else 1 end as fault
              from wallet w left join total t on t.owner = w.id
                left join opening o on o.programme_id = $1 and o.wallet_id = w.id
              where w.programme_id = $1",
    },
    Invariant {
        name: "what members hold and owe, and the accounts of partners and programme, sum to zero",
        unit: "programme",
        named: Named::Id(programme),
        sql: "with part as (
                select available + pending + held - debt as points from wallet where programme_id = $1
                union all
                select points from archived_sum where programme_id = $1
                union all
                select points from posting
                where programme_id = $1 and to_account in ('ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED')
                union all
                select -points from posting
                where programme_id = $1 and from_account in ('ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED'))
              select p.id, case when (select coalesce(sum(points), 0) from part) = 0 then 0 else 1 end as fault
              from programme p where p.id = $1",
    },
    Invariant {
        name: "checkpoints are the sums of the postings up to them, archived and kept",
        unit: "accounts",
        named: Named::Owner,
        // Wallets' accounts are summed together under their programme.
        sql: "with told as (
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
                select account, owner_id, points, 0 from archived_sum where programme_id = $1
                union all
                select 'AVAILABLE', $1, available, 0 from opening where programme_id = $1
                union all
                select 'PENDING', $1, pending, 0 from opening where programme_id = $1
                union all
                select 'HELD', $1, held, 0 from opening where programme_id = $1
                union all
                select 'DEBT', $1, -debt, 0 from opening where programme_id = $1
                union all
                select account, owner_id, 0, points from checkpoint_sum where programme_id = $1)
              select owner_id as id, case when sum(posted) = sum(kept) then 0 else 1 end as fault
              from part group by account, owner_id",
    },
    Invariant {
        name: "lots hold what their wallets have available and pending",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with held as (
                select wallet_id,
                  sum(case when is_pending then 0 else remaining end) as available,
                  sum(case when is_pending then remaining else 0 end) as pending
                from lot where programme_id = $1 group by wallet_id)
              select w.id, case when w.available = coalesce(l.available, 0)
                and w.pending = coalesce(l.pending, 0) then 0 else 1 end as fault
              from wallet w left join held l on l.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "open holds took what their wallets have held",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with open as (
                select wallet_id, entry_id, points from hold where programme_id = $1 and status = 'OPEN'),
              taken as (
                select o.wallet_id, sum(a.points) as points from open o join allocation a
                  on a.programme_id = $1 and a.wallet_id = o.wallet_id and a.entry_id = o.entry_id
                  and a.kind = 'TAKEN' group by o.wallet_id)
              select w.id, case when w.held = coalesce(t.points, 0) then 0 else 1 end as fault
              from wallet w left join taken t on t.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "each wallet's entries are numbered without gaps and end in its balances",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with numbered as (
                select wallet_id, count(*) as entries, max(seq) as last from entry where programme_id = $1 group by wallet_id)
              select w.id, case when coalesce(n.entries, 0) + coalesce(o.entries, 0) = w.seq
                and coalesce(n.last, 0) = w.seq
                and (w.seq = 0 or exists (select 1 from entry e where e.programme_id = $1 and e.wallet_id = w.id
                  and e.seq = w.seq and e.available_after = w.available and e.pending_after = w.pending
                  and e.held_after = w.held and e.debt_after = w.debt)) then 0 else 1 end as fault
              from wallet w left join numbered n on n.wallet_id = w.id
                left join opening o on o.programme_id = $1 and o.wallet_id = w.id
              where w.programme_id = $1",
    },
    Invariant {
        name: "each wallet has earned once for each of its receipts",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with bought as (
                select wallet_id, count(*) as times from purchase
                where programme_id = $1 and wallet_id is not null group by wallet_id),
              earned as (
                select wallet_id, count(*) as times from entry
                where programme_id = $1 and kind = 'EARNED' group by wallet_id)
              select w.id, case when coalesce(b.times, 0) = coalesce(e.times, 0) + coalesce(o.receipts, 0)
                then 0 else 1 end as fault
              from wallet w left join bought b on b.wallet_id = w.id left join earned e on e.wallet_id = w.id
                left join opening o on o.programme_id = $1 and o.wallet_id = w.id
              where w.programme_id = $1",
    },
];
