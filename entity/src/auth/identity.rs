//! Which member is behind an account elsewhere.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, ProgrammeId};

/// One account. Only a digest of it is kept: it is looked up, and never shown.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// SHA-256 over the provider's issuer and the account's subject.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub member_id: MemberId,
    pub linked_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
