//! What lots have left is what was taken from them.

use super::{Invariant, Named, lot};

pub(super) const INVARIANTS: [Invariant; 1] = [Invariant {
    name: "each lot's remaining points are its quantity less its allocations",
    unit: "lots",
    named: Named::Id(lot),
    sql: "with used as (
            select a.lot_id,
              sum(case a.kind when 'TAKEN' then a.points when 'GIVEN_BACK' then -a.points else 0 end) as points,
              sum(case when e.kind = 'EXPIRED' then a.points else 0 end) as expired
            from allocation a join entry e
              on e.programme_id = a.programme_id and e.wallet_id = a.wallet_id and e.id = a.entry_id
            where a.programme_id = $1 group by a.lot_id)
          select l.id, case when l.remaining = l.quantity - coalesce(u.points, 0)
            and l.remaining between 0 and l.quantity and l.expired = coalesce(u.expired, 0) then 0 else 1 end as fault
          from lot l left join used u on u.lot_id = l.id where l.programme_id = $1",
}];
