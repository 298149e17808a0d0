//! What entries say is what their postings and allocations do.

use super::{Invariant, Named, entry};

pub(super) const INVARIANTS: [Invariant; 5] = [
    Invariant {
        name: "every posting takes from one account what it gives to another",
        unit: "postings",
        named: Named::Id(entry),
        sql: "select entry_id as id, case when points <= 0
                or (from_account = to_account and from_owner = to_owner) then 1 else 0 end as fault
              from posting where programme_id = $1",
    },
    Invariant {
        name: "each entry is about as many points as its postings move",
        unit: "entries",
        named: Named::Id(entry),
        // What a return forgives isn't posted. Who is given points finds them in the giver's entry.
        sql: "with moved as (
                select e.id, sum(p.points) as points from entry e join posting p
                  on p.programme_id = e.programme_id and p.wallet_id = e.wallet_id and p.entry_id = e.id
                where e.programme_id = $1 and case e.kind
                  when 'EARNED' then p.from_account = 'ISSUED'
                  when 'EVENT_EARNED' then p.from_account = 'ISSUED'
                  when 'ADJUSTED' then 'ADJUSTED' in (p.from_account, p.to_account)
                  when 'WRITTEN_OFF' then p.from_account = 'ADJUSTED'
                  when 'MATURED' then p.from_account = 'PENDING'
                  when 'HELD' then p.to_account = 'HELD'
                  when 'RELEASED' then p.from_account = 'HELD'
                  when 'LAPSED' then p.from_account = 'HELD'
                  when 'PAID' then p.to_account = 'ACCEPTED'
                  when 'CAPTURED' then p.to_account = 'ACCEPTED'
                  when 'REVERSED' then p.from_account = 'ACCEPTED'
                  when 'EXPIRED' then p.to_account = 'EXPIRED'
                  when 'RETURNED' then p.to_account = 'ISSUED'
                  else p.from_account in ('AVAILABLE', 'PENDING') end
                group by e.id)
              select e.id, case when e.kind in ('TRANSFERRED_IN', 'POOLED_IN') then
                  case when e.points = (select g.points from entry g where g.programme_id = $1
                    and g.wallet_id = e.related_wallet_id and g.id = e.related_entry_id) then 0 else 1 end
                when e.points = coalesce(m.points, 0) then 0
                when e.kind = 'RETURNED' and e.points > coalesce(m.points, 0) then 0
                else 1 end as fault
              from entry e left join moved m on m.id = e.id where e.programme_id = $1",
    },
    Invariant {
        name: "each entry's lots tell what its postings tell",
        unit: "entries",
        named: Named::Id(entry),
        sql: "with posted as (
                select entry_id, sum(case when to_account in ('AVAILABLE', 'PENDING') then points else 0 end)
                  - sum(case when from_account in ('AVAILABLE', 'PENDING') then points else 0 end) as points
                from posting where programme_id = $1 group by entry_id),
              made as (
                select entry_id, sum(quantity) as points from lot where programme_id = $1 group by entry_id),
              moved as (
                select entry_id, sum(case kind when 'TAKEN' then -points when 'GIVEN_BACK' then points else 0 end) as points
                from allocation where programme_id = $1 group by entry_id)
              select e.id, case when coalesce(p.points, 0)
                = coalesce(l.points, 0) + coalesce(m.points, 0) then 0 else 1 end as fault
              from entry e left join posted p on p.entry_id = e.id left join made l on l.entry_id = e.id
                left join moved m on m.entry_id = e.id where e.programme_id = $1",
    },
    Invariant {
        name: "payments captured what they posted",
        unit: "captures",
        named: Named::Id(entry),
        sql: "with used as (
                select entry_id, sum(points) as points from allocation
                where programme_id = $1 and kind = 'CAPTURED' group by entry_id)
              select e.id, case when e.points = coalesce(u.points, 0) then 0 else 1 end as fault
              from entry e left join used u on u.entry_id = e.id
              where e.programme_id = $1 and e.kind = 'CAPTURED'",
    },
    Invariant {
        name: "each entry is a fact once, sequenced or about to be",
        unit: "entries",
        named: Named::Id(entry),
        sql: "with told as (
                select subject_id from fact where programme_id = $1 and kind = 'ENTRY'
                union all
                select subject_id from outbox where programme_id = $1 and kind = 'ENTRY'),
              counted as (select subject_id, count(*) as times from told group by subject_id)
              select e.id, case when coalesce(c.times, 0) = 1 then 0 else 1 end as fault
              from entry e left join counted c on c.subject_id = e.id where e.programme_id = $1",
    },
];
