//! Pages as a PDF file: the same pages are the same bytes. It has no date of its making and no random id,
//! and its fonts are in it, so that it looks alike everywhere and its text can be copied.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::Used;
use super::page::Canvas;

const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const ABOUT: Ref = Ref::new(3);
/// Each font has five objects, each page two.
const FONTS: [i32; 2] = [4, 9];
const PAGES: i32 = 14;
const NAMES: [Name<'static>; 2] = [Name(b"F0"), Name(b"F1")];
const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The file.
pub(super) fn written(canvas: Canvas, title: &str) -> Vec<u8> {
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(TREE).lang(TextStr("en-GB"));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.finish();
    pdf.document_info(ABOUT).title(TextStr(title));
    for (used, first) in canvas.fonts.iter().zip(FONTS) {
        font(&mut pdf, used, first);
    }
    let refs = (PAGES..).step_by(2).map(|page| (Ref::new(page), Ref::new(page + 1)));
    let pages: Vec<_> = refs.zip(canvas.pages).collect();
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(TREE).kids(pages.iter().map(|((page, _), _)| *page)).count(count);
    for ((page, drawing), content) in pages {
        let mut written = pdf.page(page);
        written.parent(TREE).contents(drawing).media_box(Rect::new(0.0, 0.0, 595.3, 841.9));
        let mut resources = written.resources();
        let mut fonts = resources.fonts();
        for (name, first) in NAMES.into_iter().zip(FONTS) {
            fonts.pair(name, Ref::new(first));
        }
        fonts.finish();
        resources.finish();
        written.finish();
        pdf.stream(drawing, &packed(&content.finish())).filter(Filter::FlateDecode);
    }
    pdf.finish()
}

/// A font, as what a page may call by glyphs.
fn font(pdf: &mut Pdf, used: &Used, first: i32) {
    let [named, glyphs, about, file, letters] =
        [0, 1, 2, 3, 4].map(|object| Ref::new(first + object));
    // A font of which a part is missing has a tag before its name.
    let name = format!("FLORIN+{}", used.face.name);
    let name = Name(name.as_bytes());
    pdf.type0_font(named)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(glyphs)
        .to_unicode(letters);
    let mut cid = pdf.cid_font(glyphs);
    cid.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(about);
    cid.cid_to_gid_map_predefined(Name(b"Identity")).default_width(0.0);
    let mut widths = cid.widths();
    for (glyph, (_, width)) in &used.letters {
        widths.consecutive(*glyph, [(*width).into()]);
    }
    widths.finish();
    cid.finish();
    pdf.font_descriptor(about)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(-742.0, -323.0, 2579.0, 1109.0))
        .italic_angle(0.0)
        .ascent(969.0)
        .descent(-241.0)
        .cap_height(728.0)
        .stem_v(95.0)
        .font_file2(file);
    let subset = used.subset();
    let length = i32::try_from(subset.len()).unwrap_or(i32::MAX);
    pdf.stream(file, &packed(&subset)).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
    let mut map = UnicodeCmap::new(Name(b"Florin"), IDENTITY);
    for (glyph, (letter, _)) in &used.letters {
        map.pair(*glyph, *letter);
    }
    pdf.cmap(letters, &packed(&map.finish())).filter(Filter::FlateDecode);
}

fn packed(data: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(data).and_then(|()| packed.finish()).expect("writing to memory doesn't fail")
}
