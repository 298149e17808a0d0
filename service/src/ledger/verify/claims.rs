//! Claims are paid for, and counted where they count; vouchers are used as often as tills used them.

use entity::ids::{CodePoolId, RewardClaimId, RewardId, VoucherId};
use uuid::Uuid;

use super::{Invariant, Named};

pub(super) const INVARIANTS: [Invariant; 5] = [
    Invariant {
        name: "each claim's payment is of its points, and was undone if and only if the claim was given back",
        unit: "claims",
        named: Named::Id(claim),
        sql: "select c.id, case when e.id is not null and (e.kind <> 'PAID' or e.points <> c.points
                  or coalesce(e.partner_id, {nobody}) <> coalesce(c.partner_id, {nobody}))
                or (c.reversal_id is null and r.id is not null)
                or (c.reversal_id is not null and r.id is not null and r.id <> c.reversal_id)
                or (c.reversal_id is not null and r.id is null and e.id is not null)
                then 1 else 0 end as fault
              from reward_claim c
              left join entry e on e.programme_id = $1 and e.id = c.entry_id
              left join entry r on r.programme_id = $1 and r.related_entry_id = c.entry_id
                and r.kind = 'REVERSED'
              where c.programme_id = $1",
    },
    Invariant {
        name: "each claim's steps are numbered without gaps and end in how it stands",
        unit: "claims",
        named: Named::Id(claim),
        sql: "with numbered as (
                select claim_id, count(*) as steps, max(place) as last from reward_claim_step
                where programme_id = $1 group by claim_id)
              select c.id, case when n.steps = n.last and exists (select 1 from reward_claim_step s
                where s.programme_id = $1 and s.claim_id = c.id and s.place = n.last
                  and s.status = c.status) then 0 else 1 end as fault
              from reward_claim c left join numbered n on n.claim_id = c.id where c.programme_id = $1",
    },
    Invariant {
        name: "what is taken of a reward's stock is what was claimed and not given back",
        unit: "rewards",
        named: Named::Id(reward),
        sql: "with part as (
                select reward_id, day, taken_count as taken from reward_stock where programme_id = $1
                union all
                select reward_id, null, -1 from reward_claim
                where programme_id = $1 and status not in ('REFUNDED', 'CANCELLED')
                union all
                select reward_id, day, -1 from reward_claim
                where programme_id = $1 and status not in ('REFUNDED', 'CANCELLED'))
              select reward_id as id, case when sum(taken) = 0 then 0 else 1 end as fault
              from part group by reward_id, day",
    },
    Invariant {
        name: "a voucher was used as often as tills used or hold it, and its claim is used when it is used up",
        unit: "vouchers",
        named: Named::Id(voucher),
        sql: "with used as (
                select voucher_id, sum(case when status = 'REDEEMED' then 1 else 0 end) as redeemed,
                  sum(case when status = 'CANCELLED' then 0 else 1 end) as uses
                from voucher_use where programme_id = $1 group by voucher_id)
              select v.id, case when v.uses = coalesce(u.uses, 0)
                and (c.status = 'USED') = (coalesce(u.redeemed, 0) >= v.uses_max) then 0 else 1 end as fault
              from voucher v join reward_claim c on c.programme_id = $1 and c.id = v.claim_id
              left join used u on u.voucher_id = v.id where v.programme_id = $1",
    },
    Invariant {
        name: "each code of a pool that was given out is the voucher's of who has it, and no other is",
        unit: "codes of pools",
        named: Named::Id(pool),
        sql: "select p.pool_id as id, case when exists (select 1 from voucher v where v.programme_id = $1
                and v.pool_code_id = p.id and v.code_hash = p.code_hash and v.claim_id = p.claim_id)
                = (p.claim_id is not null) then 0 else 1 end as fault
              from pool_code p where p.programme_id = $1",
    },
];

fn pool(id: Uuid) -> String {
    CodePoolId::from_uuid(id).to_string()
}

fn claim(id: Uuid) -> String {
    RewardClaimId::from_uuid(id).to_string()
}

fn reward(id: Uuid) -> String {
    RewardId::from_uuid(id).to_string()
}

fn voucher(id: Uuid) -> String {
    VoucherId::from_uuid(id).to_string()
}
