//! What there is to be claimed, and what members have claimed already, as one batch of claims sees it. It is
//! read once the wallets are locked, and follows what the batch decides.
//!
//! Stock lies in slices. A claim that finds nothing because others of its batch were before it isn't refused:
//! they may come to nothing. It is asked again, when that is known.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::day::Day;
use entity::earning::definition::Period;
use entity::ids::{MemberId, ProgrammeId, RewardId, nth};
use entity::rewards::definition::{ClaimLimit, Definition, Stock};
use entity::rewards::{pool_code, reward, reward_claim, reward_stock};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use crate::earning::facts::period_of;
use crate::earning::slices::{SLICES, shared};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::rewards::pools::Free;
use crate::rows::{among, find_among, first_place, insert_new, update_all};
use crate::tx::{Moved, Tx};

/// What a claim takes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    pub(super) reward: RewardId,
    pub(super) member: MemberId,
    pub(super) day: Day,
    pub(super) definition: &'a Definition,
}

/// Whether a claim gets one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// It does; where it is the first, the reward is to be put on the shelf.
    One { is_first: bool, code: Option<pool_code::Model> },
    /// It may, once it is known what became of others.
    Later,
    /// It doesn't.
    No(Refusal),
}

/// What is left, and what was claimed.
#[derive(Default)]
pub(crate) struct Shelves {
    left: HashMap<Uuid, Option<i64>>,
    /// Of these nobody has taken any yet, and the tables know nothing of them.
    empty: HashSet<Uuid>,
    taken: HashMap<Uuid, i64>,
    /// The codes of pools.
    free: Free,
    /// The days on which a member claimed a reward, this batch's not included.
    days: HashMap<(RewardId, MemberId), Vec<Day>>,
}

#[derive(FromQueryResult)]
struct Left {
    stock_id: Uuid,
    left_count: Option<i64>,
}

/// The stock of all, and of a day.
pub(super) fn stocks(reward: RewardId, day: Day) -> [Uuid; 2] {
    let number = u32::try_from(day.get()).unwrap_or(0).saturating_add(1);
    [reward.uuid(), nth(reward.uuid(), number)]
}

impl Shelves {
    pub(super) async fn read(
        tx: &Tx,
        programme: ProgrammeId,
        wanted: &[Wanted<'_>],
    ) -> Result<Self> {
        let mut shelves = Self::default();
        if wanted.is_empty() {
            return Ok(shelves);
        }
        let ids: BTreeSet<Uuid> =
            wanted.iter().flat_map(|own| stocks(own.reward, own.day)).collect();
        shelves.left = left(tx, programme, ids).await?;
        for own in wanted {
            let (ids, stock) = (stocks(own.reward, own.day), own.definition.stock);
            for (id, bound) in ids.into_iter().zip([stock.total, stock.per_day]) {
                if let Entry::Vacant(unknown) = shelves.left.entry(id) {
                    unknown.insert(bound);
                    shelves.empty.insert(id);
                }
            }
        }
        let mut pools: BTreeMap<_, u64> = BTreeMap::new();
        for pool in wanted.iter().filter_map(|own| own.definition.delivery.pool) {
            *pools.entry(pool).or_default() += 1;
        }
        shelves.free = Free::read(tx, programme, pools).await?;
        shelves.claimed(tx, programme, wanted).await?;
        Ok(shelves)
    }

    async fn claimed(
        &mut self,
        tx: &Tx,
        programme: ProgrammeId,
        wanted: &[Wanted<'_>],
    ) -> Result<()> {
        let limited = || wanted.iter().filter(|own| !own.definition.limits.is_empty());
        let members: BTreeSet<Uuid> = limited().map(|own| own.member.uuid()).collect();
        let rewards: BTreeSet<RewardId> = limited().map(|own| own.reward).collect();
        let column = reward_claim::Column::MemberId;
        let also = "and status not in ('REFUNDED', 'CANCELLED')";
        let rows = find_among::<reward_claim::Entity, _>(
            tx.connection(),
            programme,
            column,
            members,
            also,
        )
        .await?;
        for row in rows.into_iter().filter(|row| rewards.contains(&row.reward_id)) {
            self.days.entry((row.reward_id, row.member_id)).or_default().push(row.day);
        }
        Ok(())
    }

    /// Takes one, if there is one for this member.
    pub(super) fn take(&mut self, wanted: &Wanted<'_>) -> Got {
        let claimed = self.days.get(&(wanted.reward, wanted.member)).map_or(&[][..], Vec::as_slice);
        if let Some(limit) = reached(&wanted.definition.limits, claimed, wanted.day) {
            let often = match limit.period {
                Period::Ever => "in all".to_owned(),
                period => format!("a {}", period.name().to_lowercase()),
            };
            let message = format!("A member gets {} of this reward {often}.", limit.count);
            return Got::No(Refusal::new(Code::ClaimLimitReached).because(message).at("rewardId"));
        }
        let ids = stocks(wanted.reward, wanted.day);
        for id in ids {
            let taken = self.taken.get(&id).copied().unwrap_or(0);
            match self.left.get(&id).copied().flatten() {
                Some(left) if left <= 0 => {
                    return Got::No(Refusal::new(Code::RewardOutOfStock).at("rewardId"));
                }
                Some(left) if left <= taken => return Got::Later,
                _ => {}
            }
        }
        let code = match wanted.definition.delivery.pool.map(|pool| self.free.take(pool)) {
            None => None,
            Some(Ok(code)) => Some(code),
            Some(Err(true)) => return Got::Later,
            Some(Err(false)) => {
                return Got::No(Refusal::new(Code::RewardOutOfStock).at("rewardId"));
            }
        };
        for id in ids {
            *self.taken.entry(id).or_default() += 1;
        }
        self.days.entry((wanted.reward, wanted.member)).or_default().push(wanted.day);
        Got::One { is_first: ids.iter().any(|id| self.empty.contains(id)), code }
    }
}

/// The first limit that a claim on that day would exceed.
fn reached<'a>(limits: &'a [ClaimLimit], claimed: &[Day], day: Day) -> Option<&'a ClaimLimit> {
    limits.iter().find(|limit| {
        let period = period_of(limit.period, day.date());
        let same = claimed.iter().filter(|own| period_of(limit.period, own.date()) == period);
        i64::try_from(same.count()).is_ok_and(|count| count >= limit.count)
    })
}

async fn left(
    tx: &Tx,
    programme: ProgrammeId,
    ids: BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Option<i64>>> {
    let backend = tx.backend();
    let (condition, ids) = among(backend, "stock_id", 2, ids);
    let long = if backend == DbBackend::Postgres { "::bigint" } else { "" };
    let sql = format!(
        "select stock_id, sum(left_count){long} as left_count from reward_stock
         where programme_id = {} and {condition} group by stock_id",
        first_place(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [programme.uuid().into(), ids]);
    let rows = Left::find_by_statement(statement).all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.stock_id, row.left_count)).collect())
}

/// A reward of which nobody has taken any yet, in all or on that day.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) version: i32,
    pub(super) stock: Stock,
}

/// Puts a reward on the shelf for a day. It waits for whoever changes the reward, and the batch is decided anew
/// where it was changed.
pub(super) async fn fill(
    tx: &Tx,
    programme: ProgrammeId,
    (reward, day): (RewardId, Day),
    first: First,
) -> Result<()> {
    let row = reward::Entity::find_by_id(reward).lock_exclusive().one(tx.connection()).await?;
    if row.is_none_or(|row| row.version != first.version) {
        return Err(Error::internal(Moved));
    }
    let ([all, today], of) = (stocks(reward, day), (programme, reward));
    let mut rows = slices(of, (all, None), first.stock.total);
    rows.extend(slices(of, (today, Some(day)), first.stock.per_day));
    insert_new::<reward_stock::Entity>(tx, &rows).await
}

fn slices(
    (programme_id, reward_id): (ProgrammeId, RewardId),
    (stock_id, day): (Uuid, Option<Day>),
    bound: Option<i64>,
) -> Vec<reward_stock::Model> {
    let share = |slice: i32| bound.map(|bound| shared(bound)(slice));
    let slice = |slice: i32| reward_stock::Model {
        programme_id,
        stock_id,
        slice,
        reward_id,
        day,
        left_count: share(slice),
        taken_count: 0,
    };
    (0..SLICES).map(slice).collect()
}

/// A reward says something else about its stock, in all and from that day on. Less than was claimed of it
/// there can't be.
pub(in crate::rewards) async fn restock(
    tx: &Tx,
    (reward, day): (&reward::Model, Day),
    (before, after): (&Definition, &Definition),
) -> Result<()> {
    if before.stock == after.stock {
        return Ok(());
    }
    let rows = reward_stock::Entity::find()
        .filter(reward_stock::Column::ProgrammeId.eq(reward.programme_id))
        .filter(reward_stock::Column::RewardId.eq(reward.id))
        .filter(
            Condition::any()
                .add(reward_stock::Column::Day.is_null())
                .add(reward_stock::Column::Day.gte(day)),
        )
        .order_by_asc(reward_stock::Column::StockId)
        .order_by_asc(reward_stock::Column::Slice)
        .lock_exclusive();
    let mut rows = rows.all(tx.connection()).await?;
    let mut taken: BTreeMap<Uuid, i64> = BTreeMap::new();
    for row in &rows {
        *taken.entry(row.stock_id).or_default() += row.taken_count;
    }
    for row in &mut rows {
        let (bound, field) = match row.day {
            None => (after.stock.total, "terms.stock.total"),
            Some(_) => (after.stock.per_day, "terms.stock.perDay"),
        };
        let taken = taken.get(&row.stock_id).copied().unwrap_or(0);
        row.left_count = match bound {
            Some(bound) if bound < taken => {
                let message = format!("{taken} were claimed already.");
                let refusal = Refusal::new(Code::StockBelowClaimed).because(message);
                return Err(refusal.at(field).into());
            }
            bound => bound.map(|bound| shared(bound - taken)(row.slice)),
        };
    }
    update_all::<reward_stock::Entity>(tx, &rows, &[reward_stock::Column::LeftCount]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    //! Who gets one.

    use super::*;

    fn limit(period: Period, count: i64) -> ClaimLimit {
        ClaimLimit { period, count }
    }

    #[test]
    fn a_limit_counts_what_was_claimed_in_its_period() {
        let limits = [limit(Period::Day, 1), limit(Period::Month, 2)];
        let day = |number: i32| Day::new(20_000 + number);
        assert_eq!(reached(&limits, &[], day(0)), None);
        assert_eq!(reached(&limits, &[day(0)], day(0)), Some(&limits[0]));
        assert_eq!(reached(&limits, &[day(0)], day(1)), None);
        assert_eq!(reached(&limits, &[day(0), day(1)], day(2)), Some(&limits[1]));
        assert_eq!(reached(&limits, &[day(0), day(1)], day(40)), None);
        assert_eq!(
            reached(&[limit(Period::Ever, 1)], &[day(0)], day(4000)),
            Some(&limit(Period::Ever, 1))
        );
    }

    #[test]
    fn a_reward_and_its_days_have_stocks_of_their_own() {
        let reward = RewardId::from_uuid(Uuid::from_u128(7));
        let [all, first] = stocks(reward, Day::new(20_000));
        let [same, second] = stocks(reward, Day::new(20_001));
        assert_eq!(all, same);
        assert!(first != second && first != all);
    }
}
