//! Claims as whoever may sees them: a member its own, a partner those of its rewards, operators all.

use std::collections::HashMap;

use entity::ids::{MemberId, RewardClaimId, RewardId};
use entity::rewards::reward_claim::{self, ClaimStatus};
use entity::rewards::{reward_claim_step, reward_version};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::rewards::Rewards;
use crate::rows::find_among;

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ClaimFilter {
    /// Of this reward.
    pub reward: Option<RewardId>,
    /// Of this member.
    pub member: Option<MemberId>,
    /// That stand like this.
    pub status: Option<ClaimStatus>,
}

impl Rewards {
    /// Claims by age, as the caller may see them.
    pub async fn claims(
        &self,
        actor: &Actor,
        filter: ClaimFilter,
        window: Window<Uuid>,
    ) -> Result<Page<reward_claim::Model>> {
        use reward_claim::Column;
        let query = reward_claim::Entity::find()
            .filter(shown(actor)?)
            .filter(Column::ProgrammeId.eq(actor.programme()?))
            .filter(
                Condition::all()
                    .add_option(filter.reward.map(|id| Column::RewardId.eq(id)))
                    .add_option(filter.member.map(|id| Column::MemberId.eq(id)))
                    .add_option(filter.status.map(|status| Column::Status.eq(status))),
            );
        window.read(self.ask.db.reader_for(actor), query.cursor_by(Column::Id)).await
    }

    /// Those of these claims that the caller may see.
    pub async fn claims_by_ids(
        &self,
        actor: &Actor,
        ids: &[RewardClaimId],
    ) -> Result<Vec<reward_claim::Model>> {
        let query = reward_claim::Entity::find()
            .filter(shown(actor)?)
            .filter(reward_claim::Column::ProgrammeId.eq(actor.programme()?))
            .filter(reward_claim::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    /// What happened to claims that the caller sees, in order.
    pub async fn steps(
        &self,
        actor: &Actor,
        claims: &[RewardClaimId],
    ) -> Result<HashMap<RewardClaimId, Vec<reward_claim_step::Model>>> {
        let (programme, db) = (actor.programme()?, self.ask.db.reader_for(actor));
        let ids = claims.iter().map(|id| id.uuid());
        let (column, also) = (reward_claim_step::Column::ClaimId, "order by claim_id, place");
        let rows =
            find_among::<reward_claim_step::Entity, _>(db, programme, column, ids, also).await?;
        let mut steps: HashMap<RewardClaimId, Vec<_>> = HashMap::new();
        for row in rows {
            steps.entry(row.claim_id).or_default().push(row);
        }
        Ok(steps)
    }

    /// Versions of rewards as they were claimed, for claims that the caller sees.
    pub async fn versions(
        &self,
        actor: &Actor,
        named: &[(RewardId, i32)],
    ) -> Result<HashMap<(RewardId, i32), reward_version::Model>> {
        let mut any = Condition::any();
        for (reward, version) in named {
            let own = Condition::all()
                .add(reward_version::Column::RewardId.eq(*reward))
                .add(reward_version::Column::Version.eq(*version));
            any = any.add(own);
        }
        let query = reward_version::Entity::find()
            .filter(reward_version::Column::ProgrammeId.eq(actor.programme()?))
            .filter(any)
            .order_by_asc(reward_version::Column::RewardId);
        let rows = query.all(self.ask.db.reader_for(actor)).await?;
        Ok(rows.into_iter().map(|row| ((row.reward_id, row.version), row)).collect())
    }
}

fn shown(actor: &Actor) -> Result<Condition> {
    Ok(match actor.who() {
        Who::Member(member) => Condition::all().add(reward_claim::Column::MemberId.eq(member)),
        Who::Partner(..) => {
            let (_, partner) = actor.partner(Scope::PaymentsWrite)?;
            Condition::all().add(reward_claim::Column::PartnerId.eq(partner))
        }
        Who::Operator(_) | Who::System => {
            actor.operator(Scope::RewardsWrite)?;
            Condition::all()
        }
        Who::Anonymous => return Err(Error::Unauthenticated("a bearer token is needed")),
    })
}
