//! An OpenID provider whose accounts members may sign in with.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{IdentityProviderId, ProgrammeId};

/// `(issuer, audience)` is unique among those that aren't retired, over all programmes: a token names
/// both, and so says which programme it is for.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_provider")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityProviderId,
    pub programme_id: ProgrammeId,
    /// What its tokens say as `iss`.
    pub issuer: String,
    /// What they say as `aud`: the id that the provider gave the member app.
    pub audience: String,
    pub registered_at: DateTime<Utc>,
    /// From when nobody signs in through it.
    pub retired_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
