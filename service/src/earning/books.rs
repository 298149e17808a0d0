//! What decisions need of the books, and what they change there: a fixed number of statements a batch,
//! and none for what no rule that could hold asks for.
//!
//! Counters are keyed by wallet and changed only while the wallet is locked, so they are exact. Budgets and
//! partners' credit are shared by everybody, and so kept in [`super::slices`]: a batch reads what all slices
//! have left, decides, and takes what it gave. Each budget, and then each partner, that gave something is a
//! statement of its own, in the order of their ids: taken all at once, two batches that find different
//! slices empty would wait for each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::day::Day;
use entity::earning::{member_profile as profile, rule_use, segment_member};
use entity::ids::{MemberId, PartnerId, ProgrammeId, WalletId};
use entity::members::member;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};
use uuid::Uuid;

use super::cel::Asks;
use super::credit;
use super::decide::{By, Found};
use super::facts::{Basket, Happening, MemberFacts, period_of};
use super::history::{self, Days};
use super::making::periods;
use super::slices::{BUDGETS, CREDIT};
use super::state::{Changes, Counter, Left, State, Taken, Use};
use crate::error::Result;
use crate::memberships::{Plan, plans_on};
use crate::rows::{Part, add_all, among, find_among, find_named, first_place};
use crate::tiers::{Standing, standings_on};
use crate::tx::Tx;

/// What a batch's decisions will ask for.
#[derive(Default)]
pub(crate) struct Wanted {
    members: BTreeMap<MemberId, member::Model>,
    counters: BTreeSet<Counter>,
    budgets: BTreeSet<Uuid>,
    /// Partners that may owe only so much.
    limited: BTreeSet<PartnerId>,
    asks: Asks,
    /// On which days something is asked of whom.
    days: BTreeSet<(MemberId, Day)>,
}

impl Wanted {
    /// Adds what a sale of this member may ask for.
    pub(crate) fn sale(&mut self, by: By<'_>, basket: &Basket<'_>, member: &member::Model) {
        let found: Vec<_> = by.rules.for_sale(basket).collect();
        self.add(by, &found, basket.at, member);
    }

    /// Adds what an event of this member may ask for.
    pub(crate) fn event(&mut self, by: By<'_>, event: &Happening<'_>, member: &member::Model) {
        let found: Vec<_> = by.rules.for_event(event.kind, event.partner, event.at).collect();
        self.add(by, &found, event.at, member);
    }

    /// Adds what conditions over this member alone may ask for.
    pub(crate) fn person(&mut self, asks: Asks, at: DateTime<Tz>, member: &member::Model) {
        self.asks = self.asks.or(asks);
        self.days.insert((member.id, Day::from_date(at.date_naive())));
        self.members.insert(member.id, member.clone());
    }

    /// Adds the credit of those who would pay for what the sale earns, as far as a contract that is in force
    /// when it is recorded limits it.
    pub(crate) fn credit_of_sale(
        &mut self,
        by: By<'_>,
        basket: &Basket<'_>,
        recorded_at: DateTime<Utc>,
    ) {
        if by.directory.has_limits() {
            let found = by.rules.for_sale(basket);
            self.credit(by, Some(basket.partner), found, recorded_at);
        }
    }

    /// The same of an event.
    pub(crate) fn credit_of_event(
        &mut self,
        by: By<'_>,
        event: &Happening<'_>,
        recorded_at: DateTime<Utc>,
    ) {
        if by.directory.has_limits() {
            let found = by.rules.for_event(event.kind, event.partner, event.at);
            self.credit(by, event.partner, found, recorded_at);
        }
    }

    fn credit<'a>(
        &mut self,
        by: By<'_>,
        issuer: Option<PartnerId>,
        found: impl Iterator<Item = Found<'a>>,
        at: DateTime<Utc>,
    ) {
        let named = found.flat_map(|(rule, campaign)| {
            let own = &rule.definition.funding;
            own.iter().chain(campaign.into_iter().flat_map(|campaign| &campaign.terms.funding))
        });
        let payers = issuer.into_iter().chain(named.filter_map(|funder| funder.partner));
        self.limited.extend(payers.filter(|partner| by.directory.limit_at(*partner, at).is_some()));
    }

    fn add(&mut self, by: By<'_>, found: &[Found<'_>], at: DateTime<Tz>, member: &member::Model) {
        if found.is_empty() && !by.multiplies() {
            return;
        }
        if !found.is_empty() {
            self.asks = by.rules.asks;
        }
        self.days.insert((member.id, Day::from_date(at.date_naive())));
        self.members.insert(member.id, member.clone());
        for (rule, campaign) in found {
            let counters = periods(rule)
                .into_iter()
                .map(|period| (member.wallet_id, rule.id, period_of(period, at.date_naive())));
            self.counters.extend(counters);
            if rule.definition.budget.is_some() {
                self.budgets.insert(rule.id.uuid());
            }
            if let Some(campaign) = campaign.filter(|campaign| campaign.terms.budget.is_some()) {
                self.budgets.insert(campaign.id.uuid());
            }
        }
    }

    /// Reads it.
    pub(crate) async fn read<C: ConnectionTrait>(self, db: &C, by: By<'_>) -> Result<Known> {
        let (asks, programme) = (self.asks, by.programme.id());
        let ids = || self.members.keys().map(|id| id.uuid());
        let mut known = Known::default();
        if asks.segments {
            let column = segment_member::Column::MemberId;
            let also = "order by segment_code";
            for row in
                find_among::<segment_member::Entity, C>(db, programme, column, ids(), also).await?
            {
                known.segments.entry(row.member_id).or_default().push(row.segment_code);
            }
        }
        if asks.profile {
            let column = profile::Column::MemberId;
            let rows = find_among::<profile::Entity, C>(db, programme, column, ids(), "").await?;
            known.profiles.extend(rows.into_iter().map(|row| (row.member_id, row)));
        }
        let wallets = || self.members.values().map(|member| member.wallet_id);
        let on =
            |(member, day): &(MemberId, Day)| Some((self.members.get(member)?.wallet_id, *day));
        let asked = self.days.iter().filter_map(on).collect();
        known.standings = standings_on(db, by.sets, programme, &asked).await?;
        if by.has_plans {
            known.plans = plans_on(db, programme, &self.days).await?;
        }
        let first = self.days.iter().map(|(_, day)| *day).min().filter(|_| asks.activity);
        if let Some(first) = first {
            known.days = history::days(db, programme, wallets(), (first, asks.back)).await?;
        }
        let (uses, left) =
            (uses(db, programme, &self.counters).await?, left(db, programme, self.budgets).await?);
        known.state = State::new(uses, left);
        known.state.limit(credit::left(db, programme, self.limited).await?);
        Ok(known)
    }
}

async fn uses<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    counters: &BTreeSet<Counter>,
) -> Result<HashMap<Counter, Use>> {
    let simple = |id: Uuid| id.simple().to_string();
    let names: BTreeSet<[String; 3]> = counters
        .iter()
        .map(|(wallet, rule, period)| [simple(wallet.uuid()), simple(rule.uuid()), period.clone()])
        .collect();
    let columns = [("wallet_id", Part::Id), ("rule_id", Part::Id), ("period", Part::Text)];
    let rows = find_named::<rule_use::Entity, C, 3>(db, programme, columns, &names).await?;
    let used = |row: rule_use::Model| {
        let used = Use { count: row.count, points: row.points, stamps: row.stamps };
        ((row.wallet_id, row.rule_id, row.period), used)
    };
    Ok(rows.into_iter().map(used).collect())
}

#[derive(FromQueryResult)]
struct Sum {
    owner_id: Uuid,
    left_points: Option<i64>,
    left_cost: Option<i64>,
}

/// What the budgets have left, all slices together.
pub(crate) async fn left<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    owners: BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Left>> {
    if owners.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = db.get_database_backend();
    let (condition, owners) = among(backend, "owner_id", 2, owners);
    let long = if backend == DbBackend::Postgres { "::bigint" } else { "" };
    let sql = format!(
        "select owner_id, sum(left_points){long} as left_points, sum(left_cost){long} as left_cost
         from budget_slice where programme_id = {} and {condition} group by owner_id",
        first_place(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [programme.uuid().into(), owners]);
    let sums = Sum::find_by_statement(statement).all(db).await?;
    let left = |sum: Sum| (sum.owner_id, Left { points: sum.left_points, cost: sum.left_cost });
    Ok(sums.into_iter().map(left).collect())
}

/// What was read, and follows what is decided.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) state: State,
    segments: HashMap<MemberId, Vec<String>>,
    profiles: HashMap<MemberId, profile::Model>,
    days: HashMap<WalletId, Days>,
    standings: HashMap<(WalletId, Day), Vec<Standing>>,
    plans: HashMap<(MemberId, Day), Vec<Plan>>,
}

impl Known {
    /// What rules know of the member at that moment.
    pub(crate) fn facts(&self, member: &member::Model, at: DateTime<Tz>) -> MemberFacts {
        let profile = self.profiles.get(&member.id);
        let mut facts = MemberFacts {
            segments: self.segments.get(&member.id).cloned().unwrap_or_default(),
            birthday: profile.and_then(|row| {
                let number = |number: Option<i32>| u32::try_from(number?).ok();
                Some((number(row.birth_month)?, number(row.birth_day)?))
            }),
            attributes: profile.map(|row| row.attributes.0.clone()).unwrap_or_default(),
            enrolled_at: member.enrolled_at,
            ..MemberFacts::default()
        };
        let day = Day::from_date(at.date_naive());
        let standings = self.standings.get(&(member.wallet_id, day));
        let standings = standings.map_or(&[][..], Vec::as_slice);
        let plans = self.plans.get(&(member.id, day)).map_or(&[][..], Vec::as_slice);
        facts.tiers = standings.iter().map(|own| (own.set.clone(), own.tier.clone())).collect();
        let factors = standings.iter().map(|own| own.multiplier_bp);
        let factors = factors.chain(plans.iter().map(|plan| plan.multiplier_bp));
        // The best of them counts: what a member is isn't multiplied with what it pays for.
        facts.multiplier_bp = factors.max().map(i64::from).filter(|factor| *factor > 10_000);
        let days = self.days.get(&member.wallet_id).into_iter().flatten();
        // What came later doesn't count for a sale that arrives late.
        for (day, (purchases, spend)) in days.filter(|(day, _)| **day <= at.date_naive()) {
            facts.purchases.add(*day, at.date_naive(), *purchases);
            facts.spend.add(*day, at.date_naive(), *spend);
        }
        facts
    }

    /// The same of a purchase that is in the books: it doesn't count itself.
    pub(crate) fn facts_before(
        &mut self,
        member: &member::Model,
        at: DateTime<Tz>,
        paid_minor: i64,
    ) -> MemberFacts {
        self.without(member.wallet_id, at.date_naive(), paid_minor);
        let facts = self.facts(member, at);
        self.sold(member.wallet_id, at.date_naive(), paid_minor);
        facts
    }

    /// What is asked about a purchase that is in the books shouldn't count it.
    pub(crate) fn without(&mut self, wallet: WalletId, day: NaiveDate, paid_minor: i64) {
        if let Some((purchases, spend)) =
            self.days.get_mut(&wallet).and_then(|days| days.get_mut(&day))
        {
            *purchases -= 1;
            *spend -= paid_minor;
        }
    }

    /// A sale that was decided is one of the member's purchases for the next.
    pub(crate) fn sold(&mut self, wallet: WalletId, day: NaiveDate, paid_minor: i64) {
        let (purchases, spend) = self.days.entry(wallet).or_default().entry(day).or_default();
        *purchases += 1;
        *spend += paid_minor;
    }
}

/// Stores what decisions and returns changed.
pub(crate) async fn save(tx: &Tx, programme: ProgrammeId, changes: Changes) -> Result<()> {
    let row = |((wallet_id, rule_id, period), used): (Counter, Use)| rule_use::Model {
        programme_id: programme,
        wallet_id,
        rule_id,
        period,
        count: used.count,
        points: used.points,
        stamps: used.stamps,
    };
    let uses = changes.uses.into_iter().filter(|(_, used)| *used != Use::default());
    let rows: Vec<rule_use::Model> = uses.map(row).collect();
    use rule_use::Column::{Count, Points, Stamps};
    add_all::<rule_use::Entity>(tx, &rows, &[Count, Points, Stamps]).await?;
    for (owner, taken) in changes.budgets.into_iter().filter(|(_, t)| *t != Taken::default()) {
        BUDGETS.take(tx, programme, owner, [taken.points, taken.cost]).await?;
    }
    for (partner, micros) in changes.credit.into_iter().filter(|(_, micros)| *micros != 0) {
        CREDIT.take(tx, programme, partner.uuid(), [micros]).await?;
    }
    Ok(())
}
