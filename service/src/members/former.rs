//! The wallets that a member had before: written when it pools or leaves, so that the reasons for its
//! earlier points aren't lost to it.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::members::{former_wallet, member};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::Members;
use crate::actor::{Actor, Who};
use crate::error::Result;
use crate::tx::Tx;

impl Members {
    /// The wallets that members had before, the latest first: all to operators, its own to a member,
    /// none to others.
    pub async fn former_wallets(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<Vec<former_wallet::Model>> {
        let programme = actor.programme()?;
        let query = former_wallet::Entity::find()
            .filter(former_wallet::Column::ProgrammeId.eq(programme))
            .filter(former_wallet::Column::MemberId.is_in(members.iter().copied()));
        let query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            Who::Member(own) => query.filter(former_wallet::Column::MemberId.eq(own)),
            Who::Partner(..) | Who::Anonymous => return Ok(Vec::new()),
        };
        let query = query.order_by_desc(former_wallet::Column::LeftAt);
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// The member's wallet is another one from now on.
pub(super) async fn leave_wallet(tx: &Tx, member: &member::Model, at: DateTime<Utc>) -> Result<()> {
    let row = former_wallet::Model {
        programme_id: member.programme_id,
        member_id: member.id,
        left_at: at,
        wallet_id: member.wallet_id,
    };
    former_wallet::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}
