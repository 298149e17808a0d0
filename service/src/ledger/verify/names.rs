//! What must be once is there once, and what is named is there.

use entity::ids::{MemberId, PurchaseId};
use uuid::Uuid;

use super::{Invariant, Named, entry, lot};

pub(super) const INVARIANTS: [Invariant; 5] = [
    Invariant {
        name: "one entry for one idempotency key",
        unit: "entries",
        // A key that made no entry has none to name.
        named: Named::Text,
        sql: "select outcome ->> 'entry' as id, case when count(*) > 1 then 1 else 0 end as fault
              from idempotency_key where programme_id = $1 and outcome ->> 'entry' is not null
              group by outcome ->> 'entry'",
    },
    Invariant {
        name: "each receipt is in the books once, and earned once if it has a member",
        unit: "receipts",
        named: Named::Id(purchase),
        // What an archive took is counted by wallet.
        sql: "with earned as (
                select purchase_id, count(*) as times from entry
                where programme_id = $1 and kind = 'EARNED' group by purchase_id),
              named as (
                select purchase_id, count(*) as times from receipt_key where programme_id = $1 group by purchase_id)
              select p.id, case when coalesce(n.times, 0) = 1
                and (coalesce(e.times, 0) = (case when p.member_id is null then 0 else 1 end)
                  or e.times is null and exists (select 1 from seal s where s.programme_id = $1
                    and coalesce(p.claimed_at, p.recorded_at) < s.recorded_before)) then 0 else 1 end as fault
              from purchase p left join earned e on e.purchase_id = p.id left join named n on n.purchase_id = p.id
              where p.programme_id = $1",
    },
    Invariant {
        name: "each member has a wallet that exists",
        unit: "members",
        named: Named::Id(member),
        sql: "select m.id, case when exists (select 1 from wallet w
                where w.programme_id = $1 and w.id = m.wallet_id) then 0 else 1 end as fault
              from member m where m.programme_id = $1",
    },
    Invariant {
        name: "partners and stores that entries name exist",
        unit: "entries",
        named: Named::Id(entry),
        sql: "select e.id, case when exists (select 1 from partner p where p.programme_id = $1 and p.id = e.partner_id)
                and (e.store_id is null or exists (select 1 from store s where s.programme_id = $1
                  and s.id = e.store_id and s.partner_id = e.partner_id)) then 0 else 1 end as fault
              from entry e where e.programme_id = $1 and e.partner_id is not null",
    },
    Invariant {
        name: "partners that lots were issued by exist",
        unit: "lots",
        named: Named::Id(lot),
        sql: "select l.id, case when exists (select 1 from partner p
                where p.programme_id = $1 and p.id = l.issuer_id) then 0 else 1 end as fault
              from lot l where l.programme_id = $1 and l.issuer_id is not null",
    },
];

fn member(id: Uuid) -> String {
    MemberId::from_uuid(id).to_string()
}

fn purchase(id: Uuid) -> String {
    PurchaseId::from_uuid(id).to_string()
}
