//! The OpenID providers whose accounts a programme's members may sign in with: registered by two
//! operators, since whoever runs one says who a member is, and retired by one.

use chrono::{DateTime, Utc};
use entity::auth::identity_provider::{self, Model};
use entity::ids::{IdentityProviderId, ProgrammeId};
use entity::proposals::proposal;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Auth;
use super::provider_keys::discover;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::page::{Page, Window};
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

const LENGTH_MAX: usize = 200;

/// A provider to be registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegisterProvider {
    /// What its tokens say as `iss`: an `https://` address.
    pub issuer: String,
    /// What they say as `aud`: the id that it gave the member app.
    pub audience: String,
}

impl Auth {
    /// Proposes a provider, once it has answered as one.
    pub async fn register_provider(
        &self,
        actor: &Actor,
        wish: RegisterProvider,
        at: DateTime<Utc>,
    ) -> Result<proposal::Model> {
        let by = actor.operator(Scope::ProgrammeWrite)?;
        let invalid = |field| move |refusal: Refusal| refusal.at(field);
        let wish = RegisterProvider {
            issuer: text::clean(&wish.issuer, LENGTH_MAX, Code::IdentityProviderInvalid)
                .map_err(invalid("issuer"))?,
            audience: text::clean(&wish.audience, LENGTH_MAX, Code::IdentityProviderInvalid)
                .map_err(invalid("audience"))?,
        };
        is_free(self.db.reader(), &wish).await?;
        discover(&self.outside, &wish.issuer).await.map_err(|why| {
            let message = format!("{} doesn't answer as an OpenID provider: {why}.", wish.issuer);
            Refusal::new(Code::IdentityProviderInvalid).because(message).at("issuer")
        })?;
        let wish = Wish::RegisterIdentityProvider(wish);
        retrying(|| async {
            let tx = self.db.begin().await?;
            let proposal = proposals::make(&tx, actor, by, &wish, at).await?;
            tx.commit(proposal).await
        })
        .await
    }

    /// Lets nobody sign in through a provider any more. Retiring it again changes nothing.
    pub async fn retire_provider(
        &self,
        actor: &Actor,
        id: IdentityProviderId,
        at: DateTime<Utc>,
    ) -> Result<Model> {
        let (programme, _) = actor.operator(Scope::ProgrammeWrite)?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let query = identity_provider::Entity::find_by_id(id)
                .filter(identity_provider::Column::ProgrammeId.eq(programme));
            let row = query.lock_exclusive().one(tx.connection()).await?;
            let missing = Refusal::new(Code::IdentityProviderNotFound).at("identityProviderId");
            let row = row.ok_or(missing)?;
            if row.retired_at.is_some() {
                return Ok(row);
            }
            let row = Model { retired_at: Some(at), ..row };
            audit_row(&tx, actor, &row, "identity_provider.retired", at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    /// The programme's providers by age, retired ones too. For operators.
    pub async fn providers(&self, actor: &Actor, window: Window<Uuid>) -> Result<Page<Model>> {
        let (programme, _) = actor.operator(Scope::ProgrammeWrite)?;
        let query = identity_provider::Entity::find()
            .filter(identity_provider::Column::ProgrammeId.eq(programme));
        window.read(self.db.reader_for(actor), query.cursor_by(identity_provider::Column::Id)).await
    }

    /// Providers by id; none to those who may not see them.
    pub async fn providers_by_ids(
        &self,
        actor: &Actor,
        ids: &[IdentityProviderId],
    ) -> Result<Vec<Model>> {
        let Ok((programme, _)) = actor.operator(Scope::ProgrammeWrite) else {
            return Ok(Vec::new());
        };
        let query = identity_provider::Entity::find()
            .filter(identity_provider::Column::ProgrammeId.eq(programme))
            .filter(identity_provider::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// Registers what two operators agreed on.
pub(crate) async fn insert(
    tx: &Tx,
    actor: &Actor,
    programme: ProgrammeId,
    wish: RegisterProvider,
    at: DateTime<Utc>,
) -> Result<()> {
    is_free(tx.connection(), &wish).await?;
    let row = Model {
        id: IdentityProviderId::at(at),
        programme_id: programme,
        issuer: wish.issuer,
        audience: wish.audience,
        registered_at: at,
        retired_at: None,
    };
    audit_row(tx, actor, &row, "identity_provider.registered", at).await?;
    let row = row.into_active_model();
    identity_provider::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Those whose tokens name this issuer, each for an audience of its own.
pub(super) async fn trusted<C: ConnectionTrait>(db: &C, issuer: &str) -> Result<Vec<Model>> {
    let query = identity_provider::Entity::find()
        .filter(identity_provider::Column::Issuer.eq(issuer))
        .filter(identity_provider::Column::RetiredAt.is_null());
    Ok(query.all(db).await?)
}

async fn is_free<C: ConnectionTrait>(db: &C, wish: &RegisterProvider) -> Result<()> {
    let same = trusted(db, &wish.issuer).await?;
    if same.iter().any(|row| row.audience == wish.audience) {
        return Err(Refusal::new(Code::IdentityProviderTaken).at("audience").into());
    }
    Ok(())
}

async fn audit_row(
    tx: &Tx,
    actor: &Actor,
    row: &Model,
    action: &'static str,
    at: DateTime<Utc>,
) -> Result<()> {
    let after = serde_json::json!({ "issuer": row.issuer, "audience": row.audience });
    let subject = row.id.to_string();
    let change = Change { action, subject, before: None, after: Some(&after) };
    audit::append(tx, actor, row.programme_id, at, change).await
}
