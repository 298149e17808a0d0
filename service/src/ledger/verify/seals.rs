//! What is archived is what was sealed, and the seals are a chain.

use super::{Invariant, Named, programme};

pub(super) const INVARIANTS: [Invariant; 2] = [
    Invariant {
        name: "what was sealed is archived, or about to be",
        unit: "programme",
        named: Named::Id(programme),
        sql: "with waiting as (
                select e.id from entry e where e.programme_id = $1
                  and e.kind in ('EARNED', 'EVENT_EARNED', 'MATURED')
                  and exists (select 1 from seal s
                    join fact f on f.programme_id = $1 and f.stream_id = e.wallet_id
                      and f.stream_seq = e.seq and f.kind = 'ENTRY' and f.position <= s.position
                    join fact n on n.programme_id = $1 and n.stream_id = e.wallet_id
                      and n.stream_seq = e.seq + 1 and n.kind = 'ENTRY' and n.position <= s.position
                    where s.programme_id = $1 and e.recorded_at < s.recorded_before)
                  and not exists (select 1 from allocation a
                    where a.programme_id = $1 and a.wallet_id = e.wallet_id and a.entry_id = e.id))
              select p.id, case when (select coalesce(sum(entries), 0) from seal where programme_id = $1)
                = (select coalesce(sum(entries), 0) from opening where programme_id = $1)
                + (select count(*) from waiting) then 0 else 1 end as fault
              from programme p where p.id = $1",
    },
    Invariant {
        name: "each seal names the one before it",
        unit: "seals",
        named: Named::Text,
        sql: "select 'seal ' || s.number as id, case when s.number = 1 and s.previous_hash is null then 0
                when s.previous_hash = (select b.hash from seal b
                  where b.programme_id = $1 and b.number = s.number - 1) then 0 else 1 end as fault
              from seal s where s.programme_id = $1",
    },
];
