//! What budgets gave is what receipts, returns and events had of them; what they have left is the rest of
//! what their rules and campaigns may give.
//!
//! A grant names the budgets that it took from. All that it took counts against their bounds, whichever
//! bounds there were at the time (`earning::budgets`), so that the latest version alone says what is left.

use super::{Invariant, Named};

pub(super) const INVARIANTS: [Invariant; 2] = [
    Invariant {
        name: "what budgets gave is what receipts, returns and events had of them",
        unit: "budgets",
        named: Named::Text,
        sql: "with owner as (
                select id, 'rule ' || code as name from earning_rule where programme_id = $1
                union all
                select id, 'campaign ' || code from campaign where programme_id = $1),
              part as (
                select {id b} as owner_id, cast(g.value ->> 'points' as bigint) as points,
                  cast(coalesce(g.value ->> 'cost', '0') as bigint) as cost
                from purchase p {each json p.earning granted g} {each json g.value budgets b}
                where p.programme_id = $1
                union all
                select {id b}, -cast(t.value ->> 'points' as bigint), -cast(t.value ->> 'cost' as bigint)
                from purchase_return r join purchase p on p.programme_id = $1 and p.id = r.purchase_id
                  {each json p.earning granted g} {each json r.taken granted t} {each json g.value budgets b}
                where r.programme_id = $1 and t.key = g.key
                union all
                select {id b}, cast(g.value ->> 'points' as bigint),
                  cast(coalesce(g.value ->> 'cost', '0') as bigint)
                from event p {each json p.granted . g} {each json g.value budgets b} where p.programme_id = $1
                union all
                select owner_id, -given_points, -given_cost from budget_slice where programme_id = $1)
              select coalesce(o.name, 'nothing') as id,
                case when sum(p.points) = 0 and sum(p.cost) = 0 then 0 else 1 end as fault
              from part p left join owner o on o.id = p.owner_id group by p.owner_id, o.name",
    },
    Invariant {
        name: "what budgets have left is what their rules and campaigns may give, less what they gave",
        unit: "rules and campaigns",
        named: Named::Text,
        // A cost beyond what a number holds is as large as one can be.
        sql: "with may as (
                select r.id, 'rule ' || r.code as name, v.definition -> 'budget' ->> 'points' as points,
                  v.definition -> 'budget' ->> 'cost_minor' as minor
                from earning_rule r join earning_rule_version v
                  on v.programme_id = $1 and v.rule_id = r.id and v.version = r.version
                where r.programme_id = $1
                union all
                select c.id, 'campaign ' || c.code, v.terms -> 'budget' ->> 'points',
                  v.terms -> 'budget' ->> 'cost_minor'
                from campaign c join campaign_version v
                  on v.programme_id = $1 and v.campaign_id = c.id and v.version = c.version
                where c.programme_id = $1),
              bound as (
                select id, name, cast(points as bigint) as points,
                  case when cast(minor as bigint) > 9223372036854775807 / {minor} then 9223372036854775807
                    else cast(minor as bigint) * {minor} end as cost
                from may),
              has as (
                select owner_id, sum(left_points) + sum(given_points) as points,
                  sum(left_cost) + sum(given_cost) as cost,
                  count(*) as slices, count(left_points) as of_points, count(left_cost) as of_cost
                from budget_slice where programme_id = $1 group by owner_id)
              select b.name as id, case when h.points is not distinct from b.points
                and h.cost is not distinct from b.cost
                and coalesce(h.of_points, 0) in (0, coalesce(h.slices, 0))
                and coalesce(h.of_cost, 0) in (0, coalesce(h.slices, 0)) then 0 else 1 end as fault
              from bound b left join has h on h.owner_id = b.id",
    },
];
