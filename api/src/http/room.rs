//! Memory for requests under way. A request takes what it may need before it is read and before it runs,
//! and keeps what its answer fills until the client has taken that. Whoever finds too little left is told
//! at once, and nothing was begun. Those without a token have a room of their own, a quarter of all, so that
//! strangers who send their bodies slowly keep nobody else out.
//!
//! What is taken is estimated high rather than measured. Buffers of connections aren't counted here:
//! there are as many as connections, each of bounded size.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::rejection::Rejection;

/// What it is counted in.
const UNIT_BYTES: usize = 1024;

/// What is left for requests.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// What a request has taken, given back when it is dropped.
pub(super) struct Taken {
    permit: OwnedSemaphorePermit,
    room: Room,
}

impl Room {
    /// For so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let units = (bytes / UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(units)))
    }

    /// Room for so many bytes, if there is any.
    pub(super) fn take(&self, bytes: usize) -> Result<Taken, Rejection> {
        let permit =
            units(bytes).and_then(|units| self.0.clone().try_acquire_many_owned(units).ok());
        permit
            .map(|permit| Taken { permit, room: self.clone() })
            .ok_or_else(|| service::Error::overloaded(std::time::Duration::ZERO).into())
    }
}

impl Taken {
    /// So many bytes in all, no less and no more than that: what is too much goes back.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), Rejection> {
        let (has, wants) = (self.permit.num_permits(), bytes.div_ceil(UNIT_BYTES));
        if wants > has {
            let more = self.room.take((wants - has).saturating_mul(UNIT_BYTES))?;
            self.permit.merge(more.permit);
        } else {
            drop(self.permit.split(has - wants));
        }
        Ok(())
    }

    /// An answer that keeps its room until it is sent.
    pub(super) fn holding(mut self, answer: Vec<u8>) -> Body {
        let (has, needs) = (self.permit.num_permits(), answer.len().div_ceil(UNIT_BYTES));
        drop(self.permit.split(has.saturating_sub(needs)));
        Body::from(Bytes::from_owner(Held { answer, _taken: self }))
    }
}

fn units(bytes: usize) -> Option<u32> {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).ok()
}

/// An answer on its way.
struct Held {
    answer: Vec<u8>,
    _taken: Taken,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(room: &Room) -> usize {
        room.0.available_permits()
    }

    #[test]
    fn what_is_taken_is_given_back() {
        let room = Room::new(100 * UNIT_BYTES);
        let mut one = room.take(30 * UNIT_BYTES + 1).unwrap();
        assert_eq!(left(&room), 69);
        assert!(room.take(70 * UNIT_BYTES).is_err());
        one.resize(100 * UNIT_BYTES).unwrap();
        assert!(room.take(1).is_err() && one.resize(101 * UNIT_BYTES).is_err());
        one.resize(16 * UNIT_BYTES).unwrap();
        assert_eq!(left(&room), 84);
        drop(one);
        assert_eq!(left(&room), 100);
    }

    #[tokio::test]
    async fn an_answer_keeps_its_room_until_it_is_gone() {
        let room = Room::new(100 * UNIT_BYTES);
        let body = room.take(50 * UNIT_BYTES).unwrap().holding(vec![b'a'; 10 * UNIT_BYTES]);
        assert_eq!(left(&room), 90);
        let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!((sent.len(), left(&room)), (10 * UNIT_BYTES, 90));
        drop(sent);
        assert_eq!(left(&room), 100);
    }
}
