//! A small writer of XML: elements, texts, one attribute. Escaping is the library's.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::error::{Error, Result};

/// A document that is being written, indented by a space.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// One whose root is `Document`, in that namespace.
    pub(super) fn document(namespace: &str) -> Result<Self> {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 1));
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.open_with("Document", ("xmlns", namespace))?;
        Ok(xml)
    }

    /// The whole of it.
    pub(super) fn finish(mut self) -> Result<String> {
        self.close("Document")?;
        let mut text = String::from_utf8(self.0.into_inner()).map_err(Error::internal)?;
        text.push('\n');
        Ok(text)
    }

    pub(super) fn open(&mut self, name: &str) -> Result<()> {
        self.event(Event::Start(BytesStart::new(name)))
    }

    pub(super) fn close(&mut self, name: &str) -> Result<()> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    /// An element that holds a text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.open(name)?;
        self.written(text)?;
        self.close(name)
    }

    /// The same with an attribute.
    pub(super) fn text_with(
        &mut self,
        name: &str,
        attribute: (&str, &str),
        text: &str,
    ) -> Result<()> {
        self.open_with(name, attribute)?;
        self.written(text)?;
        self.close(name)
    }

    /// An element that holds a text, within others.
    pub(super) fn within(&mut self, around: &[&str], name: &str, text: &str) -> Result<()> {
        for outer in around {
            self.open(outer)?;
        }
        self.text(name, text)?;
        around.iter().rev().try_for_each(|outer| self.close(outer))
    }

    fn open_with(&mut self, name: &str, attribute: (&str, &str)) -> Result<()> {
        self.event(Event::Start(BytesStart::new(name).with_attributes([attribute])))
    }

    fn written(&mut self, text: &str) -> Result<()> {
        self.event(Event::Text(BytesText::new(text)))
    }

    fn event(&mut self, event: Event<'_>) -> Result<()> {
        self.0.write_event(event).map_err(Error::internal)
    }
}
