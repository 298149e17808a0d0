//! What a receipt is known by, out of what a record says of it. Pure.

use chrono::{DateTime, Utc};
use entity::ids::PartnerId;

use crate::partners::Directory;
use crate::programmes::Rules;
use crate::purchases::{ReceiptName, receipt_scope};

/// Gives receipts of a partner their names.
pub(super) struct Names<'a> {
    pub(super) rules: &'a Rules,
    pub(super) directory: &'a Directory,
    pub(super) partner: PartnerId,
}

impl Names<'_> {
    /// The name of a receipt sold then. That of a store which the partner hasn't is no receipt's, and yet the
    /// same each time.
    pub(super) fn receipt(
        &self,
        number: &str,
        store_code: Option<&str>,
        sold_at: DateTime<Utc>,
    ) -> Option<ReceiptName> {
        let scope = self.directory.partner(self.partner)?.receipt_scope;
        let store = store_code.map(|code| self.directory.store(self.partner, code));
        let scope = match store.transpose() {
            Ok(store) => {
                receipt_scope(self.rules, scope, store.map(|store| store.id), sold_at).ok()?
            }
            Err(_) => format!("?{}", store_code.unwrap_or_default()),
        };
        Some((self.partner, scope, number.to_owned()))
    }
}
