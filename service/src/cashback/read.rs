//! Reading cashback: a member its own, an operator everybody's, others none.

use entity::cashback::payout::PayoutStatus;
use entity::cashback::{accrual, cashback_entry, cashback_wallet, payout, payout_run};
use entity::ids::{MemberId, PayoutId, PayoutRunId, PurchaseId, WalletId};
use entity::members::member;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Cashback;
use crate::actor::{Actor, Scope, Who};
use crate::error::Result;
use crate::page::{Page, Window};

/// Which payouts; all if nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Payouts {
    /// Only this member's.
    pub member: Option<MemberId>,
    /// Only those that stand so.
    pub status: Option<PayoutStatus>,
    /// Only those of this run.
    pub run: Option<PayoutRunId>,
    /// Only these.
    pub among: Option<Vec<PayoutId>>,
}

impl Cashback {
    /// The cashback of members' wallets: all to operators, its own to a member, none to others.
    pub async fn wallets(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<Vec<(MemberId, cashback_wallet::Model)>> {
        let programme = actor.programme()?;
        let of = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(programme))
            .filter(member::Column::Id.is_in(members.iter().copied()));
        let of = match actor.who() {
            Who::Operator(_) | Who::System => of,
            Who::Member(own) => of.filter(member::Column::Id.eq(own)),
            Who::Partner(..) | Who::Anonymous => return Ok(Vec::new()),
        };
        let db = self.db.reader_for(actor);
        let members = of.all(db).await?;
        let rows = cashback_wallet::Entity::find()
            .filter(cashback_wallet::Column::ProgrammeId.eq(programme))
            .filter(cashback_wallet::Column::Id.is_in(members.iter().map(|row| row.wallet_id)));
        let rows = rows.all(db).await?;
        let blank = |id| cashback_wallet::Model {
            programme_id: programme,
            id,
            pending: 0,
            available: 0,
            in_payout: 0,
            paid: 0,
            converted: 0,
            owed: 0,
            seq: 0,
            next_due_at: None,
        };
        let of = |member: member::Model| {
            let own = rows.iter().find(|row| row.id == member.wallet_id).cloned();
            (member.id, own.unwrap_or_else(|| blank(member.wallet_id)))
        };
        Ok(members.into_iter().map(of).collect())
    }

    /// What happened in a wallet that the caller was shown, newest first.
    pub async fn history(
        &self,
        actor: &Actor,
        wallet: WalletId,
        window: Window<i64>,
    ) -> Result<Page<cashback_entry::Model>> {
        let query = cashback_entry::Entity::find()
            .filter(cashback_entry::Column::ProgrammeId.eq(actor.programme()?))
            .filter(cashback_entry::Column::WalletId.eq(wallet));
        let mut cursor = query.cursor_by(cashback_entry::Column::Seq);
        cursor.desc();
        window.read(self.db.reader_for(actor), cursor).await
    }

    /// What purchases gave back in a wallet that the caller was shown, oldest first.
    pub async fn accruals(
        &self,
        actor: &Actor,
        wallet: WalletId,
        window: Window<(Uuid, i32)>,
    ) -> Result<Page<accrual::Model>> {
        let query = accrual::Entity::find()
            .filter(accrual::Column::ProgrammeId.eq(actor.programme()?))
            .filter(accrual::Column::WalletId.eq(wallet));
        let cursor = query.cursor_by((accrual::Column::PurchaseId, accrual::Column::Part));
        window.read(self.db.reader_for(actor), cursor).await
    }

    /// Payouts by age: an operator's view of all, a member's of its own.
    pub async fn payouts(
        &self,
        actor: &Actor,
        filter: Payouts,
        window: Window<Uuid>,
    ) -> Result<Page<payout::Model>> {
        let mut query =
            payout::Entity::find().filter(payout::Column::ProgrammeId.eq(actor.programme()?));
        match actor.who() {
            Who::Operator(_) | Who::System => actor.with(Scope::PayoutsWrite)?,
            _ => query = query.filter(payout::Column::MemberId.eq(actor.member()?.1)),
        }
        if let Some(member) = filter.member {
            query = query.filter(payout::Column::MemberId.eq(member));
        }
        if let Some(status) = filter.status {
            query = query.filter(payout::Column::Status.eq(status));
        }
        if let Some(run) = filter.run {
            query = query.filter(payout::Column::RunId.eq(run));
        }
        if let Some(ids) = filter.among {
            query = query.filter(payout::Column::Id.is_in(ids));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(payout::Column::Id)).await
    }

    /// Payouts by id, of those that the caller may see.
    pub async fn payouts_by_ids(
        &self,
        actor: &Actor,
        ids: &[PayoutId],
    ) -> Result<Vec<payout::Model>> {
        let query = payout::Entity::find()
            .filter(payout::Column::ProgrammeId.eq(actor.programme()?))
            .filter(payout::Column::Id.is_in(ids.iter().copied()));
        let query = match actor.who() {
            Who::Operator(_) if actor.has(Scope::PayoutsWrite) => query,
            Who::Member(own) => query.filter(payout::Column::MemberId.eq(own)),
            _ => return Ok(Vec::new()),
        };
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// Payout runs by age, for operators.
    pub async fn runs(
        &self,
        actor: &Actor,
        window: Window<Uuid>,
    ) -> Result<Page<payout_run::Model>> {
        let (programme, _) = actor.operator(Scope::PayoutsWrite)?;
        let query =
            payout_run::Entity::find().filter(payout_run::Column::ProgrammeId.eq(programme));
        window.read(self.db.reader_for(actor), query.cursor_by(payout_run::Column::Id)).await
    }

    /// Runs by id; none to those who may not see them.
    pub async fn runs_by_ids(
        &self,
        actor: &Actor,
        ids: &[PayoutRunId],
    ) -> Result<Vec<payout_run::Model>> {
        let Ok((programme, _)) = actor.operator(Scope::PayoutsWrite) else {
            return Ok(Vec::new());
        };
        let query = payout_run::Entity::find()
            .filter(payout_run::Column::ProgrammeId.eq(programme))
            .filter(payout_run::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// What a cursor over accruals holds.
pub fn accrual_key(row: &accrual::Model) -> (Uuid, i32) {
    (PurchaseId::uuid(row.purchase_id), row.part)
}
