//! Standings are where their wallets' changes lead, and what days, grants and terms come to.
//!
//! The second isn't a statement: how a standing follows from days is `tiers`' to say, which is asked
//! wallet by wallet, over the same unchanging state.

use entity::ids::ProgrammeId;

use super::{Check, Invariant, NAMED_MAX, Named, wallet};
use crate::error::Result;
use crate::tiers::unlike_their_days;
use crate::tx::Tx;

pub(super) const INVARIANTS: [Invariant; 1] = [Invariant {
    name: "each wallet stands in each tier set where its changes lead",
    unit: "standings",
    named: Named::Id(wallet),
    // Whatever their order: each change leaves what another came to, the first nothing, and what none leaves
    // is where the wallet stands. A wallet that was pooled has no history to come.
    sql: "with own as (select id from wallet where programme_id = $1 and successor_id is null),
          part as (
            select wallet_id, set_id, '' as code, 1 as times, 1 as standings
            from tier_standing where programme_id = $1
            union all
            select wallet_id, set_id, coalesce(tier_code, ''), -1, 0 from tier_standing where programme_id = $1
            union all
            select wallet_id, set_id, coalesce(to_code, ''), 1, 0 from tier_change where programme_id = $1
            union all
            select wallet_id, set_id, coalesce(from_code, ''), -1, 0 from tier_change where programme_id = $1),
          summed as (
            select wallet_id, set_id, sum(times) as times, sum(standings) as standings
            from part where wallet_id in (select id from own) group by wallet_id, set_id, code)
          select wallet_id as id, case when max(standings) = 1 and min(times) = 0 and max(times) = 0
            then 0 else 1 end as fault
          from summed group by wallet_id, set_id",
}];

/// The other one. What is on its way to standings still isn't in them.
pub(super) async fn check(tx: &Tx, programme: ProgrammeId) -> Result<Check> {
    let found = unlike_their_days(tx, programme, NAMED_MAX).await?;
    Ok(Check {
        name: "each wallet stands in each tier set where its days, its grants and the terms lead",
        checked: found.checked,
        unit: "standings",
        faults: found.faults,
        faulty: found.wallets.iter().map(|id| wallet(id.uuid())).collect(),
    })
}
