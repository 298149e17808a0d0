//! Types an expression and adds up what it may cost, before it is ever asked.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr};

use super::Asks;
use super::types::{Scope, Type};

/// Steps on a receipt of [`LINES`] lines: what stands in a loop counts for each of them.
const COST_MAX: usize = 60_000;
const LINES: usize = 1000;

/// What is wrong, and which part of the expression it is.
pub(super) struct Fault {
    pub(super) at: u64,
    pub(super) message: String,
}

type Typed = Result<Type, Fault>;

/// Whether the expression says yes or no, within its bounds; what it asks for.
pub(super) fn check(expression: &IdedExpr, scope: &Scope) -> Result<Asks, Fault> {
    let mut check =
        Check { scope, locals: Vec::new(), in_loop: false, cost: 0, asks: Asks::default() };
    match check.kind(expression)? {
        Type::Flag => Ok(check.asks),
        other => fault(expression, format!("a condition says yes or no; this is {}", other.name())),
    }
}

struct Check<'a> {
    scope: &'a Scope,
    locals: Vec<(&'a str, Type)>,
    in_loop: bool,
    cost: usize,
    asks: Asks,
}

impl<'a> Check<'a> {
    fn kind(&mut self, expression: &'a IdedExpr) -> Typed {
        self.cost += if self.in_loop { LINES } else { 1 };
        if self.cost > COST_MAX {
            let message =
                format!("it costs more than {COST_MAX} steps on a receipt of {LINES} lines");
            return fault(expression, message);
        }
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression, literal),
            Expr::Ident(name) => self.variable(expression, name),
            Expr::Select(select) => self.part(expression, select),
            Expr::Call(call) => self.call(expression, call),
            Expr::List(list) => self.list(&list.elements),
            Expr::Comprehension(loops) => self.repeated(expression, loops),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                fault(expression, "maps and structures can't be made here")
            }
        }
    }

    fn literal(&self, at: &IdedExpr, literal: &LiteralValue) -> Typed {
        match literal {
            LiteralValue::Boolean(_) => Ok(Type::Flag),
            LiteralValue::Int(_) => Ok(Type::Number),
            LiteralValue::String(_) => Ok(Type::Text),
            LiteralValue::Double(_) => {
                fault(at, "there are no fractions: amounts are whole minor units")
            }
            LiteralValue::UInt(_) => fault(at, "write whole numbers without a suffix"),
            LiteralValue::Bytes(_) | LiteralValue::Null => fault(at, "no fact is of this kind"),
        }
    }

    fn variable(&self, at: &IdedExpr, name: &str) -> Typed {
        let local = self.locals.iter().rev().find(|(own, _)| *own == name);
        match local.map(|(_, kind)| kind).or(self.scope.get(name)) {
            Some(kind) => Ok(kind.clone()),
            None => fault(at, format!("there is no {name}; there are {}", self.scope.names())),
        }
    }

    fn part(&mut self, at: &'a IdedExpr, select: &'a SelectExpr) -> Typed {
        let operand = self.kind(&select.operand)?;
        let found = match &operand {
            Type::Texts => Type::Text,
            Type::Record(parts) => match parts.iter().find(|(name, _)| *name == select.field) {
                Some((_, kind)) => kind.clone(),
                None => {
                    let names: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).collect();
                    let message = format!(
                        "there is no part {}; there are {}",
                        select.field,
                        names.join(", ")
                    );
                    return fault(at, message);
                }
            },
            other => return fault(at, format!("{} has no parts", other.name())),
        };
        self.note(select);
        Ok(if select.test { Type::Flag } else { found })
    }

    /// Remembers which facts are asked for.
    fn note(&mut self, select: &SelectExpr) {
        let asks = &mut self.asks;
        let Expr::Ident(name) = &select.operand.expr else {
            asks.back |= select.field.starts_with("days_");
            return;
        };
        match name.as_str() {
            "purchase" => {
                asks.purchase = true;
                asks.lines |= select.field == "lines";
                return;
            }
            "member" => asks.member = true,
            _ => return,
        }
        match select.field.as_str() {
            "tier" | "tiers" => asks.tiers = true,
            "segments" => asks.segments = true,
            "is_birthday" | "birthday_month" | "attributes" => asks.profile = true,
            "first_purchase" | "purchases" | "spend" => asks.activity = true,
            _ => {}
        }
    }

    fn call(&mut self, at: &'a IdedExpr, call: &'a CallExpr) -> Typed {
        let mut kinds = Vec::new();
        for part in call.target.as_deref().into_iter().chain(&call.args) {
            kinds.push(self.kind(part)?);
        }
        let is_method = call.target.is_some();
        if call.func_name == "timestamp" {
            let is_plain = matches!(call.args.first().map(|arg| &arg.expr), Some(Expr::Literal(_)));
            return match kinds.as_slice() {
                [Type::Text] if !is_method && is_plain => Ok(Type::Moment),
                _ => fault(at, "timestamp takes one text, such as \"2026-01-31T00:00:00Z\""),
            };
        }
        let found = if is_method {
            of_method(&call.func_name, &kinds)
        } else {
            of_function(&call.func_name, &kinds)
        };
        found.map_or_else(|| fault(at, misfit(call, &kinds)), Ok)
    }

    fn list(&mut self, elements: &'a [IdedExpr]) -> Typed {
        let mut kind = Type::Any;
        for element in elements {
            let own = self.kind(element)?;
            kind = match same(&kind, &own) {
                Some(kind) => kind,
                None => {
                    let message = format!("a list holds things of one kind, not {}", own.name());
                    return fault(element, message);
                }
            };
        }
        Ok(Type::List(Box::new(kind)))
    }

    /// What `all`, `exists`, `exists_one`, `filter` and `map` are read as.
    fn repeated(&mut self, at: &'a IdedExpr, loops: &'a ComprehensionExpr) -> Typed {
        if self.in_loop {
            return fault(at, "a loop can't stand within another");
        }
        let Type::List(element) = self.kind(&loops.iter_range)? else {
            return fault(&loops.iter_range, "only a list can be gone through");
        };
        if loops.iter_var2.is_some() {
            return fault(at, "a loop has one variable");
        }
        let carried = self.kind(&loops.accu_init)?;
        self.in_loop = true;
        self.locals.push((&loops.iter_var, *element));
        self.locals.push((&loops.accu_var, carried.clone()));
        self.kind(&loops.loop_cond)?;
        let step = self.kind(&loops.loop_step)?;
        let Some(step) = same(&carried, &step) else {
            return fault(
                at,
                format!("what is asked of each must say yes or no, not {}", step.name()),
            );
        };
        self.in_loop = false;
        self.locals.pop();
        self.locals.push((&loops.accu_var, step));
        let result = self.kind(&loops.result);
        self.locals.truncate(self.locals.len() - 2);
        result
    }
}

fn of_method(name: &str, kinds: &[Type]) -> Option<Type> {
    match (name, kinds) {
        ("startsWith" | "endsWith" | "contains", [Type::Text, Type::Text]) => Some(Type::Flag),
        ("size", [Type::Text | Type::List(_)]) => Some(Type::Number),
        _ => None,
    }
}

fn of_function(name: &str, kinds: &[Type]) -> Option<Type> {
    match (name, kinds) {
        ("_&&_" | "_||_", [Type::Flag, Type::Flag]) => Some(Type::Flag),
        ("!_" | "@not_strictly_false", [Type::Flag]) => Some(Type::Flag),
        ("_==_" | "_!=_", [one, other]) => {
            let is_plain = |kind: &Type| !matches!(kind, Type::Record(_) | Type::Texts);
            same(one, other).filter(is_plain).map(|_| Type::Flag)
        }
        ("_<_" | "_<=_" | "_>_" | "_>=_", [one, other]) => {
            let has_order = matches!(one, Type::Number | Type::Text | Type::Moment);
            (has_order && one == other).then_some(Type::Flag)
        }
        ("_+_" | "_-_" | "_*_" | "_/_" | "_%_", [Type::Number, Type::Number]) => Some(Type::Number),
        ("_+_", [one @ Type::List(_), other @ Type::List(_)]) => same(one, other),
        ("-_", [Type::Number]) => Some(Type::Number),
        ("@in", [Type::Text, Type::Texts]) => Some(Type::Flag),
        ("@in", [one, Type::List(element)]) => same(one, element).map(|_| Type::Flag),
        ("_[_]", [Type::List(element), Type::Number]) => Some((**element).clone()),
        ("_[_]", [Type::Texts, Type::Text]) => Some(Type::Text),
        ("_?_:_", [Type::Flag, one, other]) => same(one, other),
        ("size", [Type::Text | Type::List(_)]) => Some(Type::Number),
        _ => None,
    }
}

/// What both are, if they are the same.
fn same(one: &Type, other: &Type) -> Option<Type> {
    match (one, other) {
        (Type::Any, kind) | (kind, Type::Any) => Some(kind.clone()),
        (Type::List(one), Type::List(other)) => {
            same(one, other).map(|kind| Type::List(Box::new(kind)))
        }
        _ => (one == other).then(|| one.clone()),
    }
}

fn misfit(call: &CallExpr, kinds: &[Type]) -> String {
    let kinds: Vec<&str> = kinds.iter().map(Type::name).collect();
    let sign = call.func_name.trim_matches(|sign| sign == '_' || sign == '@');
    format!("{sign} doesn't go with {}", kinds.join(" and "))
}

fn fault<T>(at: &IdedExpr, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at: at.id, message: message.into() })
}
