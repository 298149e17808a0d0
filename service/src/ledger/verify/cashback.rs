//! What cashback wallets hold is what was posted, accrued and paid out.

use entity::ids::{CashbackEntryId, PurchaseId};
use uuid::Uuid;

use super::{Invariant, Named, programme, wallet};

pub(super) const INVARIANTS: [Invariant; 8] = [
    Invariant {
        name: "every movement of cashback takes from one account what it gives to another",
        unit: "postings",
        named: Named::Id(entry),
        sql: "select entry_id as id, case when amount_minor <= 0
                or (from_account = to_account and from_owner = to_owner)
                or not exists (select 1 from cashback_entry e where e.programme_id = $1
                  and e.wallet_id = p.wallet_id and e.id = p.entry_id) then 1 else 0 end as fault
              from cashback_posting p where programme_id = $1",
    },
    Invariant {
        name: "each cashback wallet's balances are the sums of its postings",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with side as (
                select to_owner as owner, to_account as account, amount_minor as minor
                from cashback_posting where programme_id = $1
                union all
                select from_owner, from_account, -amount_minor from cashback_posting where programme_id = $1),
              total as (
                select owner,
                  coalesce(sum(case when account = 'PENDING' then minor end), 0) as pending,
                  coalesce(sum(case when account = 'AVAILABLE' then minor end), 0) as available,
                  coalesce(sum(case when account = 'IN_PAYOUT' then minor end), 0) as in_payout,
                  coalesce(sum(case when account = 'PAID' then minor end), 0) as paid,
                  coalesce(sum(case when account = 'CONVERTED' then minor end), 0) as converted,
                  coalesce(sum(case when account = 'OWED' then -minor end), 0) as owed
                from side group by owner)
              select w.id, case when w.pending = coalesce(t.pending, 0)
                and w.available = coalesce(t.available, 0) and w.in_payout = coalesce(t.in_payout, 0)
                and w.paid = coalesce(t.paid, 0) and w.converted = coalesce(t.converted, 0)
                and w.owed = coalesce(t.owed, 0) then 0 else 1 end as fault
              from cashback_wallet w left join total t on t.owner = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "cashback that wallets had and owe is what was funded",
        unit: "programme",
        named: Named::Id(programme),
        sql: "with part as (
                select pending + available + in_payout + paid + converted - owed as minor
                from cashback_wallet where programme_id = $1
                union all
                select amount_minor from cashback_posting where programme_id = $1 and to_account = 'FUNDED'
                union all
                select -amount_minor from cashback_posting where programme_id = $1 and from_account = 'FUNDED')
              select p.id, case when (select coalesce(sum(minor), 0) from part) = 0 then 0 else 1 end as fault
              from programme p where p.id = $1",
    },
    Invariant {
        name: "accruals are what their wallets had of them",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with left_over as (
                select wallet_id,
                  sum(case when is_pending then remaining_minor else 0 end) as pending,
                  sum(case when is_pending then 0 else remaining_minor end) as confirmed
                from accrual where programme_id = $1 group by wallet_id)
              select w.id, case when w.pending = coalesce(l.pending, 0)
                and w.available + w.in_payout + w.paid + w.converted - w.owed = coalesce(l.confirmed, 0)
                then 0 else 1 end as fault
              from cashback_wallet w left join left_over l on l.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "accruals are what their purchases' entries tell",
        unit: "purchases",
        named: Named::Id(purchase),
        sql: "with told as (
                select purchase_id, part,
                  sum(case when kind = 'ACCRUED' then amount_minor else 0 end) as accrued,
                  sum(case when kind = 'RETURNED' then amount_minor else 0 end) as returned
                from cashback_entry where programme_id = $1 and kind in ('ACCRUED', 'RETURNED')
                group by purchase_id, part)
              select a.purchase_id as id, case when a.amount_minor = coalesce(t.accrued, 0)
                and a.remaining_minor = a.amount_minor - coalesce(t.returned, 0) then 0 else 1 end as fault
              from accrual a left join told t on t.purchase_id = a.purchase_id and t.part = a.part
              where a.programme_id = $1",
    },
    Invariant {
        name: "payouts are what their wallets have on the way and paid",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with out as (
                select wallet_id,
                  sum(case when status in ('REQUESTED', 'IN_RUN') then amount_minor else 0 end) as open,
                  sum(case when status = 'PAID' then amount_minor else 0 end) as paid
                from payout where programme_id = $1 group by wallet_id)
              select w.id, case when w.in_payout = coalesce(o.open, 0) and w.paid = coalesce(o.paid, 0)
                then 0 else 1 end as fault
              from cashback_wallet w left join out o on o.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "each cashback wallet's entries are numbered without gaps and end in its balances",
        unit: "wallets",
        named: Named::Id(wallet),
        sql: "with numbered as (
                select wallet_id, count(*) as entries, max(seq) as last from cashback_entry
                where programme_id = $1 group by wallet_id)
              select w.id, case when coalesce(n.entries, 0) = w.seq and coalesce(n.last, 0) = w.seq
                and (w.seq = 0 or exists (select 1 from cashback_entry e where e.programme_id = $1
                  and e.wallet_id = w.id and e.seq = w.seq and e.pending_after = w.pending
                  and e.available_after = w.available and e.in_payout_after = w.in_payout
                  and e.paid_after = w.paid and e.converted_after = w.converted
                  and e.owed_after = w.owed)) then 0 else 1 end as fault
              from cashback_wallet w left join numbered n on n.wallet_id = w.id where w.programme_id = $1",
    },
    Invariant {
        name: "each cashback entry is a fact once, sequenced or about to be",
        unit: "entries",
        named: Named::Id(entry),
        // At its own place in its wallet's stream.
        sql: "with told as (
                select subject_id, stream_id, stream_seq from fact
                where programme_id = $1 and kind = 'CASHBACK_ENTRY'
                union all
                select subject_id, stream_id, stream_seq from outbox
                where programme_id = $1 and kind = 'CASHBACK_ENTRY'),
              counted as (select subject_id, count(*) as times from told group by subject_id)
              select e.id, case when coalesce(c.times, 0) = 1 and t.subject_id is not null
                then 0 else 1 end as fault
              from cashback_entry e left join counted c on c.subject_id = e.id
                left join told t on t.subject_id = e.id and t.stream_id = e.wallet_id and t.stream_seq = e.seq
              where e.programme_id = $1",
    },
];

fn entry(id: Uuid) -> String {
    CashbackEntryId::from_uuid(id).to_string()
}

fn purchase(id: Uuid) -> String {
    PurchaseId::from_uuid(id).to_string()
}
