//! Whether a token's owner still may come in: it exists, in that programme, and wasn't suspended,
//! closed or revoked since.
//!
//! A suspended partner may still take goods back and undo payments, which its customers are owed:
//! its tokens keep the scopes for that, and the use cases refuse what is new. All else is shut. A
//! suspended member still sees what it has and why; the use cases let it spend nothing.

use entity::ids::{ApiClientId, MemberId, OperatorId, PartnerId, ProgrammeId};
use entity::members::member::{self, MemberStatus};
use entity::partners::api_client;
use entity::partners::partner::{self, PartnerStatus};
use entity::programmes::operator;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::actor::{Actor, Scope, Who};
use crate::db::Db;
use crate::error::{Error, Result};

/// What a suspended partner's tokens are still good for.
const GIVING_BACK: &[Scope] = &[Scope::PurchasesWrite, Scope::PaymentsWrite];

/// The actor with as many of its scopes as it may use now.
pub(crate) async fn check(db: &Db, actor: &Actor) -> Result<Actor> {
    let (db, programme) = (db.reader(), actor.programme()?);
    let scopes = match actor.who() {
        Who::Operator(id) => of_operator(db, programme, id).await?,
        Who::Partner(id, client) => of_client(db, programme, id, client).await?,
        Who::Member(id) => of_member(db, programme, id).await?,
        Who::Anonymous | Who::System => None,
    };
    let scopes = scopes.ok_or(Error::Unauthenticated("the token isn't valid"))?;
    Ok(actor.clone().limited_to(scopes))
}

/// The scopes that may be used; none where nobody may come in.
type Scopes = Option<&'static [Scope]>;

async fn of_operator(
    db: &DatabaseConnection,
    programme: ProgrammeId,
    id: OperatorId,
) -> Result<Scopes> {
    let query = operator::Entity::find_by_id(id)
        .filter(operator::Column::ProgrammeId.eq(programme))
        .filter(operator::Column::SuspendedAt.is_null());
    Ok(query.one(db).await?.map(|_| Scope::ALL))
}

async fn of_client(
    db: &DatabaseConnection,
    programme: ProgrammeId,
    id: PartnerId,
    client: ApiClientId,
) -> Result<Scopes> {
    let query = api_client::Entity::find_by_id(client)
        .filter(api_client::Column::ProgrammeId.eq(programme))
        .filter(api_client::Column::PartnerId.eq(id))
        .filter(api_client::Column::RevokedAt.is_null());
    if query.one(db).await?.is_none() {
        return Ok(None);
    }
    let partner = partner::Entity::find_by_id(id).one(db).await?;
    Ok(partner.map(|partner| match partner.status {
        PartnerStatus::Active => Scope::ALL,
        PartnerStatus::Suspended => GIVING_BACK,
    }))
}

async fn of_member(
    db: &DatabaseConnection,
    programme: ProgrammeId,
    id: MemberId,
) -> Result<Scopes> {
    let query = member::Entity::find_by_id(id)
        .filter(member::Column::ProgrammeId.eq(programme))
        .filter(member::Column::Status.ne(MemberStatus::Closed));
    Ok(query.one(db).await?.map(|_| Scope::ALL))
}
