//! Households: members who share one wallet. Joining moves all that a member has into it; leaving
//! gives the member a fresh wallet, and the points stay with the household.

use chrono::{DateTime, Utc};
use entity::ids::{EntryId, HouseholdId, MemberId, ProgrammeId, WalletId};
use entity::ledger::wallet;
use entity::members::household;
use entity::members::member::{self, MemberStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::former::leave_wallet;
use super::{Members, open_wallet};
use crate::activity;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::cashback;
use crate::earning;
use crate::error::{Error, Result};
use crate::ledger::core::{Action, Command};
use crate::ledger::reason::Cause;
use crate::ledger::{self};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::tiers;
use crate::tx;
use crate::tx::Tx;

/// The most members that one household has.
const MEMBERS_MAX: usize = 20;

/// Members who want to share a wallet.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The household they join; a new one if none.
    pub household: Option<HouseholdId>,
    /// Who.
    pub members: Vec<MemberId>,
}

impl Members {
    /// Pools members in a household: all or none of them.
    pub async fn pool(&self, actor: &Actor, rules: &Rules, wish: Pool) -> Result<household::Model> {
        let (programme, _) = actor.operator(Scope::MembersWrite)?;
        if wish.members.is_empty() || wish.members.len() > MEMBERS_MAX {
            let message = format!("A household has 1 to {MEMBERS_MAX} members.");
            return Err(Refusal::new(Code::ValueOutOfRange)
                .because(message)
                .at("memberIds")
                .into());
        }
        tx::retrying(|| self.try_pool(actor, rules, programme, &wish)).await
    }

    async fn try_pool(
        &self,
        actor: &Actor,
        rules: &Rules,
        programme: ProgrammeId,
        wish: &Pool,
    ) -> Result<household::Model> {
        let at = self.clock.now();
        let tx = self.db.begin().await?;
        let members = lock_all(&tx, programme, &wish.members).await?;
        if let Some(shared) = shared(&members, wish.household) {
            let query = household::Entity::find_by_id(shared);
            let row = query.one(tx.connection()).await?;
            return Ok(row.ok_or(Refusal::new(Code::HouseholdNotFound).at("householdId"))?);
        }
        let household = self.find_or_open(&tx, programme, wish.household).await?;
        has_room(&tx, &household, &members, at).await?;
        let joining = members.iter().filter(|member| member.household_id != Some(household.id));
        let mut commands = Vec::new();
        for member in joining {
            may_join(member)?;
            commands.push(Command {
                entry: EntryId::at(at),
                wallet: member.wallet_id,
                key: None,
                actor: actor.to_string(),
                origin: actor.origin().to_owned(),
                partner: None,
                store: None,
                purchase: None,
                occurred_at: at,
                recorded_at: at,
                is_history: false,
                cause: Cause::Household { household: household.id },
                action: Action::Pool { into: household.wallet_id },
            });
            leave_wallet(&tx, member, at).await?;
            let row = member::Model {
                wallet_id: household.wallet_id,
                household_id: Some(household.id),
                version: member.version + 1,
                ..member.clone()
            };
            row.into_active_model().reset_all().update(tx.connection()).await?;
        }
        for verdict in ledger::apply(&tx, rules.for_ledger(), &commands).await? {
            verdict?;
        }
        let pooled: Vec<WalletId> = commands.iter().map(|command| command.wallet).collect();
        activity::pool(&tx, programme, &pooled, household.wallet_id).await?;
        earning::pool::pool(&tx, programme, &pooled, household.wallet_id).await?;
        let from = commands.iter().map(|command| command.wallet);
        let into = (household.wallet_id, household.id);
        cashback::pool(&tx, actor, programme, from, into, at).await?;
        tiers::pool(&tx, rules, &pooled, household.wallet_id, at).await?;
        let after = serde_json::json!({ "members": wish.members });
        let change = Change {
            action: "household.pooled",
            subject: household.id.to_string(),
            before: None,
            after: Some(&after),
        };
        audit::append(&tx, actor, programme, at, change).await?;
        tx.commit(household).await
    }

    async fn find_or_open(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        id: Option<HouseholdId>,
    ) -> Result<household::Model> {
        let Some(id) = id else {
            let at = self.clock.now();
            let wallet_id = open_wallet(tx, programme, at).await?;
            let row = household::Model {
                id: HouseholdId::at(at),
                programme_id: programme,
                wallet_id,
                created_at: at,
            };
            return Ok(row.into_active_model().insert(tx.connection()).await?);
        };
        let query =
            household::Entity::find_by_id(id).filter(household::Column::ProgrammeId.eq(programme));
        let row = query.lock_exclusive().one(tx.connection()).await?;
        Ok(row.ok_or(Refusal::new(Code::HouseholdNotFound).at("householdId"))?)
    }

    /// Takes a member out of its household, with a fresh and empty wallet.
    pub async fn leave_household(
        &self,
        actor: &Actor,
        rules: &Rules,
        member: MemberId,
    ) -> Result<member::Model> {
        let (programme, _) = actor.operator(Scope::MembersWrite)?;
        tx::retrying(|| self.try_leave(actor, rules, programme, member)).await
    }

    async fn try_leave(
        &self,
        actor: &Actor,
        rules: &Rules,
        programme: ProgrammeId,
        member: MemberId,
    ) -> Result<member::Model> {
        let at = self.clock.now();
        let tx = self.db.begin().await?;
        let before = super::lock(&tx, programme, member).await?;
        let Some(household) = before.household_id else { return Ok(before) };
        may_leave(&tx, &before, household).await?;
        leave_wallet(&tx, &before, at).await?;
        let wallet_id = open_wallet(&tx, programme, at).await?;
        let former = before.wallet_id;
        let row =
            member::Model { wallet_id, household_id: None, version: before.version + 1, ..before };
        let row = row.into_active_model().reset_all().update(tx.connection()).await?;
        tiers::leave(&tx, rules, member, (former, wallet_id), at).await?;
        let after = serde_json::json!({ "member": member });
        let change = Change {
            action: "household.left",
            subject: household.to_string(),
            before: None,
            after: Some(&after),
        };
        audit::append(&tx, actor, programme, at, change).await?;
        tx.commit(row).await
    }
}

/// The household that all of them share already: pooling them again changes nothing.
fn shared(members: &[member::Model], wished: Option<HouseholdId>) -> Option<HouseholdId> {
    let first = members.first()?.household_id?;
    let is_shared = members.iter().all(|member| member.household_id == Some(first));
    (is_shared && wished.is_none_or(|wished| wished == first)).then_some(first)
}

/// A household stays small, however many requests fill it. Its row is locked.
async fn has_room(
    tx: &Tx,
    household: &household::Model,
    joining: &[member::Model],
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let there = member::Entity::find()
        .filter(member::Column::ProgrammeId.eq(household.programme_id))
        .filter(member::Column::HouseholdId.eq(household.id))
        .count(tx.connection())
        .await?;
    let new = joining.iter().filter(|member| member.household_id != Some(household.id)).count();
    // Whoever was in it has left; what might be left in its wallet is none of theirs.
    if there == 0 && household.created_at < at {
        return Err(Refusal::new(Code::HouseholdNotFound).at("householdId").into());
    }
    if usize::try_from(there).is_ok_and(|there| there + new <= MEMBERS_MAX) {
        return Ok(());
    }
    let message = format!("A household has at most {MEMBERS_MAX} members; this one has {there}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("memberIds").into())
}

/// The last to leave would leave points behind that are nobody's.
async fn may_leave(tx: &Tx, member: &member::Model, household: HouseholdId) -> Result<()> {
    let row = household::Entity::find_by_id(household).lock_exclusive();
    row.one(tx.connection()).await?;
    let others = member::Entity::find()
        .filter(member::Column::ProgrammeId.eq(member.programme_id))
        .filter(member::Column::HouseholdId.eq(household))
        .filter(member::Column::Id.ne(member.id));
    if others.count(tx.connection()).await? > 0 {
        return Ok(());
    }
    let id = (member.programme_id, member.wallet_id);
    let wallet = wallet::Entity::find_by_id(id).one(tx.connection()).await?;
    let is_empty = wallet.is_none_or(|wallet| {
        [wallet.available, wallet.pending, wallet.held, wallet.debt].iter().all(|it| it.is_zero())
    });
    match is_empty && cashback::is_empty(tx, member.programme_id, member.wallet_id).await? {
        true => Ok(()),
        false => Err(Refusal::new(Code::HouseholdNotEmpty).at("memberId").into()),
    }
}

fn may_join(member: &member::Model) -> Result<(), Refusal> {
    match (member.status, member.household_id) {
        (MemberStatus::Closed, _) => Err(Code::MemberClosed.into()),
        (MemberStatus::Suspended, _) => Err(Code::MemberSuspended.into()),
        (MemberStatus::Active, Some(_)) => Err(Code::MemberAlreadyPooled.into()),
        (MemberStatus::Active, None) => Ok(()),
    }
    .map_err(|refusal: Refusal| refusal.at("memberIds"))
}

/// The members' rows, locked in id order.
async fn lock_all(tx: &Tx, programme: ProgrammeId, ids: &[MemberId]) -> Result<Vec<member::Model>> {
    let rows = member::Entity::find()
        .filter(member::Column::ProgrammeId.eq(programme))
        .filter(member::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(member::Column::Id)
        .lock_exclusive()
        .all(tx.connection())
        .await?;
    let is_missing = |id: &&MemberId| !rows.iter().any(|row| row.id == **id);
    match ids.iter().position(|id| is_missing(&id)) {
        Some(place) => {
            Err(Refusal::new(Code::MemberNotFound).at(&format!("memberIds.{place}")).into())
        }
        None => Ok(rows),
    }
}
