//! What one receipt came to, and what it would have come to: returns taken off.

use std::collections::HashMap;

use entity::ids::{ProgrammeId, PurchaseId, WalletId};
use entity::ledger::lot::{self, Terms};
use entity::purchases::purchase::{self, EarningTerms, Granted};
use entity::purchases::purchase_return::{self, TakenGrant};
use sea_orm::ConnectionTrait;

use crate::earning::decide::{By, Decision};
use crate::earning::facts::MemberFacts;
use crate::earning::rest::{Rest, rest};
use crate::error::{Error, Result};
use crate::purchases::returns::left_of;
use crate::rows::find_among;

/// What a receipt comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) points: i64,
    /// From rules, in minor units.
    pub(super) cashback_minor: i64,
    /// By code, how many times and how many points.
    pub(super) rules: Vec<(String, i64, i64)>,
    /// Points with who pays for them.
    pub(super) lots: Vec<(Terms, i64)>,
}

/// What the books hold of receipts besides themselves.
#[derive(Default)]
pub(super) struct Past {
    returns: HashMap<PurchaseId, Vec<purchase_return::Model>>,
    lots: HashMap<PurchaseId, Vec<lot::Model>>,
}

impl Past {
    /// Reads it in two statements.
    pub(super) async fn read<C: ConnectionTrait>(
        db: &C,
        programme: ProgrammeId,
        purchases: &[purchase::Model],
    ) -> Result<Self> {
        let ids = || purchases.iter().map(|purchase| purchase.id.uuid());
        let mut past = Self::default();
        let (column, also) = (lot::Column::PurchaseId, "and origin_lot_id is null");
        for row in find_among::<lot::Entity, _>(db, programme, column, ids(), also).await? {
            let Some(purchase) = row.purchase_id else { continue };
            past.lots.entry(purchase).or_default().push(row);
        }
        let (column, also) = (purchase_return::Column::PurchaseId, "order by id");
        for row in
            find_among::<purchase_return::Entity, _>(db, programme, column, ids(), also).await?
        {
            past.returns.entry(row.purchase_id).or_default().push(row);
        }
        Ok(past)
    }

    /// What came back of a receipt, in its order.
    pub(super) fn returns(&self, purchase: &purchase::Model) -> &[purchase_return::Model] {
        self.returns.get(&purchase.id).map_or(&[], Vec::as_slice)
    }

    /// What the receipt came to.
    pub(super) fn happened(&self, by: By<'_>, purchase: &purchase::Model) -> Came {
        let returns = self.returns(purchase);
        let mut came = Came { points: purchase.points.get(), ..Came::default() };
        came.points -= returns.iter().map(|row| row.points.get()).sum::<i64>();
        let lots = self.lots.get(&purchase.id).into_iter().flatten();
        let mut parts: HashMap<i32, i64> = HashMap::new();
        for row in returns {
            *parts.entry(0).or_default() += row.taken.base.get();
        }
        for (place, granted) in purchase.earning.granted.iter().enumerate() {
            let taken = returns.iter().filter_map(|row| row.taken.granted.get(place));
            let taken: Vec<&TakenGrant> = taken.collect();
            let back: i64 = taken.iter().map(|own| own.points.get()).sum();
            *parts.entry(granted.part).or_default() += back;
            let money: i64 = taken.iter().map(|own| own.cashback_minor).sum();
            came.cashback_minor += granted.cashback_minor - money;
            let times = i64::from(!taken.iter().any(|own| own.is_uncounted));
            came.rules.push((code(by, granted), times, granted.points.get() - back));
        }
        let whole = |lot: &lot::Model| {
            let back = parts.get(&lot.part).copied().unwrap_or_default();
            (lot.terms.clone(), lot.quantity.get() - back)
        };
        came.lots = lots.map(whole).collect();
        came
    }
}

fn code(by: By<'_>, granted: &Granted) -> String {
    let rule = by.rules.version(granted.rule, granted.version);
    rule.map_or_else(|| granted.rule.to_string(), |rule| rule.code.clone())
}

impl Came {
    /// What a decision comes to, less what came back of it.
    pub(super) fn decided(decision: &Decision, back: Option<&Rest>) -> Self {
        let explanation = back.map_or(&decision.explanation, |rest| &rest.explanation);
        let mut came = Self { points: explanation.points.get(), ..Self::default() };
        for award in &explanation.awards {
            let Some(place) = award.grant.and_then(|place| usize::try_from(place).ok()) else {
                continue;
            };
            let taken = back.and_then(|rest| rest.taken.granted.get(place));
            let times = i64::from(!taken.is_some_and(|own| own.is_uncounted));
            came.rules.push((award.code.clone(), times, award.points.get()));
            came.cashback_minor += award.cashback_minor;
        }
        let parts = back.map_or(&[][..], |rest| &rest.parts);
        let left = |lot: &crate::ledger::core::NewLot| {
            let back = parts.iter().find(|part| part.part == lot.part);
            (lot.terms.clone(), lot.points.get() - back.map_or(0, |part| part.points.get()))
        };
        came.lots = decision.lots.iter().map(left).collect();
        came
    }
}

/// What of a decision would have been taken back by what came back.
pub(super) fn came_back(
    by: By<'_>,
    (purchase, returns): (&purchase::Model, &[purchase_return::Model]),
    (wallet, facts): (WalletId, &MemberFacts),
    decision: &Decision,
) -> Result<Rest> {
    let terms = EarningTerms {
        granted: decision.granted.clone(),
        member: Some(serde_json::to_value(facts).map_err(Error::internal)?),
        ..purchase.earning.clone()
    };
    let left = left_of(purchase, returns);
    let basket = by.basket(purchase, &left);
    let basket = crate::earning::facts::Basket { terms: &terms, ..basket };
    let version = |rule, version| by.rules.version(rule, version).cloned();
    rest(&basket, (Some(wallet), decision.explanation.points), &[], version)
}
