//! What was written to an archive, and the proof of it: behind a seal, rows may be deleted.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;

/// One file of a programme's archive. Its hash covers the hash of the one before.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The first of a programme is 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Nothing behind this position in the sequence of facts was looked at.
    pub position: i64,
    /// The position of the last fact that was taken: behind it nothing is missing.
    pub last: i64,
    /// Nothing recorded then or later was taken.
    pub recorded_before: DateTime<Utc>,
    /// How many rows of each table the file holds.
    pub entries: i64,
    pub postings: i64,
    /// What the accounts add up to over the file.
    pub sums: Json,
    pub file: String,
    /// SHA-256 of the file's content, unpacked.
    pub hash: Vec<u8>,
    /// That of the seal before, in the first of which there is none.
    pub previous_hash: Option<Vec<u8>>,
    pub sealed_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
