//! A programme's partners, stores and contracts in memory, so that a sale asks the database for
//! none of them. Pure; at most five seconds old.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{PartnerId, StoreId};
use entity::partners::partner::PartnerStatus;
use entity::partners::{contract, partner, store};

use crate::refusal::{Code, Refusal};

/// What a partner may be needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its purchases earn points.
    Issues,
    /// Members pay with points there.
    Accepts,
    /// It delivers rewards.
    Supplies,
}

/// All partners of a programme.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    partners: HashMap<PartnerId, partner::Model>,
    by_code: HashMap<String, PartnerId>,
    stores: HashMap<PartnerId, HashMap<String, store::Model>>,
    stores_by_id: HashMap<StoreId, store::Model>,
    contracts: HashMap<PartnerId, Vec<contract::Model>>,
    has_limits: bool,
}

impl Directory {
    /// The directory of these rows.
    pub fn new(
        partners: Vec<partner::Model>,
        stores: Vec<store::Model>,
        mut contracts: Vec<contract::Model>,
    ) -> Self {
        let mut directory = Self::default();
        for partner in partners {
            directory.by_code.insert(partner.code.clone(), partner.id);
            directory.partners.insert(partner.id, partner);
        }
        for store in stores {
            directory.stores_by_id.insert(store.id, store.clone());
            directory.stores.entry(store.partner_id).or_default().insert(store.code.clone(), store);
        }
        contracts.sort_by_key(|contract| contract.version);
        directory.has_limits = contracts.iter().any(|own| own.credit_limit_minor.is_some());
        for contract in contracts {
            directory.contracts.entry(contract.partner_id).or_default().push(contract);
        }
        directory
    }

    /// The partner with this id.
    pub fn partner(&self, id: PartnerId) -> Option<&partner::Model> {
        self.partners.get(&id)
    }

    /// The partner with this code.
    pub fn by_code(&self, code: &str) -> Option<&partner::Model> {
        self.partners.get(self.by_code.get(code)?)
    }

    /// All partners, in no order.
    pub fn partners(&self) -> impl Iterator<Item = &partner::Model> {
        self.partners.values()
    }

    /// The store with this id.
    pub fn store_by_id(&self, id: StoreId) -> Option<&store::Model> {
        self.stores_by_id.get(&id)
    }

    /// The partner, if it is active and has the role.
    pub fn in_role(&self, id: PartnerId, role: Role) -> Result<&partner::Model, Refusal> {
        let partner = self.partner(id).ok_or(Refusal::new(Code::PartnerNotFound))?;
        let has_role = match role {
            Role::Issues => partner.issues,
            Role::Accepts => partner.accepts,
            Role::Supplies => partner.supplies,
        };
        match (partner.status, has_role) {
            (PartnerStatus::Suspended, _) => Err(Code::PartnerSuspended.into()),
            (PartnerStatus::Active, false) => Err(Code::PartnerRoleMissing.into()),
            (PartnerStatus::Active, true) => Ok(partner),
        }
    }

    /// The partner's store with this code, closed or not.
    pub fn store(&self, partner: PartnerId, code: &str) -> Result<&store::Model, Refusal> {
        let found = self.stores.get(&partner).and_then(|stores| stores.get(code));
        found.ok_or(Refusal::new(Code::StoreNotFound).at("storeCode"))
    }

    /// The partner's store with this code, if it was open at `at`.
    pub fn open_store(
        &self,
        partner: PartnerId,
        code: &str,
        at: DateTime<Utc>,
    ) -> Result<&store::Model, Refusal> {
        let store = self.store(partner, code)?;
        if store.closed_at.is_some_and(|closed_at| closed_at <= at) {
            return Err(Refusal::new(Code::StoreClosed).at("storeCode"));
        }
        Ok(store)
    }

    /// Whether any version of any contract limits credit.
    pub fn has_limits(&self) -> bool {
        self.has_limits
    }

    /// The most that the partner may owe, by the version in force at `at`; none is without limit.
    pub fn limit_at(&self, partner: PartnerId, at: DateTime<Utc>) -> Option<i64> {
        self.contract_at(partner, at).ok()?.credit_limit_minor
    }

    /// The version of the partner's contract that was in force at `at`: the latest whose day had
    /// come.
    pub fn contract_at(
        &self,
        partner: PartnerId,
        at: DateTime<Utc>,
    ) -> Result<&contract::Model, Refusal> {
        let versions = self.contracts.get(&partner).map_or(&[][..], Vec::as_slice);
        let in_force = versions.iter().rev().find(|version| version.valid_from <= at);
        in_force.ok_or(Refusal::new(Code::ContractMissing).at("occurredAt"))
    }
}

#[cfg(test)]
mod tests {
    //! Which version is in force when.

    use chrono::TimeDelta;
    use entity::amount::BasisPoints;
    use entity::ids::{ContractId, ProgrammeId};
    use entity::partners::contract::{Funding, OnUs};
    use uuid::Uuid;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn version(version: i32, from: i64, limit: Option<i64>) -> contract::Model {
        contract::Model {
            id: ContractId::from_uuid(Uuid::from_u128(version.unsigned_abs().into())),
            programme_id: ProgrammeId::from_uuid(Uuid::nil()),
            partner_id: PartnerId::from_uuid(Uuid::nil()),
            version,
            valid_from: day(from),
            funding: Funding::AtIssue,
            issue_share_bp: BasisPoints::WHOLE,
            issue_price_micros: 0,
            acceptance_price_micros: 0,
            service_fee_bp: BasisPoints::default(),
            breakage_share_bp: BasisPoints::default(),
            on_us: OnUs::Full,
            credit_limit_minor: limit,
            credit_alert_minor: None,
            payment_days: 0,
            dispute_days: 0,
            tax_code: "STD".to_owned(),
            signed_at: day(0),
        }
    }

    #[test]
    fn from_the_first_version_on_one_is_in_force_at_any_moment() {
        let partner = PartnerId::from_uuid(Uuid::nil());
        let versions = vec![
            version(1, 1, None),
            version(3, 5, Some(7)),
            version(2, 5, Some(9)),
            version(4, 9, None),
        ];
        let directory = Directory::new(Vec::new(), Vec::new(), versions);
        let in_force: Vec<Option<i32>> = (0..11)
            .map(|at| directory.contract_at(partner, day(at)).ok().map(|own| own.version))
            .collect();
        let expected = [0, 1, 1, 1, 1, 3, 3, 3, 3, 4, 4];
        assert_eq!(in_force, expected.map(|version| (version > 0).then_some(version)));
        assert!(directory.has_limits());
        assert_eq!([4, 5, 9].map(|at| directory.limit_at(partner, day(at))), [None, Some(7), None]);
    }
}
