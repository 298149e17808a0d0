//! A small cache of what rarely changes and every request needs: programme rules, partners.
//!
//! An entry is at most five seconds old, so that a suspension holds soon on every gateway; whoever
//! changes something forgets it here at once. Bounded by the number of programmes.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Result;

const AGE_MAX: Duration = Duration::from_secs(5);

/// Values by key, each with the moment it was read.
pub(crate) struct Fresh<K, V>(Mutex<HashMap<K, (Instant, Arc<V>)>>);

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Copy + Eq + Hash, V> Fresh<K, V> {
    /// The value, read anew if it is too old.
    pub(crate) async fn get(
        &self,
        key: K,
        load: impl Future<Output = Result<V>>,
    ) -> Result<Arc<V>> {
        if let Some(value) = self.recent(key) {
            return Ok(value);
        }
        let read_at = Instant::now();
        let value = Arc::new(load.await?);
        self.entries().insert(key, (read_at, Arc::clone(&value)));
        Ok(value)
    }

    /// Reads it anew next time.
    pub(crate) fn forget(&self, key: K) {
        self.entries().remove(&key);
    }

    fn recent(&self, key: K) -> Option<Arc<V>> {
        let entries = self.entries();
        let (read_at, value) = entries.get(&key)?;
        (read_at.elapsed() < AGE_MAX).then(|| Arc::clone(value))
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<K, (Instant, Arc<V>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
