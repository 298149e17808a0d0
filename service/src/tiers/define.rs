//! Operators make tier sets, change their terms and archive them. What a set counts, and over which window,
//! never changes: that is another set. New terms begin with the next day of the programme, so that what was
//! reached today stays reached; they keep all tiers, in their order.

use std::collections::BTreeSet;

use entity::day::Day;
use entity::ids::{ProgrammeId, TierSetId};
use entity::tiers::tier_set::{self, TierDowngrade, TierMetric, TierWindow};
use entity::tiers::tier_terms::{self, Perk, Tier, Tiers as TierList};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::json;

use super::sets::{SETS_MAX, Set};
use super::{Tiers, follow};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most tiers in a set.
const TIERS_MAX: usize = 20;
/// The most perks of a tier, or of a membership.
pub(crate) const PERKS_MAX: usize = 20;
/// The most that a tier or membership multiplies by: a hundredfold.
pub(crate) const MULTIPLIER_MAX: i32 = 1_000_000;
/// The most that a threshold may be.
const THRESHOLD_MAX: i64 = 9_007_199_254_740_991;
/// A day before any purchase: the first terms are in force from there.
const BEGINNING: Day = Day::new(-719_162);

/// How long tiers last, and which there are.
#[derive(Clone, Debug)]
pub struct Shape {
    /// How long a reached tier lasts, 1 to 120 months; to the end of the following window if none.
    pub validity_months: Option<i32>,
    /// For how long it is kept after that, 0 to 366 days.
    pub grace_days: i32,
    /// How a wallet falls.
    pub downgrade: TierDowngrade,
    /// Lowest first.
    pub tiers: Vec<Tier>,
}

/// A tier set to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// Unique in the programme.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What it counts.
    pub metric: TierMetric,
    /// Over which days.
    pub window: TierWindow,
    /// Of a rolling window, 1 to 60.
    pub window_months: Option<i32>,
    /// Its first terms.
    pub shape: Shape,
}

/// What changes about a tier set; what is left out stays.
#[derive(Clone, Debug)]
pub struct Amend {
    /// Which.
    pub set: TierSetId,
    /// The version that the operator saw.
    pub expected_version: i32,
    /// A new name.
    pub name: Option<String>,
    /// New terms, from tomorrow on.
    pub shape: Option<Shape>,
}

impl Tiers {
    /// Makes a tier set. What was bought before counts.
    pub async fn create(&self, actor: &Actor, wish: Create) -> Result<Set> {
        let (programme, _) = actor.operator(Scope::TiersWrite)?;
        let name = text::name(&wish.name)?;
        let code = text::code(&wish.code)?;
        has_window(&wish)?;
        let shape = checked(wish.shape.clone()).map_err(|refusal| refusal.under("terms"))?;
        let set = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            // Whoever makes two at once does so one after the other.
            follow::begin_anew(&tx, programme).await?;
            let there = tier_set::Entity::find().filter(tier_set::Column::ProgrammeId.eq(programme));
            let same = there.clone().filter(tier_set::Column::Code.eq(&code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            if there.count(tx.connection()).await? >= u64::try_from(SETS_MAX).unwrap_or(0) {
                let message = format!("A programme has at most {SETS_MAX} tier sets.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
            }
            let row = tier_set::Model {
                id: TierSetId::at(at),
                programme_id: programme,
                code: code.clone(),
                name: name.clone(),
                metric: wish.metric,
                window_kind: wish.window,
                window_months: wish.window_months,
                version: 1,
                archived_at: None,
                created_at: at,
            };
            let terms = terms_of(&row, BEGINNING, shape.clone(), at);
            let row = row.into_active_model().insert(tx.connection()).await?;
            insert(&tx, &terms).await?;
            let after = json!({ "code": row.code, "name": row.name, "metric": row.metric,
                "window": row.window_kind, "windowMonths": row.window_months, "terms": seen(&terms) });
            let change = Change {
                action: "tier_set.created",
                subject: row.id.to_string(),
                before: None,
                after: Some(&after),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(Set::new(row, vec![terms])?).await
        })
        .await?;
        self.sets.forget(programme);
        Ok(set)
    }

    /// Changes a tier set's name, or its terms from tomorrow on.
    pub async fn amend(&self, actor: &Actor, wish: Amend) -> Result<Set> {
        let (programme, _) = actor.operator(Scope::TiersWrite)?;
        let name = wish.name.as_deref().map(text::name).transpose()?;
        let shape = wish.shape.clone().map(checked).transpose();
        let shape = shape.map_err(|refusal| refusal.under("terms"))?;
        let rules = self.programmes.rules(programme).await?;
        let set = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, wish.set).await?;
            if before.version != wish.expected_version {
                return Err(Error::Conflict(before.version));
            }
            if before.archived_at.is_some() {
                return Err(Refusal::new(Code::TierSetArchived).at("tierSetId").into());
            }
            let row = tier_set::Model {
                name: name.clone().unwrap_or(before.name.clone()),
                version: before.version + 1,
                ..before.clone()
            };
            let mut set = self.with_terms(&tx, before.clone()).await?;
            let tomorrow = Day::of(at, &rules.zone).plus(1);
            let mut after = json!({ "name": row.name });
            if let Some(shape) = shape.clone() {
                keeps_tiers(&set, &shape).map_err(|refusal| refusal.under("terms"))?;
                let terms = terms_of(&row, tomorrow, shape, at);
                insert(&tx, &terms).await?;
                // How long a standing lasts may have changed with them.
                follow::begin_anew(&tx, programme).await?;
                after["terms"] = seen(&terms);
                set.terms.push(terms);
            }
            let was = json!({ "name": before.name, "version": before.version });
            let change = Change {
                action: "tier_set.amended",
                subject: row.id.to_string(),
                before: Some(&was),
                after: Some(&after),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(Set::new(row, set.terms)?).await
        })
        .await?;
        self.sets.forget(programme);
        Ok(set)
    }

    /// Archives a tier set: nobody stands in it any more. Again, it changes nothing.
    pub async fn archive(&self, actor: &Actor, set: TierSetId) -> Result<Set> {
        let (programme, _) = actor.operator(Scope::TiersWrite)?;
        let set = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, set).await?;
            if before.archived_at.is_some() {
                return self.with_terms(&tx, before).await;
            }
            let row = tier_set::Model {
                archived_at: Some(at),
                version: before.version + 1,
                ..before.clone()
            };
            let change = Change {
                action: "tier_set.archived",
                subject: row.id.to_string(),
                before: None,
                after: None,
            };
            audit::append(&tx, actor, programme, at, change).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            let set = self.with_terms(&tx, row).await?;
            tx.commit(set).await
        })
        .await?;
        self.sets.forget(programme);
        Ok(set)
    }

    async fn with_terms(&self, tx: &Tx, row: tier_set::Model) -> Result<Set> {
        let mut all = super::sets::all(tx.connection(), row.programme_id).await?;
        all.retain(|set| set.row.id == row.id);
        let set = all.pop().ok_or_else(|| Error::internal("a tier set without terms"))?;
        Set::new(row, set.terms)
    }
}

async fn lock(tx: &Tx, programme: ProgrammeId, set: TierSetId) -> Result<tier_set::Model> {
    let query =
        tier_set::Entity::find_by_id(set).filter(tier_set::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::TierSetNotFound).at("tierSetId").into())
}

async fn insert(tx: &Tx, terms: &tier_terms::Model) -> Result<()> {
    let row = terms.clone().into_active_model();
    tier_terms::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

fn terms_of(
    set: &tier_set::Model,
    from_day: Day,
    shape: Shape,
    at: chrono::DateTime<chrono::Utc>,
) -> tier_terms::Model {
    tier_terms::Model {
        programme_id: set.programme_id,
        set_id: set.id,
        version: set.version,
        from_day,
        validity_months: shape.validity_months,
        grace_days: shape.grace_days,
        downgrade: shape.downgrade,
        tiers: TierList(shape.tiers),
        signed_at: at,
    }
}

fn seen(terms: &tier_terms::Model) -> serde_json::Value {
    json!({ "from": terms.from_day.to_string(), "validityMonths": terms.validity_months,
        "graceDays": terms.grace_days, "downgrade": terms.downgrade, "tiers": terms.tiers.0 })
}

fn has_window(wish: &Create) -> Result<(), Refusal> {
    let is_rolling = wish.window == TierWindow::RollingMonths;
    let is_right = match wish.window_months {
        Some(months) => is_rolling && (1..=60).contains(&months),
        None => !is_rolling,
    };
    if is_right {
        return Ok(());
    }
    let message = "A rolling window has 1 to 60 months, another has none.";
    Err(Refusal::new(Code::TierWindowInvalid).because(message).at("windowMonths"))
}

/// The shape with its texts cleaned, if it is a ladder.
fn checked(mut shape: Shape) -> Result<Shape, Refusal> {
    let out = |at: &str, message: &str| {
        Refusal::new(Code::ValueOutOfRange).because(message.to_owned()).at(at)
    };
    if shape.validity_months.is_some_and(|months| !(1..=120).contains(&months)) {
        return Err(out("validityMonths", "A tier lasts 1 to 120 months."));
    }
    if !(0..=366).contains(&shape.grace_days) {
        return Err(out("graceDays", "Grace is 0 to 366 days."));
    }
    if !(1..=TIERS_MAX).contains(&shape.tiers.len()) {
        let message = format!("A set has 1 to {TIERS_MAX} tiers.");
        return Err(Refusal::new(Code::TiersInvalid).because(message).at("tiers"));
    }
    let (mut codes, mut below) = (BTreeSet::new(), -1);
    for (place, tier) in shape.tiers.iter_mut().enumerate() {
        let under = |refusal: Refusal| refusal.under(&format!("tiers.{place}"));
        text::code(&tier.code).map_err(under)?;
        tier.name = text::name(&tier.name).map_err(under)?;
        if !codes.insert(tier.code.clone()) {
            let message = format!("The tier {} comes twice.", tier.code);
            return Err(under(Refusal::new(Code::TiersInvalid).because(message).at("code")));
        }
        if tier.threshold <= below || tier.threshold > THRESHOLD_MAX {
            let message = "Thresholds rise from tier to tier, from 0 on.";
            return Err(under(Refusal::new(Code::TiersInvalid).because(message).at("threshold")));
        }
        below = tier.threshold;
        multiplies(tier.multiplier_bp).map_err(under)?;
        tier.perks = perks(std::mem::take(&mut tier.perks)).map_err(under)?;
    }
    Ok(shape)
}

/// A multiplier that is one.
pub(crate) fn multiplies(multiplier_bp: i32) -> Result<(), Refusal> {
    if (0..=MULTIPLIER_MAX).contains(&multiplier_bp) {
        return Ok(());
    }
    let message = format!("A multiplier is 0 to {MULTIPLIER_MAX} basis points; 10000 is once.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("multiplierBp"))
}

/// Perks with their texts cleaned.
pub(crate) fn perks(perks: Vec<Perk>) -> Result<Vec<Perk>, Refusal> {
    if perks.len() > PERKS_MAX {
        let message = format!("There are at most {PERKS_MAX} perks.");
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("perks"));
    }
    let clean = |(place, perk): (usize, Perk)| {
        let under = |refusal: Refusal| refusal.under(&format!("perks.{place}"));
        let code = text::code(&perk.code).map_err(under)?;
        let text = text::clean(&perk.text, 500, Code::NameInvalid);
        Ok(Perk { code, text: text.map_err(|refusal| under(refusal.at("text")))? })
    };
    perks.into_iter().enumerate().map(clean).collect()
}

/// New terms keep every tier, in order, and whether everybody has the first.
fn keeps_tiers(set: &Set, shape: &Shape) -> Result<(), Refusal> {
    let mut later = shape.tiers.iter();
    let kept = set.ranks().iter().all(|tier| later.any(|then| then.code == tier.code));
    if !kept {
        let message =
            "New terms keep all tiers of a set, in their order; archive the set to end it.";
        return Err(Refusal::new(Code::TiersInvalid).because(message).at("tiers"));
    }
    let floor = |tiers: &[Tier]| tiers.first().is_some_and(|tier| tier.threshold == 0);
    if floor(set.ranks()) == floor(&shape.tiers) {
        return Ok(());
    }
    let message = "Whether everybody has the lowest tier stays as it is.";
    Err(Refusal::new(Code::TiersInvalid).because(message).at("tiers.0.threshold"))
}
