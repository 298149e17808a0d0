//! Who changed what outside the ledger: append-only, written in the change's own transaction.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{AuditId, ProgrammeId};

/// One change by an operator or a partner. Ledger commands need none: their entry is the row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    pub programme_id: ProgrammeId,
    /// `operator:opr_…`, `partner:ptn_…/cli_…`, `member:mem_…` or `system`.
    pub actor: String,
    /// Noun and past participle: `partner.suspended`.
    pub action: String,
    /// The id of what was changed.
    pub subject: String,
    pub before: Option<Json>,
    pub after: Option<Json>,
    /// The request's id.
    pub origin: String,
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
