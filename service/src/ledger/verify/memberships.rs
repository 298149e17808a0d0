//! Memberships are what was paid for, period after period, and what they grant is paid.

use entity::ids::{MembershipId, TierGrantId};
use uuid::Uuid;

use super::{Invariant, Named};

pub(super) const INVARIANTS: [Invariant; 3] = [
    Invariant {
        name: "each membership's changes are numbered without gaps and end in how it is",
        unit: "memberships",
        named: Named::Id(membership),
        sql: "with numbered as (
                select membership_id, count(*) as changes, max(version) as last from membership_change
                where programme_id = $1 group by membership_id)
              select m.id, case when coalesce(n.changes, 0) = m.version and coalesce(n.last, 0) = m.version
                and exists (select 1 from membership_change c where c.programme_id = $1
                  and c.membership_id = m.id and c.version = m.version and c.status = m.status
                  and c.period_from = m.period_from and c.period_to = m.period_to) then 0 else 1 end as fault
              from membership m left join numbered n on n.membership_id = m.id where m.programme_id = $1",
    },
    Invariant {
        name: "each membership runs as it was paid for, period after period, until it ended",
        unit: "memberships",
        named: Named::Id(membership),
        // A payment adds a period to what runs, or begins anew; what was refunded counts as not paid for.
        sql: "with step as (
                select c.membership_id, c.status, c.period_from, c.period_to, b.status as was,
                  b.period_from as was_from, b.period_to as was_to,
                  case when b.status <> 'REFUNDED' and c.period_from = b.period_from then b.period_to + 1
                    else c.period_from end as paid_from
                from membership_change c left join membership_change b
                  on b.programme_id = $1 and b.membership_id = c.membership_id and b.version = c.version - 1
                where c.programme_id = $1),
              wrong as (
                select membership_id, case
                  when status = 'ACTIVE' and (was is null or was = 'REFUNDED' or paid_from > was_to)
                    and period_to >= paid_from then 0
                  when status <> 'ACTIVE' and was in ('ACTIVE', 'CANCELLED') and was <> status
                    and period_from = was_from and period_to = was_to then 0
                  else 1 end as fault from step),
              period as (
                select membership_id, paid_from, period_to, 1 as times from step where status = 'ACTIVE'
                union all
                select membership_id, period_from, period_to, -1 from membership_payment where programme_id = $1),
              unpaid as (
                select membership_id, case when sum(times) = 0 then 0 else 1 end as fault
                from period group by membership_id, paid_from, period_to),
              part as (
                select membership_id, fault from wrong
                union all
                select membership_id, fault from unpaid)
              select membership_id as id, max(fault) as fault from part group by membership_id",
    },
    Invariant {
        name: "tiers that memberships grant are paid for, and their members'",
        unit: "grants",
        named: Named::Id(grant),
        sql: "select g.id, case when g.wallet_id = b.wallet_id and m.status <> 'REFUNDED'
                and exists (select 1 from membership_change c where c.programme_id = $1
                  and c.membership_id = m.id and c.status = 'ACTIVE' and c.period_from = g.first_day
                  and c.period_to = g.last_day) then 0 else 1 end as fault
              from tier_grant g left join membership m on m.id = g.membership_id
                left join member b on b.id = m.member_id
              where g.programme_id = $1 and g.membership_id is not null and g.revoked_at is null",
    },
];

fn membership(id: Uuid) -> String {
    MembershipId::from_uuid(id).to_string()
}

fn grant(id: Uuid) -> String {
    TierGrantId::from_uuid(id).to_string()
}
