//! A partner's API clients: registered with a secret that is shown once, and revoked.

use entity::ids::{ApiClientId, PartnerId};
use entity::partners::api_client;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::{Partners, lock};
use crate::actor::{Actor, PARTNER_SCOPES, Scope};
use crate::audit::{self, Change};
use crate::auth::clients::new_secret;
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::retrying;

/// A client to be registered.
#[derive(Clone, Debug)]
pub struct RegisterClient {
    /// Whose.
    pub partner: PartnerId,
    /// What the partner calls it: `till server Berlin`.
    pub name: String,
    /// What its tokens may be used for.
    pub scopes: Vec<String>,
}

/// A client that was registered, with its secret: shown now and never again.
pub struct NewClient {
    /// The row.
    pub client: api_client::Model,
    /// The secret in plain.
    pub secret: String,
}

impl Partners {
    /// Registers a client.
    pub async fn register_client(&self, actor: &Actor, wish: RegisterClient) -> Result<NewClient> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let name = text::name(&wish.name)?;
        let scopes = scopes(&wish.scopes)?;
        let (secret, secret_hash) = new_secret().await?;
        let row = api_client::Model {
            id: ApiClientId::at(at),
            programme_id: programme,
            partner_id: wish.partner,
            name,
            secret_hash,
            scopes,
            revoked_at: None,
            created_at: at,
        };
        let client = retrying(|| self.insert_client(actor, &row)).await?;
        Ok(NewClient { client, secret })
    }

    async fn insert_client(
        &self,
        actor: &Actor,
        row: &api_client::Model,
    ) -> Result<api_client::Model> {
        let tx = self.db.begin().await?;
        lock(&tx, row.programme_id, row.partner_id).await?;
        let row = row.clone().into_active_model().insert(tx.connection()).await?;
        let after = serde_json::json!({ "partner": row.partner_id, "name": row.name, "scopes": row.scopes });
        let change = Change {
            action: "api_client.registered",
            subject: row.id.to_string(),
            before: None,
            after: Some(&after),
        };
        audit::append(&tx, actor, row.programme_id, row.created_at, change).await?;
        tx.commit(row).await
    }

    /// Revokes a client: no new tokens, and those it has stop within a minute.
    pub async fn revoke_client(
        &self,
        actor: &Actor,
        client: ApiClientId,
    ) -> Result<api_client::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        retrying(|| async {
            let tx = self.db.begin().await?;
            let query = api_client::Entity::find_by_id(client)
                .filter(api_client::Column::ProgrammeId.eq(programme));
            let found = query.one(tx.connection()).await?;
            let row = found.ok_or(Refusal::new(Code::ApiClientNotFound).at("apiClientId"))?;
            if row.revoked_at.is_some() {
                return Ok(row);
            }
            let row = api_client::Model { revoked_at: Some(at), ..row };
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            let after = serde_json::json!({ "revokedAt": at });
            let change = Change {
                action: "api_client.revoked",
                subject: client.to_string(),
                before: None,
                after: Some(&after),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await
    }

    /// A partner's clients, for operators and the partner itself.
    pub async fn clients(
        &self,
        actor: &Actor,
        partner: PartnerId,
        window: Window<Uuid>,
    ) -> Result<Page<api_client::Model>> {
        let programme = actor.programme()?;
        if !Self::may_see_terms(actor, partner) {
            return Err(Error::Forbidden(
                "only operators and the partner itself see its clients".to_owned(),
            ));
        }
        let query = api_client::Entity::find()
            .filter(api_client::Column::ProgrammeId.eq(programme))
            .filter(api_client::Column::PartnerId.eq(partner));
        window.read(self.db.reader_for(actor), query.cursor_by(api_client::Column::Id)).await
    }

    /// Those of these clients that the caller may see.
    pub async fn clients_by_ids(
        &self,
        actor: &Actor,
        ids: &[ApiClientId],
    ) -> Result<Vec<api_client::Model>> {
        let programme = actor.programme()?;
        let query = api_client::Entity::find()
            .filter(api_client::Column::ProgrammeId.eq(programme))
            .filter(api_client::Column::Id.is_in(ids.iter().copied()));
        let mut found = query.all(self.db.reader_for(actor)).await?;
        found.retain(|client| Self::may_see_terms(actor, client.partner_id));
        Ok(found)
    }
}

/// The scopes as the row keeps them: known ones, each once, in their order.
fn scopes(names: &[String]) -> Result<String, Refusal> {
    for (place, name) in names.iter().enumerate() {
        let is_known = Scope::parse(name).is_some_and(|scope| PARTNER_SCOPES.contains(&scope));
        if !is_known {
            let known: Vec<_> = PARTNER_SCOPES.iter().map(|scope| scope.name()).collect();
            let message = format!(
                "There is no scope {name:?} for an API client; there are {}.",
                known.join(", ")
            );
            return Err(Refusal::new(Code::ScopeUnknown)
                .because(message)
                .at(&format!("scopes.{place}")));
        }
    }
    let wanted = PARTNER_SCOPES
        .iter()
        .map(|scope| scope.name())
        .filter(|name| names.iter().any(|n| n == name));
    Ok(wanted.collect::<Vec<_>>().join(" "))
}
