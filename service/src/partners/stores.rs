//! A partner's stores: added and closed by operators, or by the partner's own clients never.

use entity::ids::{PartnerId, StoreId};
use entity::partners::store;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::{Partners, lock};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::retrying;

/// A store to be opened.
#[derive(Clone, Debug)]
pub struct AddStore {
    /// Whose.
    pub partner: PartnerId,
    /// The partner's own number for it, unique within the partner.
    pub code: String,
    /// What people call it.
    pub name: String,
}

impl Partners {
    /// Opens a store.
    pub async fn add_store(&self, actor: &Actor, wish: AddStore) -> Result<store::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let code =
            text::clean(&wish.code, 64, Code::CodeInvalid).map_err(|refusal| refusal.at("code"))?;
        let name = text::name(&wish.name)?;
        let row = store::Model {
            id: StoreId::at(at),
            programme_id: programme,
            partner_id: wish.partner,
            code,
            name,
            closed_at: None,
            created_at: at,
        };
        let row = retrying(|| self.insert_store(actor, &row)).await?;
        self.directory.forget(programme);
        Ok(row)
    }

    async fn insert_store(&self, actor: &Actor, row: &store::Model) -> Result<store::Model> {
        let (programme, at) = (row.programme_id, row.created_at);
        let tx = self.db.begin().await?;
        lock(&tx, programme, row.partner_id).await?;
        let same = store::Entity::find()
            .filter(store::Column::ProgrammeId.eq(programme))
            .filter(store::Column::PartnerId.eq(row.partner_id))
            .filter(store::Column::Code.eq(&row.code));
        if same.one(tx.connection()).await?.is_some() {
            return Err(Refusal::new(Code::CodeTaken).at("code").into());
        }
        let row = row.clone().into_active_model().insert(tx.connection()).await?;
        let after = serde_json::json!({ "code": row.code, "name": row.name });
        let change = Change {
            action: "store.added",
            subject: row.id.to_string(),
            before: None,
            after: Some(&after),
        };
        audit::append(&tx, actor, programme, at, change).await?;
        tx.commit(row).await
    }

    /// Closes a store, from now on. Closing it again changes nothing.
    pub async fn close_store(&self, actor: &Actor, store: StoreId) -> Result<store::Model> {
        let (programme, _) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let row = retrying(|| async {
            let tx = self.db.begin().await?;
            let query =
                store::Entity::find_by_id(store).filter(store::Column::ProgrammeId.eq(programme));
            let found = query.one(tx.connection()).await?;
            let row = found.ok_or(Refusal::new(Code::StoreNotFound).at("storeId"))?;
            if row.closed_at.is_some() {
                return Ok(row);
            }
            let row = store::Model { closed_at: Some(at), ..row };
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            let after = serde_json::json!({ "closedAt": at });
            let change = Change {
                action: "store.closed",
                subject: store.to_string(),
                before: None,
                after: Some(&after),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await?;
        self.directory.forget(programme);
        Ok(row)
    }

    /// A partner's stores.
    pub async fn stores(
        &self,
        actor: &Actor,
        partner: PartnerId,
        window: Window<Uuid>,
    ) -> Result<Page<store::Model>> {
        let programme = actor.programme()?;
        let query = store::Entity::find()
            .filter(store::Column::ProgrammeId.eq(programme))
            .filter(store::Column::PartnerId.eq(partner));
        window.read(self.db.reader_for(actor), query.cursor_by(store::Column::Id)).await
    }
}
