//! What a basket must have for an expression to hold, read off its parts: most of a thousand rules never
//! run, because they want categories or articles that aren't in the basket.
//!
//! Only what is certain is read: parts joined by `&&` that compare a line's category or SKU, or the
//! partner, with fixed texts. What isn't recognised requires nothing, and is asked.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::conjuncts;

/// Sets of which the basket must have at least one; none where it may have anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Required {
    /// Categories of lines.
    pub(crate) categories: Option<BTreeSet<String>>,
    /// Brands of lines.
    pub(crate) brands: Option<BTreeSet<String>>,
    /// Articles.
    pub(crate) skus: Option<BTreeSet<String>>,
    /// Codes of partners.
    pub(crate) partners: Option<BTreeSet<String>>,
}

impl Required {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut required = Self::default();
        required.read(expression, "line");
        required
    }

    /// What both require.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        let narrow = |own: &mut Option<BTreeSet<String>>, other: &Option<BTreeSet<String>>| {
            // Different lines may satisfy the two, so that one of the sets is as much as is certain.
            if own.is_none() {
                own.clone_from(other);
            }
        };
        narrow(&mut self.categories, &other.categories);
        narrow(&mut self.brands, &other.brands);
        narrow(&mut self.skus, &other.skus);
        narrow(&mut self.partners, &other.partners);
        self
    }

    fn read(&mut self, expression: &IdedExpr, line: &str) {
        let mut parts = Vec::new();
        conjuncts(expression, &mut parts);
        for part in parts {
            match &part.expr {
                Expr::Call(call) => self.compare(call, line),
                Expr::Comprehension(loops) => {
                    // `exists` is read as `accu || each`, from false on.
                    let Expr::Call(step) = &loops.loop_step.expr else { continue };
                    let is_exists = step.func_name == operators::LOGICAL_OR
                        && is_part(&loops.iter_range, "purchase", "lines")
                        && matches!(&loops.result.expr, Expr::Ident(name) if *name == loops.accu_var);
                    if let (true, Some(each)) = (is_exists, step.args.get(1)) {
                        self.read(each, &loops.iter_var);
                    }
                }
                _ => {}
            }
        }
    }

    fn compare(&mut self, call: &CallExpr, line: &str) {
        let Some((one, texts)) = texts_of(call) else { return };
        let set = if is_part(one, line, "category") {
            &mut self.categories
        } else if is_part(one, line, "brand") {
            &mut self.brands
        } else if is_part(one, line, "sku") {
            &mut self.skus
        } else if is_part(one, "purchase", "partner") {
            &mut self.partners
        } else {
            return;
        };
        set.get_or_insert(texts);
    }
}

/// What a call compares with fixed texts, and these.
pub(super) fn texts_of(call: &CallExpr) -> Option<(&IdedExpr, BTreeSet<String>)> {
    let [one, other] = call.args.as_slice() else { return None };
    let texts = match call.func_name.as_str() {
        operators::EQUALS => BTreeSet::from([text(other)?]),
        operators::IN => all_texts(other)?,
        _ => return None,
    };
    Some((one, texts))
}

pub(super) fn is_part(expression: &IdedExpr, of: &str, part: &str) -> bool {
    let Expr::Select(select) = &expression.expr else { return false };
    let is_of = matches!(&select.operand.expr, Expr::Ident(name) if name == of);
    is_of && !select.test && select.field == part
}

fn text(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}

fn all_texts(expression: &IdedExpr) -> Option<BTreeSet<String>> {
    let Expr::List(list) = &expression.expr else { return None };
    list.elements.iter().map(text).collect()
}
