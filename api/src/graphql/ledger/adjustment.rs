//! An operator's change of a balance.

use async_graphql::{ID, Object};
use entity::ledger::adjustment;
use entity::ledger::adjustment::AdjustmentStatus;

use crate::graphql::enumeration::Enumeration;
use crate::graphql::scalars::{DateTime, Points};

/// An operator's change of a balance, which above the programme's limit a second one approves.
pub struct Adjustment(pub(in crate::graphql) adjustment::Model);

/// An operator's change of a balance, which above the programme's limit a second one approves.
#[Object]
impl Adjustment {
    /// Its id: `adj_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose balance.
    async fn member_id(&self) -> ID {
        self.0.member_id.to_string().into()
    }

    /// Above zero gives, below takes.
    async fn points(&self) -> Points {
        Points::change(self.0.points).unwrap_or_default()
    }

    /// Why, in the operator's words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<AdjustmentStatus> {
        Enumeration(self.0.status)
    }

    /// The operator who asked for it.
    async fn proposed_by(&self) -> ID {
        self.0.proposed_by.to_string().into()
    }

    /// When it was asked for.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }

    /// The operator who approved or rejected it; null where none had to, or none has yet.
    async fn decided_by(&self) -> Option<ID> {
        self.0.decided_by.map(|id| id.to_string().into())
    }

    /// When it was approved or rejected.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// The ledger's entry, once it is applied.
    async fn entry_id(&self) -> Option<ID> {
        self.0.entry_id.map(|id| id.to_string().into())
    }
}
