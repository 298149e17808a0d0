//! A small cache of what rarely changes and every request needs: programme rules, partners.
//!
//! An entry that is handed out was read within the last five seconds, so that a suspension holds soon on
//! every gateway; whoever changes something forgets it here at once. One caller at a time reads an entry
//! anew, a little before it is too old, and the others go on with what there is. Bounded by the number of
//! programmes.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::DbErr;

use crate::error::{Error, Result};

const AGE_MAX: Duration = Duration::from_secs(5);
/// From this age on somebody reads it anew.
const AGING: Duration = Duration::from_secs(4);

/// Values by key, each with the moment it was read.
pub(crate) struct Fresh<K, V>(Mutex<HashMap<K, Slot<V>>>);

struct Slot<V> {
    read: Option<(Instant, Arc<V>)>,
    /// Held by whoever reads it.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Whether somebody reads it before its time.
    is_renewed: bool,
    /// How often it was forgotten: what was being read meanwhile isn't kept.
    forgotten: u64,
    /// When the database was away, and how.
    failed: Option<(Instant, DbErr)>,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { read: None, turn: Arc::default(), is_renewed: false, forgotten: 0, failed: None }
    }
}

impl<V> Slot<V> {
    fn recent(&self) -> Option<(Duration, Arc<V>)> {
        let (read_at, value) = self.read.as_ref()?;
        let age = read_at.elapsed();
        (age < AGE_MAX).then(|| (age, Arc::clone(value)))
    }

    /// What somebody else has read while this caller waited for its turn, or found that it can't be: many
    /// who wait for a database that is away hear so together, not one after the other.
    fn read_since(&self, asked_at: Instant) -> Option<Result<Arc<V>>> {
        let read = self.recent().map(|(_, value)| Ok(value));
        let failed = self.failed.as_ref().filter(|(at, _)| *at > asked_at);
        read.or_else(|| failed.map(|(_, source)| Err(Error::Unavailable(source.clone()))))
    }
}

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
        let (turn, old) = match self.look(key) {
            Look::Found(value) => return Ok(value),
            Look::Aging(turn, value) => (turn, Some(value)),
            Look::Missing(turn) => (turn, None),
        };
        let asked_at = Instant::now();
        let _turn = turn.lock().await;
        if old.is_none()
            && let Some(read) = self.slot(key, |slot| slot.read_since(asked_at))
        {
            return read;
        }
        let (read_at, forgotten) = (Instant::now(), self.slot(key, |slot| slot.forgotten));
        let loaded = load.await;
        self.slot(key, |slot| {
            slot.is_renewed = false;
            slot.failed = match &loaded {
                Err(Error::Unavailable(source)) => Some((Instant::now(), source.clone())),
                _ => None,
            };
            match (loaded, old) {
                (Ok(value), _) => {
                    let value = Arc::new(value);
                    if slot.forgotten == forgotten {
                        slot.read = Some((read_at, Arc::clone(&value)));
                    }
                    Ok(value)
                }
                // It was good when it was asked for.
                (Err(_), Some(old)) if slot.forgotten == forgotten => Ok(old),
                (Err(error), _) => Err(error),
            }
        })
    }

    /// Reads it anew next time.
    pub(crate) fn forget(&self, key: K) {
        self.slot(key, |slot| {
            slot.read = None;
            slot.forgotten += 1;
        });
    }

    fn look(&self, key: K) -> Look<V> {
        self.slot(key, |slot| match slot.recent() {
            Some((age, value)) if age > AGING && !slot.is_renewed => {
                slot.is_renewed = true;
                Look::Aging(Arc::clone(&slot.turn), value)
            }
            Some((_, value)) => Look::Found(value),
            None => Look::Missing(Arc::clone(&slot.turn)),
        })
    }

    fn slot<T>(&self, key: K, with: impl FnOnce(&mut Slot<V>) -> T) -> T {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        with(slots.entry(key).or_default())
    }
}

/// What a caller finds.
enum Look<V> {
    /// The value.
    Found(Arc<V>),
    /// The value, which this caller reads anew.
    Aging(Arc<tokio::sync::Mutex<()>>, Arc<V>),
    /// Nothing that is young enough.
    Missing(Arc<tokio::sync::Mutex<()>>),
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_who_miss_it_read_it_once() {
        let (fresh, reads) = (Fresh::<u8, u32>::default(), AtomicU32::new(0));
        let read = || async {
            tokio::task::yield_now().await;
            Ok(reads.fetch_add(1, Ordering::SeqCst))
        };
        let got = futures_util::future::join_all((0..10).map(|_| fresh.get(1, read()))).await;
        assert!(got.into_iter().all(|value| *value.unwrap() == 0));
        fresh.forget(1);
        assert_eq!(*fresh.get(1, read()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_asked_once_for_many() {
        let (fresh, reads) = (Fresh::<u8, u32>::default(), AtomicU32::new(0));
        let read = || async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            reads.fetch_add(1, Ordering::SeqCst);
            Err(Error::Unavailable(DbErr::Custom("away".to_owned())))
        };
        let got = futures_util::future::join_all((0..10).map(|_| fresh.get(1, read()))).await;
        assert!(got.iter().all(|value| matches!(value, Err(Error::Unavailable(_)))));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        assert_eq!(*fresh.get(1, async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_was_forgotten_while_it_was_read_is_not_kept() {
        let fresh = Fresh::<u8, u32>::default();
        let read = async {
            fresh.forget(1);
            Ok(1)
        };
        assert_eq!(*fresh.get(1, read).await.unwrap(), 1);
        assert_eq!(*fresh.get(1, async { Ok(2) }).await.unwrap(), 2);
    }
}
