//! Coupons are what their versions say, and are used as often as they were, never oftener than they can be.

use entity::ids::CouponId;
use uuid::Uuid;

use super::{Invariant, Named};

pub(super) const INVARIANTS: [Invariant; 4] = [
    Invariant {
        name: "each coupon's versions are numbered without gaps and end in how it stands",
        unit: "coupons",
        named: Named::Id(coupon),
        sql: "with numbered as (
                select coupon_id, count(*) as versions, max(version) as last from coupon_version
                where programme_id = $1 group by coupon_id)
              select c.id, case when coalesce(n.versions, 0) = c.version and coalesce(n.last, 0) = c.version
                and exists (select 1 from coupon_version v where v.programme_id = $1 and v.coupon_id = c.id
                  and v.version = c.version and v.status = c.status) then 0 else 1 end as fault
              from coupon c left join numbered n on n.coupon_id = c.id where c.programme_id = $1",
    },
    Invariant {
        name: "coupons count the uses that weren't given back",
        unit: "coupons",
        named: Named::Id(coupon),
        sql: "with used as (
                select coupon_id, count(*) as uses from coupon_redemption
                where programme_id = $1 and outcome = 'REDEEMED' group by coupon_id)
              select c.id, case when coalesce(u.uses, 0) = c.uses then 0 else 1 end as fault
              from coupon c left join used u on u.coupon_id = c.id where c.programme_id = $1",
    },
    // A version may allow less than was used before it: what counts is the most that any allowed.
    Invariant {
        name: "no coupon was used oftener than it could be, in all or by a member",
        unit: "coupons",
        named: Named::Id(coupon),
        sql: "with bounds as (
                select coupon_id, max(cast(definition ->> 'uses_max' as bigint)) as most,
                  max(cast(definition ->> 'member_uses_max' as bigint)) as own,
                  sum(case when definition ->> 'uses_max' is null then 1 else 0 end) as unbounded,
                  sum(case when definition ->> 'member_uses_max' is null then 1 else 0 end) as own_unbounded
                from coupon_version where programme_id = $1 and status = 'LIVE' group by coupon_id),
              by_member as (
                select coupon_id, member_id, count(*) as uses from coupon_redemption
                where programme_id = $1 and outcome = 'REDEEMED' group by coupon_id, member_id),
              used as (
                select coupon_id, sum(uses) as uses,
                  max(case when member_id is null then 0 else uses end) as own
                from by_member group by coupon_id)
              select u.coupon_id as id, case when (b.unbounded = 0 and u.uses > b.most)
                or (b.own_unbounded = 0 and u.own > b.own) then 1 else 0 end as fault
              from used u join bounds b on b.coupon_id = u.coupon_id",
    },
    Invariant {
        name: "single-use codes are used by the receipts that used them",
        unit: "coupons",
        named: Named::Id(coupon),
        sql: "with good as (
                select k.coupon_id, count(*) as codes from coupon_code k
                join coupon_redemption r on r.programme_id = $1 and r.purchase_id = k.used_by
                  and r.code = k.code and r.outcome = 'REDEEMED'
                where k.programme_id = $1 group by k.coupon_id),
              used as (
                select coupon_id, count(*) as codes from coupon_code
                where programme_id = $1 and used_by is not null group by coupon_id),
              redeemed as (
                select coupon_id, count(*) as codes from coupon_redemption
                where programme_id = $1 and code is not null and outcome = 'REDEEMED' group by coupon_id)
              select c.id, case when coalesce(g.codes, 0) = coalesce(u.codes, 0)
                and coalesce(g.codes, 0) = coalesce(r.codes, 0) then 0 else 1 end as fault
              from coupon c left join good g on g.coupon_id = c.id left join used u on u.coupon_id = c.id
              left join redeemed r on r.coupon_id = c.id
              where c.programme_id = $1 and c.distribution = 'SINGLE_USE_CODES'",
    },
];

fn coupon(id: Uuid) -> String {
    CouponId::from_uuid(id).to_string()
}
