//! Conditions in CEL, the Common Expression Language (<https://cel.dev>, its specification at
//! <https://github.com/google/cel-spec>): parsed by the `cel` crate, checked here before they are saved,
//! asked of a sale or an event.
//!
//! The crate evaluates without types, so that a misspelt field would only be found at a till. Here an
//! expression is typed first, against the facts that are declared in [`types`], and bounded: in its text,
//! its depth, and in what it may cost on a receipt of a thousand lines. There are no fractions, no regular
//! expressions and no loops within loops: nothing that is accepted can hang a sale.
//!
//! What goes wrong while it is evaluated all the same (an attribute that the member doesn't have, a
//! division by zero) makes a condition false, and never an error: a sale isn't refused for a rule.

mod check;
mod plain;
mod required;
mod types;
pub(super) mod values;

use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, IdedExpr, SourceInfo, operators};
use cel::parser::Parser;
use cel::{Context, Env, Value};

pub(crate) use self::plain::Plain;
pub(crate) use self::required::Required;
pub(crate) use self::types::{Scope, Type};

use crate::refusal::{Code, Refusal};

/// The most characters of an expression.
const LENGTH_MAX: usize = 2000;
/// How deep it may nest.
const DEPTH_MAX: u16 = 32;

/// What the expressions of all rules may use: the standard functions that types are declared for.
static ENV: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

/// Facts bound for evaluation; none yet.
pub(super) fn context() -> Context<'static, 'static> {
    Context::with_env(Arc::clone(&ENV))
}

/// An expression that was checked and says yes or no.
pub(crate) struct Condition {
    source: String,
    expression: IdedExpr,
    places: SourceInfo,
    /// Which facts beyond the basket it asks for.
    pub(crate) asks: Asks,
    /// What a basket must have for it to hold at all.
    pub(crate) required: Required,
    /// What it says of a line's texts, as a filter over lines.
    pub(crate) plain: Plain,
}

/// Facts that cost something to bring: a look into the books, or their making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asks {
    /// Anything about the receipt.
    pub(crate) purchase: bool,
    /// Its lines, as a list.
    pub(crate) lines: bool,
    /// Anything about the member.
    pub(crate) member: bool,
    /// Its tiers.
    pub(crate) tiers: bool,
    /// Its segments.
    pub(crate) segments: bool,
    /// Its birthday or attributes.
    pub(crate) profile: bool,
    /// What it has bought so far.
    pub(crate) activity: bool,
    /// What of that in so many days up to the sale's.
    pub(crate) back: bool,
}

impl Asks {
    /// Whatever there is.
    pub(crate) const ALL: Self = Self {
        purchase: true,
        lines: true,
        member: true,
        tiers: true,
        segments: true,
        profile: true,
        activity: true,
        back: true,
    };

    /// Whatever either asks.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            purchase: self.purchase || other.purchase,
            lines: self.lines || other.lines,
            member: self.member || other.member,
            tiers: self.tiers || other.tiers,
            segments: self.segments || other.segments,
            profile: self.profile || other.profile,
            activity: self.activity || other.activity,
            back: self.back || other.back,
        }
    }
}

impl Condition {
    /// Reads and checks an expression over the facts of `scope`. The refusal says at which character it
    /// is wrong, and what would be right.
    pub(crate) fn compile(source: &str, scope: &Scope) -> Result<Self, Refusal> {
        if source.chars().count() > LENGTH_MAX {
            let message = format!("A condition has at most {LENGTH_MAX} characters.");
            return Err(Refusal::new(Code::ConditionInvalid).because(message));
        }
        let parser = Parser::new().max_recursion_depth(DEPTH_MAX);
        let (expression, places) = parser.parse_with_source_info(source).map_err(|errors| {
            let first = errors.errors.first();
            let place = first.map_or(0, |error| place_of(source, error.pos));
            refused(place, &first.map_or_else(String::new, |error| plain(&error.msg)))
        })?;
        let asks = check::check(&expression, scope).map_err(|fault| {
            let place = places.offset_for(fault.at).map_or(0, |(start, _)| start);
            refused(place, &fault.message)
        })?;
        let (required, plain) = (Required::of(&expression), Plain::of(&expression));
        Ok(Self { source: source.to_owned(), expression, places, asks, required, plain })
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, facts: &Context<'_, '_>) -> bool {
        is_true(&self.expression, facts)
    }

    /// The first of its parts, joined by `&&`, that doesn't hold; none if it holds.
    pub(crate) fn false_part(&self, facts: &Context<'_, '_>) -> Option<String> {
        if self.holds(facts) {
            return None;
        }
        let mut parts = Vec::new();
        conjuncts(&self.expression, &mut parts);
        let part = parts.iter().find(|part| !is_true(part, facts));
        Some(part.map_or_else(|| self.source.clone(), |part| self.text(part)))
    }

    /// The part of the source that an expression was read from.
    fn text(&self, part: &IdedExpr) -> String {
        let (mut first, mut last) = (u32::MAX, 0);
        self.span(part, &mut first, &mut last);
        let places = |place: u32| usize::try_from(place).unwrap_or(0);
        let text: String = self
            .source
            .chars()
            .skip(places(first))
            .take((places(last) + 1).saturating_sub(places(first)))
            .collect();
        let text = text.trim();
        // The tree doesn't keep brackets: they are closed where the text leaves one open.
        let open = text.matches('(').count().saturating_sub(text.matches(')').count());
        format!("{text}{}", ")".repeat(open))
    }

    fn span(&self, part: &IdedExpr, first: &mut u32, last: &mut u32) {
        if let Some((start, stop)) = self.places.offset_for(part.id) {
            *first = (*first).min(start);
            *last = (*last).max(stop);
        }
        for child in children(&part.expr) {
            self.span(child, first, last);
        }
    }
}

fn is_true(expression: &IdedExpr, facts: &Context<'_, '_>) -> bool {
    matches!(Value::resolve(expression, facts), Ok(Value::Bool(true)))
}

/// What is joined by `&&`, in the order of the source.
fn conjuncts<'a>(expression: &'a IdedExpr, parts: &mut Vec<&'a IdedExpr>) {
    match &expression.expr {
        Expr::Call(call) if call.func_name == operators::LOGICAL_AND => {
            call.args.iter().for_each(|arg| conjuncts(arg, parts));
        }
        _ => parts.push(expression),
    }
}

/// An expression's direct parts.
fn children(expr: &Expr) -> Vec<&IdedExpr> {
    match expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Comprehension(loops) => vec![&loops.iter_range, &loops.loop_step, &loops.result],
        _ => Vec::new(),
    }
}

/// What the parser found, without all that it might have liked instead.
fn plain(said: &str) -> String {
    let said = said.strip_prefix("Syntax error: ").unwrap_or(said);
    let said = said.split(" expecting ").next().unwrap_or(said);
    said.replace("input '<EOF>'", "end")
}

fn refused(place: u32, what: &str) -> Refusal {
    let message = format!("At character {}: {what}.", place.saturating_add(1));
    Refusal::new(Code::ConditionInvalid).because(message)
}

/// The place of a line and column, which count from 1 and 0.
fn place_of(source: &str, (line, column): (isize, isize)) -> u32 {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let above: usize =
        source.split_inclusive('\n').take(before).map(|line| line.chars().count()).sum();
    let place = above + usize::try_from(column).unwrap_or(0);
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
