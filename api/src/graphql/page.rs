//! Relay connections: what a caller may ask of a list, opaque cursors, and the answer's shape.
//!
//! A list is walked by keys, never by offsets: a cursor holds the sort key of its row and the name
//! of its list, so that a cursor of another list is refused. Reading rows is the services' work.

use std::borrow::Cow;

use async_graphql::connection::PageInfo;
use async_graphql::{Object, OutputType, TypeName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::Error;
use service::page::{PAGE_MAX, Page, Window};

use super::error::Result;
use crate::http::limits::PAGE_DEFAULT;

/// The arguments of a connection field, as they came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// How many from the start, 1 to 100.
    pub first: Option<i32>,
    /// The cursor to start behind.
    pub after: Option<String>,
    /// How many from the end, 1 to 100.
    pub last: Option<i32>,
    /// The cursor to end before.
    pub before: Option<String>,
}

impl Asked {
    /// Checks the arguments for the list whose nodes are `N`.
    pub fn window<N: OutputType, K: DeserializeOwned>(self) -> Result<Window<K>> {
        let is_backward = self.last.is_some() || self.before.is_some();
        if is_backward && (self.first.is_some() || self.after.is_some()) {
            let message = "first/after and last/before can't be given together";
            return Err(Error::bad_input("first", message).into());
        }
        let (name, asked) = if is_backward { ("last", self.last) } else { ("first", self.first) };
        let limit = asked.map_or(Some(PAGE_DEFAULT), |asked| u64::try_from(asked).ok());
        let limit = limit
            .filter(|limit| (1..=PAGE_MAX).contains(limit))
            .ok_or_else(|| Error::bad_input(name, format!("{name} goes from 1 to {PAGE_MAX}")))?;
        let after = read_cursor::<N, K>("after", self.after)?;
        let before = read_cursor::<N, K>("before", self.before)?;
        Ok(Window { limit, after, before, is_backward })
    }
}

fn read_cursor<N: OutputType, K: DeserializeOwned>(
    name: &str,
    cursor: Option<String>,
) -> Result<Option<K>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let key = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<(String, K)>(&bytes).ok())
        .filter(|(list, _)| *list == N::type_name())
        .map(|(_, key)| key)
        .ok_or_else(|| Error::bad_input(name, format!("{name} is not a cursor of this list")))?;
    Ok(Some(key))
}

fn write_cursor<N: OutputType>(key: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(&(N::type_name(), key)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One node of a list and where it stands.
pub struct Edge<N> {
    cursor: String,
    node: N,
}

/// A node and its place in the list.
#[Object(name_type)]
impl<N: OutputType> Edge<N> {
    /// Where the node stands: give it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The node; null where it can't be shown.
    async fn node(&self) -> Option<&N> {
        Some(&self.node)
    }
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

/// A part of a list.
pub struct Connection<N> {
    edges: Vec<Edge<N>>,
    has_previous: bool,
    has_next: bool,
}

impl<N: OutputType> Connection<N> {
    /// The page as clients see it; `key` is what an item is sorted by.
    pub fn new<T, K: Serialize>(
        page: Page<T>,
        key: impl Fn(&T) -> K,
        node: impl Fn(T) -> N,
    ) -> Self {
        let edge = |item| Edge { cursor: write_cursor::<N>(&key(&item)), node: node(item) };
        Self {
            edges: page.items.into_iter().map(edge).collect(),
            has_previous: page.has_previous,
            has_next: page.has_next,
        }
    }
}

/// A part of a list, in the list's order.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    /// The nodes with their cursors.
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    /// The nodes alone.
    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Whether the list goes on, and from where.
    async fn page_info(&self) -> PageInfo {
        let cursor = |edge: Option<&Edge<N>>| edge.map(|edge| edge.cursor.clone());
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: cursor(self.edges.first()),
            end_cursor: cursor(self.edges.last()),
        }
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(asked: Asked) -> Result<Window<u32>> {
        asked.window::<String, u32>()
    }

    #[test]
    fn twenty_are_shown_unless_asked_otherwise() {
        let plain = window(Asked::default()).unwrap();
        assert_eq!(plain, Window { limit: 20, after: None, before: None, is_backward: false });
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let first = |first| Asked { first: Some(first), ..Asked::default() };
        assert!(window(first(0)).is_err());
        assert!(window(first(-1)).is_err());
        assert!(window(first(101)).is_err());
        assert!(window(Asked { last: Some(1), ..first(1) }).is_err());
        assert!(window(Asked { before: Some(write_cursor::<String>(&7)), ..first(1) }).is_err());
    }

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let after = |cursor| Asked { after: Some(cursor), ..Asked::default() };
        assert_eq!(window(after(write_cursor::<String>(&7))).unwrap().after, Some(7));
        assert!(window(after(write_cursor::<i32>(&7))).is_err());
        assert!(window(after("rubbish".to_owned())).is_err());
    }

    #[test]
    fn a_page_shows_where_it_begins_and_ends() {
        let page = Page { items: vec![8, 9], has_next: false, has_previous: true };
        let shown = Connection::<String>::new(page, |item| *item, |item| item.to_string());
        let cursors: Vec<_> = shown.edges.iter().map(|edge| edge.cursor.clone()).collect();
        assert_eq!(cursors, [write_cursor::<String>(&8), write_cursor::<String>(&9)]);
        assert!(shown.has_previous && !shown.has_next);
    }
}
