//! Rewards are what their versions say.

use entity::ids::RewardId;
use uuid::Uuid;

use super::{Invariant, Named};

pub(super) const INVARIANTS: [Invariant; 2] = [
    Invariant {
        name: "each reward's versions are numbered without gaps and end in how it stands",
        unit: "rewards",
        named: Named::Id(reward),
        sql: "with numbered as (
                select reward_id, count(*) as versions, max(version) as last from reward_version
                where programme_id = $1 group by reward_id)
              select r.id, case when coalesce(n.versions, 0) = r.version and coalesce(n.last, 0) = r.version
                and exists (select 1 from reward_version v where v.programme_id = $1 and v.reward_id = r.id
                  and v.version = r.version and v.status = r.status) then 0 else 1 end as fault
              from reward r left join numbered n on n.reward_id = r.id where r.programme_id = $1",
    },
    Invariant {
        name: "what lists narrow rewards to by points is what their versions cost",
        unit: "rewards",
        named: Named::Id(reward),
        sql: "with said as (
                select p.reward_id, p.version, cast(o.value -> 'cost' ->> 'points' as bigint) as points
                from reward_version p {each jsonb p.definition prices o} where p.programme_id = $1
                union all
                select p.reward_id, p.version, cast(t.value -> 'cost' ->> 'points' as bigint)
                from reward_version p {each jsonb p.definition prices o} {each jsonb o.value tiers t}
                where p.programme_id = $1
                union all
                select reward_id, version, -points from reward_price where programme_id = $1)
              select reward_id as id, case when sum(points) = 0 then 0 else 1 end as fault
              from said group by reward_id, version",
    },
];

fn reward(id: Uuid) -> String {
    RewardId::from_uuid(id).to_string()
}
