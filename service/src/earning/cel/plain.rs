//! What a filter over lines says of a line's texts, read off its parts: most filters name categories,
//! articles or brands and nothing else, and looking a text up is a hundred times faster than to evaluate
//! what asks for it.
//!
//! Only what is certain is read: parts joined by `&&` that compare the line's category, brand or SKU with
//! fixed texts. The rest is evaluated.

use std::collections::BTreeSet;

use cel::common::ast::{Expr, IdedExpr};
use entity::purchases::purchase::Line;

use super::conjuncts;
use super::required::{is_part, texts_of};

/// Texts of which a line must have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plain {
    categories: Option<BTreeSet<String>>,
    brands: Option<BTreeSet<String>>,
    skus: Option<BTreeSet<String>>,
    /// Whether the filter says nothing else.
    is_all: bool,
}

impl Plain {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut plain = Self { is_all: true, ..Self::default() };
        let mut parts = Vec::new();
        conjuncts(expression, &mut parts);
        for part in parts {
            plain.is_all &= plain.read(part);
        }
        plain
    }

    /// Whether the part was one of these.
    fn read(&mut self, part: &IdedExpr) -> bool {
        let Expr::Call(call) = &part.expr else { return false };
        let Some((one, texts)) = texts_of(call) else { return false };
        let set = if is_part(one, "line", "category") {
            &mut self.categories
        } else if is_part(one, "line", "brand") {
            &mut self.brands
        } else if is_part(one, "line", "sku") {
            &mut self.skus
        } else {
            return false;
        };
        *set = Some(match set.take() {
            Some(own) => own.intersection(&texts).cloned().collect(),
            None => texts,
        });
        true
    }

    /// Whether the line is one that the filter lets through; none where it has to be evaluated.
    pub(crate) fn holds(&self, line: &Line) -> Option<bool> {
        let has = |set: &Option<BTreeSet<String>>, text: &str| {
            set.as_ref().is_none_or(|set| set.contains(text))
        };
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let may = has(&self.skus, &line.sku)
            && has(&self.categories, &text(&line.category))
            && has(&self.brands, &text(&line.brand));
        if may && !self.is_all { None } else { Some(may) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Scope};
    use super::*;

    fn line(category: Option<&str>, brand: &str) -> Line {
        Line {
            sku: "7".to_owned(),
            category: category.map(str::to_owned),
            brand: Some(brand.to_owned()),
            quantity: 1,
            amount_minor: 100,
            discount_minor: 0,
        }
    }

    #[test]
    fn what_names_texts_alone_is_looked_up() {
        let holds = |filter: &str, line: &Line| {
            Condition::compile(filter, &Scope::of_line()).unwrap().plain.holds(line)
        };
        let wine = line(Some("WINE"), "ACME");
        let loose = line(None, "ACME");
        for (filter, of_wine, of_loose) in [
            ("line.category == 'WINE'", Some(true), Some(false)),
            ("line.category in ['WINE', '']", Some(true), Some(true)),
            ("line.category == 'WINE' && line.brand == 'ACME'", Some(true), Some(false)),
            ("line.category == 'WINE' && line.category == 'BREAD'", Some(false), Some(false)),
            ("line.sku == '7' && line.amount > 50", None, None),
            ("line.sku == '8' && line.amount > 50", Some(false), Some(false)),
            ("line.category == 'WINE' || line.amount > 50", None, None),
            ("line.category != 'WINE'", None, None),
            ("line.category == purchase.partner", None, None),
            ("purchase.partner == 'WINE'", None, None),
        ] {
            assert_eq!(
                (holds(filter, &wine), holds(filter, &loose)),
                (of_wine, of_loose),
                "{filter}"
            );
        }
    }
}
