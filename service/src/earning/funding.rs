//! Who pays for points: a contract's terms, or a split over partners and the programme. Pure.

use chrono::{DateTime, Utc};
use entity::amount::BasisPoints;
use entity::earning::definition::Funder;
use entity::ids::PartnerId;
use entity::ledger::lot::{Share, Terms};
use entity::partners::contract::{self, Funding};

use crate::partners::Directory;

/// The terms of points that their partner pays alone, by its contract.
pub(crate) fn alone(contract: &contract::Model) -> Terms {
    Terms { shares: vec![share(contract, BasisPoints::WHOLE)] }
}

/// The terms of points that are paid by a split; none where a partner of it has no contract in force.
pub(crate) fn split(directory: &Directory, funders: &[Funder], at: DateTime<Utc>) -> Option<Terms> {
    let shares = funders.iter().map(|funder| {
        let share_bp = BasisPoints::new(funder.share_bp).ok()?;
        match funder.partner {
            Some(partner) => Some(share(directory.contract_at(partner, at).ok()?, share_bp)),
            None => Some(programme(funder.price_micros, share_bp)),
        }
    });
    shares.collect::<Option<Vec<_>>>().map(|shares| Terms { shares })
}

/// Whoever pays when nobody is named: the partner, or the programme where there is none.
pub(crate) fn implied(
    directory: &Directory,
    partner: Option<PartnerId>,
    at: DateTime<Utc>,
) -> Option<Terms> {
    match partner {
        Some(partner) => directory.contract_at(partner, at).ok().map(alone),
        None => Some(Terms { shares: vec![programme(0, BasisPoints::WHOLE)] }),
    }
}

/// What a point costs its funders together, in ten-thousandths of micro-units.
pub(crate) fn unit_cost(terms: &Terms) -> i64 {
    let costs = terms
        .shares
        .iter()
        .map(|share| i128::from(share.issue_price_micros) * i128::from(share.share_bp.get()));
    i64::try_from(costs.sum::<i128>()).unwrap_or(i64::MAX)
}

/// The programme pays for what it funds when it is issued, by a price of its own.
fn programme(price_micros: i64, share_bp: BasisPoints) -> Share {
    Share {
        partner: None,
        contract: None,
        share_bp,
        funding: Funding::AtIssue,
        issue_share_bp: BasisPoints::WHOLE,
        issue_price_micros: price_micros,
        service_fee_bp: BasisPoints::default(),
    }
}

fn share(contract: &contract::Model, share_bp: BasisPoints) -> Share {
    Share {
        partner: Some(contract.partner_id),
        contract: Some(contract.id),
        share_bp,
        funding: contract.funding,
        issue_share_bp: contract.issue_share_bp,
        issue_price_micros: contract.issue_price_micros,
        service_fee_bp: contract.service_fee_bp,
    }
}
