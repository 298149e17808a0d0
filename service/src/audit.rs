//! The audit trail: a row for every operator's or partner's change outside the ledger, written in
//! the change's own transaction. A ledger command needs none: its entry carries actor and origin.

use chrono::{DateTime, Utc};
use entity::ids::{AuditId, ProgrammeId};
use entity::programmes::audit_row;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// What was changed.
pub(crate) struct Change<'a> {
    /// Noun and past participle: `partner.suspended`.
    pub(crate) action: &'static str,
    /// Its id.
    pub(crate) subject: String,
    /// How it was, if it was.
    pub(crate) before: Option<&'a dyn erased::Json>,
    /// How it is now.
    pub(crate) after: Option<&'a dyn erased::Json>,
}

/// Appends the row.
pub(crate) async fn append(
    tx: &Tx,
    actor: &Actor,
    programme: ProgrammeId,
    at: DateTime<Utc>,
    change: Change<'_>,
) -> Result<()> {
    let json = |value: Option<&dyn erased::Json>| value.map(|value| value.json()).transpose();
    let row = audit_row::Model {
        id: AuditId::at(at),
        programme_id: programme,
        actor: actor.to_string(),
        action: change.action.to_owned(),
        subject: change.subject,
        before: json(change.before)?,
        after: json(change.after)?,
        origin: actor.origin().to_owned(),
        recorded_at: at,
    };
    audit_row::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

/// Anything that can be written as JSON, without naming its type.
pub(crate) mod erased {
    use super::{Error, Result, Serialize};

    /// Written by every `Serialize`.
    pub(crate) trait Json: Send + Sync {
        /// As JSON.
        fn json(&self) -> Result<serde_json::Value>;
    }

    impl<T: Serialize + Send + Sync> Json for T {
        fn json(&self) -> Result<serde_json::Value> {
            serde_json::to_value(self).map_err(Error::internal)
        }
    }
}
