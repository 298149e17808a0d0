//! A code as a picture that a till can read.

use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::qr::QRBuilder;
use service::Error;

/// The text as a QR code, in SVG.
pub(super) fn svg(text: &str) -> Result<String, Error> {
    let code =
        QRBuilder::new(text).build().map_err(|_| Error::internal("no QR code for a code"))?;
    Ok(SvgBuilder::default().shape(Shape::Square).to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_code_is_a_picture() {
        let [one, other] =
            ["7K3M-9QXA-0000-1111", "7K3M-9QXA-0000-1112"].map(|code| svg(code).unwrap());
        assert!(one.starts_with("<svg ") && one.ends_with("</svg>"), "{one}");
        assert_ne!(one, other);
    }
}
