//! Inputs as the services take them. Bounds are checked there; here only what has no other form.

use entity::amount::Currency;
use entity::earning::definition::{
    Budget, CampaignTerms, Definition, Effect, Funder, Limit, Schedule, Targets, Trigger,
};
use entity::ids::{CampaignId, RuleId};
use service::earning::rules::Turn;
use service::{Code, Refusal};

use super::campaigns::{CampaignTermsInput, SetCampaignStatusInput};
use super::rules::{
    BudgetInput, EarningEffectInput, EarningLimitInput, EarningRuleTermsInput, FunderInput,
    ScheduleInput, SetEarningRuleStatusInput,
};
use crate::graphql::money::Decimal;
use crate::graphql::scalars::Points;

fn minor(amount: Decimal, currency: Currency, field: &str) -> Result<i64, Refusal> {
    let minor = amount.units(currency.exponent());
    minor.map_err(|error| Refusal::new(Code::AmountInvalid).because(error.to_string()).at(field))
}

impl ScheduleInput {
    pub(in crate::graphql::earning) fn of(self) -> Schedule {
        // What isn't a number of that kind is refused with what is.
        let number = |number: i32| u32::try_from(number).unwrap_or(u32::MAX);
        Schedule {
            from: self.from.map(|at| at.0),
            until: self.until.map(|at| at.0),
            weekdays: self.weekdays.into_iter().map(number).collect(),
            minutes: self.hours.map(|own| (number(own.from_minute), number(own.until_minute))),
        }
    }
}

impl BudgetInput {
    pub(in crate::graphql::earning) fn of(self, currency: Currency) -> Result<Budget, Refusal> {
        let cost = self.cost.map(|cost| minor(cost, currency, "budget.cost")).transpose()?;
        Ok(Budget { points: self.points.map(Points::get), cost_minor: cost })
    }
}

fn funders(inputs: Vec<FunderInput>) -> Result<Vec<Funder>, Refusal> {
    let funder = |(place, input): (usize, FunderInput)| {
        let price = input.price.map(|price| price.units(Decimal::PLACES_MAX)).transpose();
        let price_micros = price.map_err(|error| {
            let at = format!("funding.{place}.price");
            Refusal::new(Code::AmountInvalid).because(error.to_string()).at(&at)
        })?;
        Ok(Funder {
            partner: input.partner_id.map(|id| id.0),
            share_bp: input.share_bp,
            price_micros: price_micros.unwrap_or(0),
        })
    };
    inputs.into_iter().enumerate().map(funder).collect()
}

impl EarningEffectInput {
    pub(in crate::graphql::earning) fn of(self, currency: Currency) -> Result<Effect, Refusal> {
        let days = |days: Option<i32>| days.map(|days| u32::try_from(days).unwrap_or(u32::MAX));
        Ok(match self {
            Self::PerAmount(own) => Effect::PerAmount { millipoints: own.millipoints.get() },
            Self::Multiplier(own) => Effect::Multiplier { factor_bp: own.factor_bp.into() },
            Self::Fixed(own) => Effect::Fixed { points: own.points.get() },
            Self::PerLine(own) => {
                Effect::PerLine { points: own.points.get(), each_piece: own.each_piece }
            }
            Self::Threshold(own) => Effect::Threshold {
                minimum_minor: minor(own.minimum, currency, "effect.threshold.minimum")?,
                points: own.points.get(),
                repeats: own.repeats,
            },
            Self::EveryNth(own) => {
                Effect::EveryNth { every: own.every.into(), points: own.points.get() }
            }
            Self::Stamps(own) => Effect::Stamps {
                card: own.card.into(),
                points: own.points.get(),
                each_piece: own.each_piece,
            },
            Self::Cashback(own) => Effect::Cashback { share_bp: own.share_bp.into() },
            Self::Dates(own) => Effect::Dates {
                pending_days: days(own.pending_days),
                expiry_months: days(own.expiry_months),
            },
        })
    }
}

impl EarningRuleTermsInput {
    /// The definition as the services take it.
    pub(in crate::graphql::earning) fn of(self, currency: Currency) -> Result<Definition, Refusal> {
        let limit = |limit: EarningLimitInput| Limit {
            period: limit.period.0,
            count: limit.count.map(Into::into),
            points: limit.points.map(Points::get),
        };
        Ok(Definition {
            name: self.name,
            trigger: self.event_type.map_or(Trigger::Purchase, Trigger::Event),
            partners: self.partner_ids.into_iter().map(|id| id.0).collect(),
            stores: self.store_ids.into_iter().map(|id| id.0).collect(),
            schedule: self.schedule.map(ScheduleInput::of).unwrap_or_default(),
            condition: self.condition,
            lines: self.lines,
            effect: self.effect.of(currency)?,
            priority: self.priority,
            group: self.group,
            limits: self.limits.into_iter().map(limit).collect(),
            budget: self.budget.map(|own| own.of(currency)).transpose()?.unwrap_or_default(),
            funding: funders(self.funding)?,
        })
    }
}

impl CampaignTermsInput {
    /// The terms as the services take them.
    pub(in crate::graphql::earning) fn of(
        self,
        currency: Currency,
    ) -> Result<CampaignTerms, Refusal> {
        let targets = self.targets.map(|own| {
            let revenue = own.revenue.map(|revenue| minor(revenue, currency, "targets.revenue"));
            Ok::<_, Refusal>(Targets {
                members: own.members.map(Points::get),
                purchases: own.purchases.map(Points::get),
                revenue_minor: revenue.transpose()?,
            })
        });
        Ok(CampaignTerms {
            name: self.name,
            schedule: self.schedule.map(ScheduleInput::of).unwrap_or_default(),
            audience: self.audience,
            budget: self.budget.map(|own| own.of(currency)).transpose()?.unwrap_or_default(),
            funding: funders(self.funding)?,
            targets: targets.transpose()?.unwrap_or_default(),
        })
    }
}

impl SetEarningRuleStatusInput {
    pub(in crate::graphql::earning) fn of(self) -> Turn<RuleId> {
        Turn {
            id: self.rule_id.0,
            expected_version: self.expected_version,
            status: self.status.0,
            from: self.from.map(|at| at.0),
        }
    }
}

impl SetCampaignStatusInput {
    pub(in crate::graphql::earning) fn of(self) -> Turn<CampaignId> {
        Turn {
            id: self.campaign_id.0,
            expected_version: self.expected_version,
            status: self.status.0,
            from: self.from.map(|at| at.0),
        }
    }
}
