//! What each rule has given, added up over all receipts and events: for the command line, which may take its
//! time.

use std::collections::BTreeMap;

use entity::earning::event;
use entity::ids::{EventId, ProgrammeId, PurchaseId};
use entity::purchases::purchase::Granted;
use entity::purchases::{purchase, purchase_return};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Earning;
use super::ruleset::RuleSet;
use crate::error::Result;
use crate::rows::find_among;

/// How many receipts or events are read at a time.
const PAGE: u64 = 1000;

/// What a rule has given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTotals {
    /// For how many receipts and events.
    pub times: i64,
    /// How many points, returns taken off.
    pub points: i64,
    /// Money back in minor units, returns taken off.
    pub cashback_minor: i64,
}

/// Sums by a rule's code; the base rates' have none.
type ByCode = BTreeMap<String, RuleTotals>;

impl Earning {
    /// What a programme's rules have given, by code, and under an empty code what the base rates have.
    pub async fn totals(&self, programme: ProgrammeId) -> Result<ByCode> {
        let mut totals = ByCode::new();
        self.of_receipts(programme, &mut totals).await?;
        self.of_events(programme, &mut totals).await?;
        Ok(totals)
    }

    async fn of_receipts(&self, programme: ProgrammeId, totals: &mut ByCode) -> Result<()> {
        let rules = self.ask.catalogue.rules(&self.ask.db, programme).await?;
        let db = self.ask.db.reader();
        let mut after: Option<PurchaseId> = None;
        loop {
            let mut query = purchase::Entity::find()
                .filter(purchase::Column::ProgrammeId.eq(programme))
                .filter(purchase::Column::MemberId.is_not_null());
            if let Some(after) = after {
                query = query.filter(purchase::Column::Id.gt(after));
            }
            let page = query.order_by_asc(purchase::Column::Id).limit(PAGE).all(db).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let ids = page.iter().map(|purchase| purchase.id.uuid());
            let column = purchase_return::Column::PurchaseId;
            let returns =
                find_among::<purchase_return::Entity, _>(db, programme, column, ids, "").await?;
            for purchase in &page {
                let own = returns.iter().filter(|row| row.purchase_id == purchase.id);
                add(totals, purchase, own, |granted| code_of(&rules, granted));
            }
        }
    }

    async fn of_events(&self, programme: ProgrammeId, totals: &mut ByCode) -> Result<()> {
        let rules = self.ask.catalogue.rules(&self.ask.db, programme).await?;
        let mut after: Option<EventId> = None;
        loop {
            let mut query = event::Entity::find().filter(event::Column::ProgrammeId.eq(programme));
            if let Some(after) = after {
                query = query.filter(event::Column::Id.gt(after));
            }
            let query = query.order_by_asc(event::Column::Id).limit(PAGE);
            let page = query.all(self.ask.db.reader()).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for own in page.iter().flat_map(|event| &event.granted.0) {
                totals.entry(code_of(&rules, own)).or_default().give(own);
            }
        }
    }
}

/// The code of the rule that gave it.
fn code_of(rules: &RuleSet, granted: &Granted) -> String {
    let rule = rules.version(granted.rule, granted.version);
    rule.map_or_else(|| granted.rule.to_string(), |rule| rule.code.clone())
}

impl RuleTotals {
    fn give(&mut self, granted: &Granted) {
        self.times += 1;
        self.points += granted.points.get();
        self.cashback_minor += granted.cashback_minor;
    }
}

fn add<'a>(
    totals: &mut ByCode,
    purchase: &purchase::Model,
    returns: impl Iterator<Item = &'a purchase_return::Model>,
    code: impl Fn(&Granted) -> String,
) {
    let granted = &purchase.earning.granted;
    let by_rules: i64 = granted.iter().map(|own| own.points.get()).sum();
    let base = totals.entry(String::new()).or_default();
    base.times += 1;
    base.points += purchase.points.get() - by_rules;
    for own in granted {
        totals.entry(code(own)).or_default().give(own);
    }
    for row in returns {
        totals.entry(String::new()).or_default().points -= row.taken.base.get();
        for (own, taken) in granted.iter().zip(&row.taken.granted) {
            let sums = totals.entry(code(own)).or_default();
            sums.points -= taken.points.get();
            sums.cashback_minor -= taken.cashback_minor;
        }
    }
}
