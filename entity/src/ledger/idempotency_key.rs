//! A caller's key for one write, kept for ever, in the write's own transaction.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, ProgrammeId, WalletId};

/// What the first request made, so that a replay can show it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Outcome {
    /// Where, if a wallet was touched.
    pub wallet: Option<WalletId>,
    /// The entry that it made, if it has made one yet.
    pub entry: Option<EntryId>,
    /// The id of what else it made: a hold, a return, an adjustment.
    pub subject: Option<String>,
}

/// `(programme_id, caller, key)` is its identity.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the canonical request, led by the fingerprint's version.
    pub fingerprint: Vec<u8>,
    pub outcome: Outcome,
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
