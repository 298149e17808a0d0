//! XML as a tree of elements, as far as a statement needs it: names without prefixes, texts, the one
//! attribute that matters. What is in another namespace than the document is passed over.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, escape};

use super::{BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, NAMESPACE, NotAStatement, VERSIONS};

/// More than any element of a statement has; each may bind a prefix, which takes time to look up.
const ATTRIBUTES_MAX: usize = 16;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    currency: Option<String>,
    children: Vec<Element>,
}

impl Element {
    /// Those directly in it that are called so.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first that is reached by these names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |at, name| at.children.iter().find(|child| child.name == *name))
    }

    /// Its text, in one line; none where there is nothing to read.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|found| found.text()).filter(|text| !text.is_empty())
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its attribute `Ccy`.
    pub(super) fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or_default()
    }
}

/// The document, if it is a statement's.
pub(super) fn read(xml: &[u8]) -> Result<Element, NotAStatement> {
    if xml.len() > BYTES_MAX {
        return Err(NotAStatement::TooLarge(xml.len()));
    }
    if std::str::from_utf8(xml).is_err() {
        return Err(NotAStatement::NotUtf8);
    }
    let mut reader = NsReader::from_reader(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        let at = reader.buffer_position();
        let (namespace, event) =
            reader.read_resolved_event().map_err(|error| malformed(at, error))?;
        let namespace = match namespace {
            ResolveResult::Bound(Namespace(namespace)) => namespace,
            _ => b"",
        };
        if let Event::Eof = event {
            return tree.whole(at);
        }
        tree.take(namespace, event, at)?;
    }
}

/// A tree that grows.
#[derive(Default)]
struct Tree {
    namespace: Vec<u8>,
    open: Vec<Element>,
    root: Option<Element>,
    /// How deep we are in something of another namespace.
    passing: usize,
    elements: usize,
}

impl Tree {
    fn take(&mut self, namespace: &[u8], event: Event<'_>, at: u64) -> Result<(), NotAStatement> {
        match event {
            Event::Start(start) => self.open(namespace, &start, at),
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => {
                self.add(&text.xml10_content().map_err(|error| malformed(at, error))?, at)
            }
            Event::CData(text) => {
                self.add(&text.xml10_content().map_err(|error| malformed(at, error))?, at)
            }
            Event::GeneralRef(reference) => {
                let sign = reference.resolve_char_ref().map_err(|error| malformed(at, error))?;
                if let Some(sign) = sign {
                    return self.add(sign.encode_utf8(&mut [0; 4]), at);
                }
                let name = reference.decode().map_err(|error| malformed(at, error))?;
                let text = escape::resolve_xml_entity(&name).ok_or(NotAStatement::DocumentType)?;
                self.add(text, at)
            }
            Event::DocType(_) => Err(NotAStatement::DocumentType),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !name.eq_ignore_ascii_case(b"utf-8") => {
                    Err(NotAStatement::NotUtf8)
                }
                _ => Ok(()),
            },
            Event::Comment(_) | Event::PI(_) | Event::Empty(_) | Event::Eof => Ok(()),
        }
    }

    fn open(
        &mut self,
        namespace: &[u8],
        start: &BytesStart<'_>,
        at: u64,
    ) -> Result<(), NotAStatement> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(NotAStatement::TooMany);
        }
        if self.open.len() + self.passing >= DEPTH_MAX {
            return Err(NotAStatement::TooDeep);
        }
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        let currency = currency(start, at)?;
        if self.root.is_some() {
            return Err(malformed(at, "something follows the document"));
        }
        if self.open.is_empty() {
            is_statement(&name, namespace)?;
            self.namespace = namespace.to_owned();
        }
        if self.passing > 0 || self.namespace != namespace {
            self.passing += 1;
            return Ok(());
        }
        self.open.push(Element { name, currency, ..Element::default() });
        Ok(())
    }

    /// The parser has seen to it that this ends what was opened last.
    fn close(&mut self) {
        if self.passing > 0 {
            self.passing -= 1;
            return;
        }
        let Some(mut done) = self.open.pop() else { return };
        done.text = one_line(&done.text);
        match self.open.last_mut() {
            Some(outer) => outer.children.push(done),
            None => self.root = Some(done),
        }
    }

    fn add(&mut self, text: &str, at: u64) -> Result<(), NotAStatement> {
        match self.open.last_mut() {
            Some(_) if self.passing > 0 => {}
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(malformed(at, "there is text outside of the document")),
        }
        Ok(())
    }

    fn whole(self, at: u64) -> Result<Element, NotAStatement> {
        match self.root {
            Some(root) => Ok(root),
            None if self.open.is_empty() => Err(malformed(at, "there is no document")),
            None => Err(malformed(at, "it ends before its document does")),
        }
    }
}

/// Refuses what isn't the document of a statement, and says what it is.
fn is_statement(name: &str, namespace: &[u8]) -> Result<(), NotAStatement> {
    let namespace = String::from_utf8_lossy(namespace);
    let version = namespace.strip_prefix(NAMESPACE).filter(|version| version.len() == 2);
    let version: Option<u8> = version.and_then(|version| version.parse().ok());
    if name == "Document" && version.is_some_and(|version| VERSIONS.contains(&version)) {
        return Ok(());
    }
    let found = match namespace.rsplit(':').next() {
        Some(message) if !message.is_empty() => format!("{name} of {message}"),
        _ => format!("{name} without a namespace"),
    };
    Err(NotAStatement::WrongDocument(found.chars().take(80).collect()))
}

fn currency(start: &BytesStart<'_>, at: u64) -> Result<Option<String>, NotAStatement> {
    let mut currency = None;
    for (number, attribute) in start.attributes().enumerate() {
        let attribute = attribute.map_err(|error| malformed(at, error))?;
        if number >= ATTRIBUTES_MAX {
            return Err(malformed(at, "an element has too many attributes"));
        }
        if attribute.key.as_ref() == b"Ccy" {
            currency = Some(String::from_utf8_lossy(&attribute.value).into_owned());
        }
    }
    Ok(currency)
}

/// With single spaces, and without what can't be shown or kept.
fn one_line(text: &str) -> String {
    let shown = |sign: &char| sign.is_whitespace() || !sign.is_control();
    let text: String = text.chars().filter(shown).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn malformed(at: u64, why: impl ToString) -> NotAStatement {
    NotAStatement::Malformed { at, why: why.to_string() }
}
