//! Whether a token's owner still may come in: it exists, in that programme, and wasn't suspended or
//! revoked since.

use entity::members::member;
use entity::partners::api_client;
use entity::programmes::operator;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::actor::{Actor, Who};
use crate::db::Db;
use crate::error::{Error, Result};

pub(super) async fn check(db: &Db, actor: &Actor) -> Result<()> {
    let programme = actor.programme()?;
    let may_come_in = match actor.who() {
        Who::Operator(id) => {
            let query = operator::Entity::find_by_id(id)
                .filter(operator::Column::ProgrammeId.eq(programme));
            query.one(db.primary()).await?.is_some_and(|row| row.suspended_at.is_none())
        }
        Who::Partner(partner, client) => {
            let query = api_client::Entity::find_by_id(client)
                .filter(api_client::Column::ProgrammeId.eq(programme))
                .filter(api_client::Column::PartnerId.eq(partner));
            query.one(db.primary()).await?.is_some_and(|row| row.revoked_at.is_none())
        }
        Who::Member(id) => {
            let query =
                member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(programme));
            query.one(db.primary()).await?.is_some()
        }
        Who::Anonymous | Who::System => false,
    };
    if may_come_in { Ok(()) } else { Err(Error::Unauthenticated("the token isn't valid")) }
}
