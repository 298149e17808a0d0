//! Where a member wants its cashback paid. The number itself is sealed.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, ProgrammeId};
use crate::secret::SecretBytes;

/// One a member, replaced when it changes and gone when the member says so.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// Nonce and AES-256-GCM ciphertext of IBAN and holder, bound to programme and member.
    pub sealed: SecretBytes,
    /// What may be shown: `DE89 **** **** 3000`.
    pub masked: String,
    pub set_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
