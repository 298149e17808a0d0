//! What each rule has given, added up over all receipts: for the command line, which may take its time.

use std::collections::BTreeMap;

use entity::ids::PurchaseId;
use entity::purchases::{purchase, purchase_return};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Earning;
use crate::actor::{Actor, Scope};
use crate::error::Result;
use crate::rows::find_among;

/// How many receipts are read at a time.
const PAGE: u64 = 1000;

/// What a rule has given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTotals {
    /// For how many receipts.
    pub times: i64,
    /// How many points, returns taken off.
    pub points: i64,
    /// Money back in minor units, returns taken off.
    pub cashback_minor: i64,
}

impl Earning {
    /// What the rules have given, by code, and under an empty code what the base rates have.
    pub async fn totals(&self, actor: &Actor) -> Result<BTreeMap<String, RuleTotals>> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let rules = self.ask.catalogue.rules(&self.ask.db, programme).await?;
        let db = self.ask.db.reader();
        let mut totals: BTreeMap<String, RuleTotals> = BTreeMap::new();
        let mut after: Option<PurchaseId> = None;
        loop {
            let mut query = purchase::Entity::find()
                .filter(purchase::Column::ProgrammeId.eq(programme))
                .filter(purchase::Column::MemberId.is_not_null());
            if let Some(after) = after {
                query = query.filter(purchase::Column::Id.gt(after));
            }
            let page = query.order_by_asc(purchase::Column::Id).limit(PAGE).all(db).await?;
            let Some(last) = page.last() else { return Ok(totals) };
            after = Some(last.id);
            let ids = page.iter().map(|purchase| purchase.id.uuid());
            let column = purchase_return::Column::PurchaseId;
            let returns =
                find_among::<purchase_return::Entity, _>(db, programme, column, ids, "").await?;
            for purchase in &page {
                let code = |place: usize| {
                    let granted = purchase.earning.granted.get(place)?;
                    let rule = rules.version(granted.rule, granted.version);
                    Some(rule.map_or_else(|| granted.rule.to_string(), |rule| rule.code.clone()))
                };
                let own = returns.iter().filter(|row| row.purchase_id == purchase.id);
                add(&mut totals, purchase, own, code);
            }
        }
    }
}

fn add<'a>(
    totals: &mut BTreeMap<String, RuleTotals>,
    purchase: &purchase::Model,
    returns: impl Iterator<Item = &'a purchase_return::Model>,
    code: impl Fn(usize) -> Option<String>,
) {
    let granted = &purchase.earning.granted;
    let by_rules: i64 = granted.iter().map(|own| own.points.get()).sum();
    let base = totals.entry(String::new()).or_default();
    base.times += 1;
    base.points += purchase.points.get() - by_rules;
    for (place, own) in granted.iter().enumerate() {
        let sums = totals.entry(code(place).unwrap_or_default()).or_default();
        sums.times += 1;
        sums.points += own.points.get();
        sums.cashback_minor += own.cashback_minor;
    }
    for row in returns {
        totals.entry(String::new()).or_default().points -= row.taken.base.get();
        for (place, taken) in row.taken.granted.iter().enumerate() {
            let sums = totals.entry(code(place).unwrap_or_default()).or_default();
            sums.points -= taken.points.get();
            sums.cashback_minor -= taken.cashback_minor;
        }
    }
}
