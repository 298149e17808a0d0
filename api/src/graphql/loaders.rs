//! Loading many things at once: the keys that resolvers ask for side by side become one query.
//!
//! A loader lives for one request, so nothing leaks between callers. It keeps no answers, so that a
//! subscription sees each event's own state.

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::hash::Hash;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use service::Error;

use super::error::ApiError;

/// How to read many at once.
pub trait Batch: Send + Sync + 'static {
    /// What is asked for.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What is found.
    type Value: Clone + Send + Sync + 'static;

    /// Reads all of `keys`; what isn't there is left out.
    fn load(
        &self,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<HashMap<Self::Key, Self::Value>, Error>> + Send;
}

type Found<B> = Result<Arc<HashMap<<B as Batch>::Key, <B as Batch>::Value>>, ApiError>;
/// Every key that was asked for, once for each time: their number tells whether more still come.
type Keys<B> = Arc<Mutex<Vec<<B as Batch>::Key>>>;

/// Gathers keys for as long as they come, then reads them with one call.
pub struct Loader<B: Batch> {
    batch: Arc<B>,
    open: Mutex<Option<Gathering<B>>>,
}

struct Gathering<B: Batch> {
    keys: Keys<B>,
    answer: Shared<BoxFuture<'static, Found<B>>>,
}

impl<B: Batch> Loader<B> {
    /// A loader with nothing gathered.
    pub fn new(batch: B) -> Self {
        Self { batch: Arc::new(batch), open: Mutex::new(None) }
    }

    /// The value of `key`, together with whatever else is asked for meanwhile.
    pub async fn load(&self, key: B::Key) -> Result<Option<B::Value>, ApiError> {
        let answer = self.join(key.clone());
        Ok(answer.await?.get(&key).cloned())
    }

    fn join(&self, key: B::Key) -> Shared<BoxFuture<'static, Found<B>>> {
        let mut open = lock(&self.open);
        // Once a gathering reads, it has taken its keys, and others must start a new one.
        let gathering = match open.take() {
            Some(gathering) if add(&gathering.keys, &key) => gathering,
            _ => self.gather(key),
        };
        let answer = gathering.answer.clone();
        *open = Some(gathering);
        answer
    }

    fn gather(&self, first: B::Key) -> Gathering<B> {
        let keys: Keys<B> = Arc::new(Mutex::new(vec![first]));
        let (batch, gathered) = (self.batch.clone(), keys.clone());
        let read = async move {
            // The library runs long lists a few items a turn: as long as some ask, others follow.
            let asked = || lock(&gathered).len();
            loop {
                let before = asked();
                turn_around().await;
                if asked() == before {
                    break;
                }
            }
            let keys: HashSet<_> = std::mem::take(&mut *lock(&gathered)).into_iter().collect();
            Ok(Arc::new(batch.load(keys.into_iter().collect()).await?))
        };
        Gathering { keys, answer: read.boxed().shared() }
    }
}

/// Ends when the runtime comes round to this task again, so that sibling resolvers have run. A plain
/// `yield_now` ends at its second poll, which a sibling sharing it may cause.
async fn turn_around() {
    let mut turn: Option<Arc<Turn>> = None;
    let mut around = pin!(tokio::task::yield_now());
    poll_fn(|ctx| match &turn {
        Some(turn) if turn.came.load(Ordering::Acquire) => Poll::Ready(()),
        Some(_) => Poll::Pending,
        None => {
            let fresh = Arc::new(Turn { came: AtomicBool::new(false), task: ctx.waker().clone() });
            let waker = Waker::from(fresh.clone());
            turn = Some(fresh);
            around.as_mut().poll(&mut Context::from_waker(&waker))
        }
    })
    .await;
}

struct Turn {
    came: AtomicBool,
    task: Waker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.came.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// Adds to keys that are still gathered; an empty list has been taken.
fn add<K: Clone>(keys: &Mutex<Vec<K>>, key: &K) -> bool {
    let mut keys = lock(keys);
    if keys.is_empty() {
        return false;
    }
    keys.push(key.clone());
    true
}

/// What a panic elsewhere has left is as good as before: each change here is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The loaders of one request, made when first asked for.
#[derive(Default)]
pub struct Loaders(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Loaders {
    /// This request's loader of `B`.
    pub fn of<B: Batch>(&self, make: impl FnOnce() -> B) -> Arc<Loader<B>> {
        let mut loaders = lock(&self.0);
        let known = loaders.get(&TypeId::of::<B>()).cloned();
        if let Some(loader) = known.and_then(|loader| loader.downcast().ok()) {
            return loader;
        }
        let loader = Arc::new(Loader::new(make()));
        loaders.insert(TypeId::of::<B>(), loader.clone());
        loader
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Doubles(Mutex<Vec<usize>>);

    impl Batch for Doubles {
        type Key = u32;
        type Value = u32;

        async fn load(&self, keys: Vec<u32>) -> Result<HashMap<u32, u32>, Error> {
            self.0.lock().unwrap().push(keys.len());
            Ok(keys.into_iter().filter(|key| *key < 10).map(|key| (key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn keys_asked_for_together_are_read_together() {
        let loader = Loader::new(Doubles(Mutex::default()));
        let (one, again, two, none) =
            tokio::join!(loader.load(1), loader.load(1), loader.load(2), loader.load(10));
        let found = [one, again, two, none].map(Result::unwrap);
        assert_eq!(found, [Some(2), Some(2), Some(4), None]);
        assert_eq!(loader.load(3).await.unwrap(), Some(6));
        assert_eq!(*loader.batch.0.lock().unwrap(), [3, 1]);
    }

    struct Item(u32);

    #[async_graphql::Object]
    impl Item {
        async fn double(&self, ctx: &async_graphql::Context<'_>) -> Option<u32> {
            let loader = ctx.data_unchecked::<Arc<Loader<Doubles>>>();
            loader.load(self.0 % 10).await.ok()?
        }

        async fn below(&self) -> Vec<Item> {
            (0..3).map(|step| Item(self.0 + step)).collect()
        }
    }

    struct Items;

    #[async_graphql::Object]
    impl Items {
        async fn items(&self) -> Vec<Item> {
            (0..200).map(Item).collect()
        }
    }

    #[tokio::test]
    async fn each_level_of_a_query_is_read_at_once() {
        let loader = Arc::new(Loader::new(Doubles(Mutex::default())));
        let schema = async_graphql::Schema::build(
            Items,
            async_graphql::EmptyMutation,
            async_graphql::EmptySubscription,
        );
        let schema = schema.data(loader.clone()).finish();
        let response = schema.execute("{ items { double below { double } } }").await;
        assert!(response.is_ok());
        assert_eq!(*loader.batch.0.lock().unwrap(), [10]);
    }

    #[tokio::test]
    async fn the_others_get_their_answer_when_the_first_is_given_up() {
        let loader = Loader::new(Doubles(Mutex::default()));
        let mut first = Box::pin(loader.load(1));
        assert!((&mut first).now_or_never().is_none());
        let second = loader.load(2);
        drop(first);
        assert_eq!(second.await.unwrap(), Some(4));
    }
}
