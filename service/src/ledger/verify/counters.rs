//! What wallets had of rules is what receipts, returns and events say.
//!
//! A counter is recomputed with its period: from the day in the programme's calendar on which a receipt or
//! event occurred, and the periods that the version which gave counts over.

use super::{Invariant, Named, wallet};

pub(super) const INVARIANTS: [Invariant; 1] = [Invariant {
    name: "what each wallet had of each rule is what its receipts, returns and events say",
    unit: "counters",
    named: Named::Id(wallet),
    // What a wallet had that was pooled counts for the one that it was pooled into.
    sql: "with recursive home as (
            select id, id as now_id from wallet where programme_id = $1 and successor_id is null
            union all
            select w.id, h.now_id from wallet w join home h on w.successor_id = h.id where w.programme_id = $1),
          zone (since, ahead) as ({zone}),
          known as ({rules}),
          counted as (
            select v.rule_id, v.version, l.value ->> 'period' as span
            from earning_rule_version v {each jsonb v.definition limits l} where v.programme_id = $1
            union
            select v.rule_id, v.version, 'EVER' from earning_rule_version v
            where v.programme_id = $1 and v.definition -> 'effect' ->> 'kind' in ('EVERY_NTH', 'STAMPS')),
          had as (
            select h.now_id as wallet_id, {epoch} as at, g.value ->> 'rule' as rule,
              cast(g.value ->> 'version' as bigint) as version, 1 as count,
              cast(g.value ->> 'points' as bigint) as points,
              cast(coalesce(g.value ->> 'stamps', '0') as bigint) as stamps
            from purchase p join home h on h.id = p.wallet_id {each json p.earning granted g}
            where p.programme_id = $1
            union all
            select h.now_id, {epoch}, g.value ->> 'rule', cast(g.value ->> 'version' as bigint),
              case when cast(t.value ->> 'is_uncounted' as text) in ('true', '1') then -1 else 0 end,
              -cast(t.value ->> 'points' as bigint), -cast(t.value ->> 'stamps' as bigint)
            from purchase_return r join purchase p on p.programme_id = $1 and p.id = r.purchase_id
              join home h on h.id = p.wallet_id
              {each json p.earning granted g} {each json r.taken granted t}
            where r.programme_id = $1 and t.key = g.key
            union all
            select h.now_id, {epoch}, g.value ->> 'rule', cast(g.value ->> 'version' as bigint), 1,
              cast(g.value ->> 'points' as bigint), cast(coalesce(g.value ->> 'stamps', '0') as bigint)
            from event p join home h on h.id = p.wallet_id {each json p.granted . g}
            where p.programme_id = $1),
          dated as (
            select wallet_id, rule, version, {day} as day, count, points, stamps from had),
          part as (
            select d.wallet_id, k.id as rule_id, {period} as period, d.count, d.points, d.stamps
            from dated d join known k on k.name = d.rule
              join counted c on c.rule_id = k.id and c.version = d.version
            union all
            select wallet_id, rule_id, period, -count, -points, -stamps from rule_use where programme_id = $1)
          select wallet_id as id, case when sum(count) = 0 and sum(points) = 0 and sum(stamps) = 0
            then 0 else 1 end as fault
          from part group by wallet_id, rule_id, period",
}];
