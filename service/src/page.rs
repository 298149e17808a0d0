//! Pages of a list: keyset windows over a stable order.

use sea_orm::sea_query::IntoValueTuple;
use sea_orm::{ConnectionTrait, Cursor, FromQueryResult, SelectModel};

use crate::error::Result;

/// The most items on a page.
pub const PAGE_MAX: u64 = 100;

/// Which part of a list: the first or last so many between two keys, both excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<K> {
    /// How many, 1 to 100.
    pub limit: u64,
    /// Begin behind this one.
    pub after: Option<K>,
    /// End before this one.
    pub before: Option<K>,
    /// Counted from the end.
    pub is_backward: bool,
}

/// A page in list order.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether more come before.
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

impl Window<i64> {
    /// The page of a list that is in memory, its items with their places.
    pub fn of_list<T>(self, items: Vec<T>) -> Page<(i64, T)> {
        let is_in = |place: i64| {
            self.after.is_none_or(|after| place > after)
                && self.before.is_none_or(|before| place < before)
        };
        let mut items: Vec<_> = (0..).zip(items).filter(|(place, _)| is_in(*place)).collect();
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_add(1);
        if self.is_backward {
            items.drain(..items.len().saturating_sub(most));
        } else {
            items.truncate(most);
        }
        self.cut(items)
    }
}

impl<K: Copy> Window<K> {
    /// Reads the page: one row more than asked tells whether others follow.
    pub(crate) async fn read<C, M>(
        self,
        db: &C,
        mut cursor: Cursor<SelectModel<M>>,
    ) -> Result<Page<M>>
    where
        C: ConnectionTrait,
        M: FromQueryResult + Send + Sync,
        K: IntoValueTuple,
    {
        if let Some(key) = self.after {
            cursor.after(key);
        }
        if let Some(key) = self.before {
            cursor.before(key);
        }
        if self.is_backward {
            cursor.last(self.limit + 1);
        } else {
            cursor.first(self.limit + 1);
        }
        Ok(self.cut(cursor.all(db).await?))
    }

    fn cut<M>(self, mut items: Vec<M>) -> Page<M> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        if self.is_backward {
            items.drain(..items.len().saturating_sub(limit));
            return Page { items, has_next: self.before.is_some(), has_previous: has_more };
        }
        items.truncate(limit);
        Page { items, has_next: has_more, has_previous: self.after.is_some() }
    }
}
