//! The estimate of what will never be burned, with what it rests on.

use async_graphql::{Object, SimpleObject};
use service::settlement::core::estimate::{
    self, END_MONTHS, HISTORY_MONTHS_MIN, Lack, RISE_BP_MAX,
};
use service::settlement::{Liability, Part};

use crate::graphql::scalars::Points;

/// How many of the points that are out will never be burned.
pub struct BreakageEstimate {
    pub(super) total: Part,
    pub(super) curve: Vec<CurveStep>,
    pub(super) lack: Option<Lack>,
    pub(super) back_tests: Vec<BackTest>,
}

/// How the use of points grows from an age to the next, over the months of issue that tell: the factor of the
/// chain ladder.
#[derive(Clone, SimpleObject)]
pub struct CurveStep {
    /// How many months after the month of issue it begins.
    age: i32,
    /// How many months of issue tell.
    months: i32,
    /// Their points that were used by the end of that age.
    used_before: Points,
    /// By the end of the next.
    used_after: Points,
    /// By what use grows, in hundredths of a percent: 10000 is not at all. Null where nothing was used.
    factor_bp: Option<Points>,
    /// Of all that is used in the end, how much is by that age, in hundredths of a percent; null where it can't
    /// be said.
    used_share_bp: Option<Points>,
}

/// What the method would have said some months ago of how many points are used by now, and how many were.
#[derive(Clone, SimpleObject)]
pub struct BackTest {
    /// How many months ago.
    months_ago: i32,
    /// How many points it would have said are used since, of the months that it could say something about; null
    /// where there was too little to go by.
    said: Option<Points>,
    /// How many of the same months were.
    came: Option<Points>,
    /// What was said less what came, in hundredths of a percent of what came; null where nothing came.
    deviation_bp: Option<Points>,
}

impl BreakageEstimate {
    pub(super) fn of(liability: &Liability, total: Part) -> Self {
        let curve = &liability.curve;
        let points = |points| Points::change(points).unwrap_or_default();
        let step = |step: &estimate::Step| CurveStep {
            age: step.age,
            months: step.months,
            used_before: points(step.before),
            used_after: points(step.after),
            factor_bp: step.factor_bp().map(points),
            used_share_bp: curve.used_bp(step.age).map(points),
        };
        let back_test = |test: &estimate::BackTest| BackTest {
            months_ago: test.months_ago,
            said: test.told.map(|(said, _)| points(said)),
            came: test.told.map(|(_, came)| points(came)),
            deviation_bp: test.deviation_bp().map(points),
        };
        Self {
            total,
            curve: curve.steps.iter().map(step).collect(),
            lack: curve.lack,
            back_tests: liability.back_tests.iter().map(back_test).collect(),
        }
    }
}

/// How many of the points that are out will never be burned, by the chain ladder (Mack, ASTIN Bulletin 23, 1993)
/// on what months' points were used by their age, all issuers together. It is an estimate from what was, and
/// books nothing.
#[Object]
impl BreakageEstimate {
    /// How many will never be burned, of those about which something can be said; null where there isn't enough
    /// history.
    async fn points(&self) -> Option<Points> {
        self.lack.is_none().then(|| Points::change(self.total.breakage).unwrap_or_default())
    }

    /// About how many of the points that are out something can be said.
    async fn estimated_of(&self) -> Points {
        Points::change(self.total.estimated).unwrap_or_default()
    }

    /// About how many nothing can be said yet: of months that aren't over, or of which nothing was used.
    async fn not_estimated(&self) -> Points {
        Points::change(self.total.flow.out() - self.total.estimated).unwrap_or_default()
    }

    /// Whether there is enough history to say anything.
    async fn has_enough_history(&self) -> bool {
        self.lack.is_none()
    }

    /// Why nothing is said, for people to read; null where something is.
    async fn reason(&self) -> Option<String> {
        Some(match self.lack? {
            Lack::TooYoung => {
                format!("The oldest points are less than {HISTORY_MONTHS_MIN} months old.")
            }
            Lack::NothingUsed => "Nothing was used.".to_owned(),
            Lack::StillRising => format!(
                "The oldest points are still being used: by more than {}.{:02} % in {END_MONTHS} months.",
                RISE_BP_MAX / 100,
                RISE_BP_MAX % 100
            ),
        })
    }

    /// The curve that it rests on, from the month of issue to the age of the oldest.
    async fn curve(&self) -> &[CurveStep] {
        &self.curve
    }

    /// What it would have said 1, 3, 6 and 12 months ago, and what came.
    async fn back_tests(&self) -> &[BackTest] {
        &self.back_tests
    }
}
