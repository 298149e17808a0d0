//! An Ed25519 key. The private half is sealed under the installation's master key.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::secret::SecretBytes;

/// The newest key that isn't retired signs; all unexpired ones verify.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// RFC 7638 thumbprint of the public key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// 32 bytes.
    pub public_key: Vec<u8>,
    /// Nonce and AES-256-GCM ciphertext of the PKCS #8 document, bound to `kid`.
    pub sealed_private_key: SecretBytes,
    pub created_at: DateTime<Utc>,
    /// From when it signs nothing more.
    pub retired_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
