//! Who may read from the replica, caller by caller.

use std::sync::Arc;
use std::time::Duration;

use super::log::Lsn;
use super::view::Source;
use super::{Replica, measure};
use crate::actor::Actor;
use crate::db::Db;
use crate::hot::{HotStore, Kept, Unavailable};

/// How often both servers are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A mark of nobody: looking for it tells whether marks can be had at all.
const NOBODY: &str = "wrote/nobody";

/// Gives leave, and remembers what each caller has to find. Without a replica it does nothing.
#[derive(Clone, Default)]
pub struct Reads(Option<Shared>);

#[derive(Clone)]
struct Shared {
    replica: Arc<Replica>,
    hot: Arc<dyn HotStore>,
}

impl Reads {
    /// Over the replica of this database, if it has one.
    pub(crate) fn new(db: &Db, hot: &Arc<dyn HotStore>) -> Self {
        let with =
            |replica: &Arc<Replica>| Shared { replica: Arc::clone(replica), hot: Arc::clone(hot) };
        Self(db.replica().map(with))
    }

    /// The caller of a query, who may read from the replica if that shows all that it knows of.
    pub async fn leave(&self, actor: Actor) -> Actor {
        let Some(shared) = &self.0 else { return actor };
        let source = shared.source(&actor).await;
        measure::query(source);
        if source == Source::Replica { actor.with_leave_to_lag() } else { actor }
    }

    /// The caller has written, or is about to be told of what is written by now: it must find that.
    pub async fn told(&self, actor: &Actor) {
        let Some(Shared { replica, hot }) = &self.0 else { return };
        let Lsn(end) = replica.end_of_log().await;
        if hot.raise(&key(actor), end, replica.memory()).await.is_err() {
            replica.doubt_marks();
        }
    }

    /// The replica failed a query, which the primary answers now.
    pub fn failed(&self, is_away: bool) {
        let Some(Shared { replica, .. }) = &self.0 else { return };
        measure::asked_again();
        if is_away {
            replica.failed();
        }
    }

    /// Looks at the replica; says when to look again, or that there is none.
    pub(crate) async fn look(&self) -> Option<Duration> {
        let Shared { replica, hot } = self.0.as_ref()?;
        let marks = hot.kept(NOBODY, replica.memory());
        if let ((), Err(Unavailable)) = tokio::join!(replica.look(), marks) {
            replica.doubt_marks();
        }
        Some(LOOK_EVERY)
    }
}

impl Shared {
    async fn source(&self, actor: &Actor) -> Source {
        let Self { replica, hot } = self;
        // While it can't be read from anyway, nobody needs to know.
        let at_best = replica.source(None);
        if at_best != Source::Replica {
            return at_best;
        }
        match hot.kept(&key(actor), replica.memory()).await {
            Ok(Kept::At(mark)) => replica.source(Some(Lsn(mark))),
            Ok(Kept::Nothing) => replica.source(None),
            Ok(Kept::Unknown) => Source::Unknown,
            Err(Unavailable) => {
                replica.doubt_marks();
                Source::Unknown
            }
        }
    }
}

/// A partner's clients are one caller: what a till wrote, its back office finds.
fn key(actor: &Actor) -> String {
    format!("wrote/{}", actor.caller())
}
