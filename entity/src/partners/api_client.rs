//! A partner's machine client. Its secret is kept only as an Argon2id hash.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ApiClientId, PartnerId, ProgrammeId};
use crate::secret::SecretText;

/// What a till or shop signs in with.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiClientId,
    pub programme_id: ProgrammeId,
    pub partner_id: PartnerId,
    pub name: String,
    pub secret_hash: SecretText,
    /// Space-separated, as in RFC 6749.
    pub scopes: String,
    pub revoked_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
