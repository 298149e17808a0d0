//! What those who pay for points may still owe. What points have them owe is what the money books bill for
//! them at once when they are issued, which is known here before the books have it.
//!
//! What is billed later (when points are spent, or fill a debt) isn't reserved: nobody can refuse it. It
//! leaves less to issue, below nothing too, as soon as the books have it.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{PartnerId, ProgrammeId};
use entity::ledger::lot::Terms;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use super::state::{Changes, State};
use crate::error::Result;
use crate::rows::{among, first_place};
use crate::settlement::core::at_issue;

/// What issuing so many points on these terms has those owe whose credit is limited; none where somebody
/// has no room for it, and then nobody pays.
pub(super) fn reserved(state: &State, terms: &Terms, points: i64) -> Option<Changes> {
    let mut changes = Changes::default();
    if !state.has_limits() {
        return Some(changes);
    }
    // More than can be counted is more than there is room for.
    let owed = at_issue(terms, points).ok()?;
    for (partner, exact) in owed {
        if state.credit(partner).is_some() {
            changes.owed(partner, exact.micros_up().ok()?);
        }
    }
    let has_room = |(partner, micros): (&PartnerId, &i64)| {
        state.credit(*partner).is_none_or(|left| left >= *micros)
    };
    let has_room = changes.credit.iter().all(has_room);
    has_room.then_some(changes)
}

#[derive(FromQueryResult)]
struct Sum {
    partner_id: PartnerId,
    left_micros: i64,
}

/// What partners may still owe, all slices together. One without slices isn't limited yet, or any more.
pub(super) async fn left<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    partners: BTreeSet<PartnerId>,
) -> Result<HashMap<PartnerId, i64>> {
    if partners.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = db.get_database_backend();
    let ids = partners.into_iter().map(PartnerId::uuid);
    let (condition, ids) = among(backend, "partner_id", 2, ids);
    let long = if backend == DbBackend::Postgres { "::bigint" } else { "" };
    let sql = format!(
        "select partner_id, sum(left_micros){long} as left_micros from credit_slice
         where programme_id = {} and {condition} group by partner_id",
        first_place(backend)
    );
    let statement = Statement::from_sql_and_values(backend, sql, [programme.uuid().into(), ids]);
    let sums = Sum::find_by_statement(statement).all(db).await?;
    Ok(sums.into_iter().map(|sum| (sum.partner_id, sum.left_micros)).collect())
}

#[cfg(test)]
mod tests {
    //! Who has room for what.

    use entity::amount::BasisPoints;
    use entity::ledger::lot::Share;
    use entity::partners::contract::Funding;

    use super::*;

    fn share(partner: PartnerId, bp: i32, issue: i32) -> Share {
        Share {
            partner: Some(partner),
            contract: None,
            share_bp: BasisPoints::new(bp).unwrap(),
            funding: Funding::Hybrid,
            issue_share_bp: BasisPoints::new(issue).unwrap(),
            issue_price_micros: 10_001,
            service_fee_bp: BasisPoints::new(100).unwrap(),
        }
    }

    #[test]
    fn a_joint_bonus_needs_room_at_each_of_its_funders_and_takes_what_is_billed_at_issue() {
        let [one, two, free] = [1, 2, 3].map(|n| PartnerId::from_uuid(uuid::Uuid::from_u128(n)));
        let shares = vec![share(one, 6000, 10_000), share(two, 3000, 0), share(free, 1000, 10_000)];
        let terms = Terms { shares };
        let state = |left: [i64; 2]| {
            let mut state = State::default();
            state.limit(HashMap::from([(one, left[0]), (two, left[1])]));
            state
        };
        // 1,000 points: 60% of 10.001 and 1% fee on it; of the 30% only the fee, each rounded up.
        let taken = reserved(&state([6_060_606, 30_003]), &terms, 1000).unwrap();
        assert_eq!(taken.credit.into_iter().collect::<Vec<_>>(), [(one, 6_060_606), (two, 30_003)]);
        assert!(reserved(&state([6_060_605, 30_003]), &terms, 1000).is_none());
        assert!(reserved(&state([i64::MAX, 30_002]), &terms, 1000).is_none());
        assert!(reserved(&state([i64::MAX, -1]), &terms, 0).is_none(), "beyond the limit already");
        assert!(reserved(&state([0, 0]), &terms, 0).is_some());
        assert!(reserved(&State::default(), &terms, i64::MAX).is_some());
    }
}
