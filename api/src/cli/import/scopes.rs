//! Within what each partner's receipt numbers are unique, so that two receipts of one number that come
//! near each other in a file aren't taken for one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::partners::partner::ReceiptScope;

use super::line::Key;

/// By the partner's code.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Scopes {
    zone: Tz,
    partners: HashMap<String, ReceiptScope>,
    /// Of partners that aren't known.
    others: ReceiptScope,
}

impl Default for Scopes {
    fn default() -> Self {
        Self::of_all(ReceiptScope::Partner)
    }
}

impl Scopes {
    /// Those of a programme, whose days begin in its time zone.
    pub(in crate::cli) fn new(zone: Tz, partners: HashMap<String, ReceiptScope>) -> Self {
        Self { zone, partners, ..Self::default() }
    }

    /// The same for all.
    pub(in crate::cli) fn of_all(others: ReceiptScope) -> Self {
        Self { zone: Tz::UTC, partners: HashMap::new(), others }
    }

    /// The key with what matters of it.
    pub(in crate::cli) fn within(&self, key: Key) -> Key {
        let day = |at: DateTime<Utc>| {
            let day = at.with_timezone(&self.zone).date_naive();
            day.and_time(chrono::NaiveTime::MIN).and_utc()
        };
        match self.partners.get(&key.partner).unwrap_or(&self.others) {
            ReceiptScope::Partner => Key { store_no: String::new(), occurred_at: None, ..key },
            ReceiptScope::Store => Key { occurred_at: None, ..key },
            ReceiptScope::StoreDay => Key { occurred_at: key.occurred_at.map(day), ..key },
        }
    }
}
