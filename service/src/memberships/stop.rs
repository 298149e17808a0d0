//! How memberships end: cancelled at the end of the period, refunded at once, lapsed when nobody paid.

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::{MembershipId, ProgrammeId};
use entity::ledger::idempotency_key::Outcome;
use entity::memberships::membership::{self, MembershipStatus};
use entity::memberships::membership_change;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;

use super::{Memberships, change_of, lock_member, store};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, insert_all, update_all};
use crate::tiers;
use crate::tx::{Tx, retrying};

/// How many memberships lapse in one transaction.
const STEP: u64 = 200;

/// A membership that is to end.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// Which.
    pub membership: MembershipId,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What ending did.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// The membership.
    pub membership: membership::Model,
    /// Whether it had been done before, with the same key or another.
    pub is_replay: bool,
}

/// One of the ways to end.
struct Way {
    /// The mutation that asks for it.
    operation: &'static str,
    status: MembershipStatus,
    /// What the audit trail says.
    action: &'static str,
}

const CANCEL: Way = Way {
    operation: "cancelMembership",
    status: MembershipStatus::Cancelled,
    action: "membership.cancelled",
};

const REFUND: Way = Way {
    operation: "refundMembership",
    status: MembershipStatus::Refunded,
    action: "membership.refunded",
};

impl Memberships {
    /// Has a membership end with its period. Again, it changes nothing.
    pub async fn cancel(&self, actor: &Actor, wish: Stop) -> Result<Stopped> {
        self.stop(actor, wish, &CANCEL).await
    }

    /// Ends a membership at once: its money went back. Again, it changes nothing.
    pub async fn refund(&self, actor: &Actor, wish: Stop) -> Result<Stopped> {
        self.stop(actor, wish, &REFUND).await
    }

    async fn stop(&self, actor: &Actor, wish: Stop, way: &Way) -> Result<Stopped> {
        actor.with(Scope::MembershipsWrite)?;
        let programme = actor.programme()?;
        if !matches!(actor.who(), Who::Partner(..) | Who::Operator(_)) {
            return Err(Error::Forbidden("only a partner or an operator may do this".to_owned()));
        }
        let rules = self.programmes.rules(programme).await?;
        let key = keys::key(actor, &wish.idempotency_key, way.operation, &wish)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let named = find(&tx, programme, wish.membership).await?;
            let member = lock_member(&tx, programme, named.member_id).await?;
            let before = find(&tx, programme, wish.membership).await?;
            // What a key has done stands, whoever the membership was paid through since.
            if keys::earlier(&tx, programme, &key).await?.is_some() {
                return Ok(Stopped { membership: before, is_replay: true });
            }
            may_end(actor, &before)?;
            let outcome =
                Outcome { wallet: None, entry: None, subject: Some(before.id.to_string()) };
            keys::insert(&tx, programme, &key, outcome, at).await?;
            if before.status == way.status {
                return tx.commit(Stopped { membership: before, is_replay: true }).await;
            }
            let membership = end(&tx, actor, &rules, before, way, at).await?;
            if way.status == MembershipStatus::Refunded {
                tiers::membership_ended(&tx, &rules, actor, &member, membership.id, at).await?;
            }
            tx.commit(Stopped { membership, is_replay: false }).await
        })
        .await
    }

    /// Lapses what is over by now; says how many memberships there were. The tier that each granted ends by
    /// itself.
    pub async fn settle_due(&self, programme: ProgrammeId) -> Result<u64> {
        let rules = self.programmes.rules(programme).await?;
        let mut settled = 0;
        loop {
            let done = retrying(|| async {
                let at = self.clock.now();
                let today = Day::of(at, &rules.zone);
                let due = self.due(programme, today).await?;
                if due.is_empty() {
                    return Ok(0);
                }
                let tx = self.db.begin().await?;
                lapse(&tx, programme, &due, today, at).await?;
                tx.commit(u64::try_from(due.len()).unwrap_or(0)).await
            });
            match done.await? {
                0 => return Ok(settled),
                done => settled += done,
            }
        }
    }

    async fn due(&self, programme: ProgrammeId, today: Day) -> Result<Vec<MembershipId>> {
        let open = [MembershipStatus::Active, MembershipStatus::Cancelled];
        let due = membership::Entity::find()
            .filter(membership::Column::ProgrammeId.eq(programme))
            .filter(membership::Column::Status.is_in(open))
            .filter(membership::Column::PeriodTo.lt(today))
            .order_by_asc(membership::Column::PeriodTo)
            .limit(STEP);
        Ok(due.all(self.db.primary()).await?.into_iter().map(|row| row.id).collect())
    }
}

async fn find(tx: &Tx, programme: ProgrammeId, id: MembershipId) -> Result<membership::Model> {
    let query =
        membership::Entity::find_by_id(id).filter(membership::Column::ProgrammeId.eq(programme));
    let row = query.one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::MembershipNotFound).at("membershipId").into())
}

/// A partner ends what was paid through it; another's answers as if there were none.
fn may_end(actor: &Actor, row: &membership::Model) -> Result<(), Refusal> {
    match actor.who() {
        Who::Partner(partner, _) if row.partner_id != Some(partner) => {
            Err(Refusal::new(Code::MembershipNotFound).at("membershipId"))
        }
        _ => Ok(()),
    }
}

/// Ends what runs still.
async fn end(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    before: membership::Model,
    way: &Way,
    at: DateTime<Utc>,
) -> Result<membership::Model> {
    let is_over = Day::of(at, &rules.zone) > before.period_to;
    let is_open = matches!(before.status, MembershipStatus::Active | MembershipStatus::Cancelled);
    if is_over || !is_open {
        return Err(Refusal::new(Code::MembershipEnded).at("membershipId").into());
    }
    let (was, is) = (json!({ "status": before.status }), json!({ "status": way.status }));
    let subject = before.id.to_string();
    let change = Change { action: way.action, subject, before: Some(&was), after: Some(&is) };
    audit::append(tx, actor, rules.id(), at, change).await?;
    let row = membership::Model { status: way.status, version: before.version + 1, ..before };
    store(tx, row, false, actor.to_string(), at).await
}

/// Those of these whose period is over still, behind their locks.
async fn lapse(
    tx: &Tx,
    programme: ProgrammeId,
    due: &[MembershipId],
    today: Day,
    at: DateTime<Utc>,
) -> Result<()> {
    let lock = if tx.backend() == DbBackend::Postgres { "for update" } else { "" };
    let (ids, also) = (due.iter().map(|id| id.uuid()), format!("order by id {lock}"));
    let (db, column) = (tx.connection(), membership::Column::Id);
    let rows = find_among::<membership::Entity, _>(db, programme, column, ids, &also).await?;
    let is_due = |row: &membership::Model| {
        matches!(row.status, MembershipStatus::Active | MembershipStatus::Cancelled)
            && row.period_to < today
    };
    let lapsed = |row: membership::Model| membership::Model {
        status: MembershipStatus::Lapsed,
        version: row.version + 1,
        ..row
    };
    let rows: Vec<membership::Model> = rows.into_iter().filter(is_due).map(lapsed).collect();
    let changes: Vec<membership_change::Model> =
        rows.iter().map(|row| change_of(row, "system".to_owned(), at)).collect();
    let changing = [membership::Column::Status, membership::Column::Version];
    update_all::<membership::Entity>(tx, &rows, &changing).await?;
    insert_all::<membership_change::Entity>(tx, &changes).await
}
