//! Whatever happens, at five partners of three funding models: nothing is lost, after each step of it.

use entity::ids::{ContractId, ProgrammeId};
use entity::ledger::hold::HoldStatus;
use entity::partners::contract::{self, Funding, OnUs};
use entity::programmes::programme::DebtPolicy;
use proptest::prelude::*;

use super::*;
use crate::ledger::core::Rules;
use crate::ledger::core::properties::{ALL_KINDS, book, dated, tell, wishes};

/// Five partners of three funding models; what the programme funds of some is a part.
pub(in super::super) fn funded(lot: &mut lot::Model) {
    let seed = lot.purchase_id.map_or(0, |id| id.uuid().as_u128() >> 70);
    let number = |of: u128, by: i32| i32::try_from(seed % of).unwrap() * by;
    let partner =
        PartnerId::from_uuid(id(["A", "B", "C", "D", "E"][usize::try_from(seed % 5).unwrap()]));
    let (funding, due) = match seed % 3 {
        0 => (Funding::AtIssue, 10_000),
        1 => (Funding::AtBurn, 0),
        _ => (Funding::Hybrid, 2500 + number(4, 1500)),
    };
    let share = |partner, share_bp: i32| Share {
        partner,
        contract: partner.map(contract_of),
        share_bp: BasisPoints::new(share_bp).unwrap(),
        funding,
        issue_share_bp: BasisPoints::new(due).unwrap(),
        issue_price_micros: 10_001 + i64::from(number(7, 1)),
        service_fee_bp: BasisPoints::new(number(3, 50)).unwrap(),
    };
    let own = 3334 + number(3, 3333);
    lot.issuer_id = Some(partner);
    lot.terms.shares = vec![share(Some(partner), own)];
    if own < 10_000 {
        lot.terms.shares.push(share(None, 10_000 - own));
    }
}

fn contract_of(partner: PartnerId) -> ContractId {
    ContractId::from_uuid(partner.uuid())
}

/// A contract for each of them: of breakage two fifths go back, and who accepts its own points goes by
/// another rule each.
fn contracts() -> Contracts {
    let rules = [OnUs::Free, OnUs::FeeOnly, OnUs::Full, OnUs::Free, OnUs::FeeOnly];
    let contract = |(name, on_us): (&str, OnUs)| contract::Model {
        id: contract_of(PartnerId::from_uuid(id(name))),
        programme_id: ProgrammeId::from_uuid(uuid::Uuid::nil()),
        partner_id: PartnerId::from_uuid(id(name)),
        version: 1,
        valid_from: chrono::DateTime::UNIX_EPOCH,
        funding: Funding::AtIssue,
        issue_share_bp: BasisPoints::WHOLE,
        issue_price_micros: 10_000,
        acceptance_price_micros: 9_000,
        service_fee_bp: BasisPoints::default(),
        breakage_share_bp: BasisPoints::new(4000).unwrap(),
        on_us,
        credit_limit_minor: None,
        credit_alert_minor: None,
        payment_days: 14,
        dispute_days: 14,
        tax_code: "STD".to_owned(),
        signed_at: chrono::DateTime::UNIX_EPOCH,
    };
    Contracts::new(["A", "B", "C", "D", "E"].into_iter().zip(rules).map(contract).collect())
}

fn held_of(lot: &lot::Model, points: i64) -> Exact {
    held_for(&lot.terms, points).unwrap()
}

/// What was paid at issue for points that lie in lots, or in open holds.
fn paid_for(ledger: &Ledger) -> Exact {
    let mut there: HashMap<entity::ids::LotId, i64> = HashMap::new();
    for wallet in ledger.wallets.values() {
        for lot in wallet.lots.values() {
            *there.entry(lot.id).or_default() += lot.remaining.get();
        }
        let open = wallet.holds.values().filter(|hold| hold.row.status == HoldStatus::Open);
        for (lot, points) in open.flat_map(|hold| &hold.takings) {
            *there.entry(*lot).or_default() += points.get();
        }
    }
    let mut lots = lots(ledger);
    lots.iter_mut().for_each(funded);
    lots.iter().map(|lot| held_of(lot, there[&lot.id])).sum()
}

/// The reserve holds what was paid for the points that are there, and `carried` what was paid back for those
/// that are owed.
fn identities_hold(ledger: &Ledger, follower: &Follower<'_>) {
    let Follower { book, accrual, .. } = follower;
    assert_eq!(balance(book, MoneyAccount::Reserve), paid_for(ledger));
    let owed = accrual.debts.all().map(|(_, _, owed)| held_of(&owed.lot, owed.points.get()));
    assert_eq!(balance(book, MoneyAccount::Carried), owed.sum::<Exact>().negated());
    let owed: i64 = ledger.wallets.values().map(|wallet| wallet.row.debt.get()).sum();
    let debts = accrual.debts.all().map(|(_, _, owed)| owed.points.get());
    assert_eq!(debts.sum::<i64>(), owed);
}

/// Who funded a part of a purchase is never given back more than it was billed, whatever it is for. What
/// its issuer accepted itself counts as burned, though nobody is billed for it.
fn nobody_is_given_back_more_than_it_paid(ledger: &Ledger, moves: &[Move]) {
    let earned: HashMap<_, _> = lots(ledger)
        .into_iter()
        .filter_map(|lot| Some((lot.id, (lot.purchase_id?, lot.part))))
        .collect();
    let mut sums: HashMap<_, [i64; 3]> = HashMap::new();
    for Move { key, points, lot } in moves {
        let Some((partner, earned)) = key.partner.zip(lot.and_then(|lot| earned.get(&lot))) else {
            continue;
        };
        let [burned, charged, broken] = sums.entry((partner, earned)).or_default();
        let points = if key.from == MoneyAccount::Payable { points.get() } else { -points.get() };
        match key.kind {
            LineKind::Funding | LineKind::FundingReversal => *burned += points,
            LineKind::Issue | LineKind::IssueReturn if key.with == Some(partner) => {
                *burned -= points;
            }
            LineKind::ServiceFee | LineKind::ServiceFeeReversal => *charged += points,
            LineKind::BreakageShare => *broken -= points,
            _ => {}
        }
    }
    for ((partner, _), sums) in sums {
        assert!(sums.iter().all(|sum| *sum >= 0), "{} got {sums:?}", name(partner));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever happens at five partners of three funding models, after each step of it.
    #[test]
    fn the_reserve_is_what_was_paid_for_points_that_are_there(
        wishes in wishes(ALL_KINDS), forgives in any::<bool>()
    ) {
        let debt = if forgives { DebtPolicy::Forgive } else { DebtPolicy::AllowDebt };
        let mut ledger = book(Rules { debt, ..dated() });
        let contracts = contracts();
        let mut follower = Follower::new(&contracts);
        tell(&mut ledger, &wishes, |ledger, _, _| {
            follower.follow(ledger, funded);
            identities_hold(ledger, &follower);
            nobody_is_given_back_more_than_it_paid(ledger, &follower.moves);
        });
    }

    /// Statements of cycles that follow each other: what one leaves the next begins with, and all money of
    /// them together is what partners owe.
    #[test]
    fn balances_go_from_statement_to_statement(
        cycles in proptest::collection::vec((1_i64..100_000, -500_i64..500, 0_i64..300), 1..12),
        minimum_minor in 0_i64..2_000,
    ) {
        let (mut opening, mut carried, mut previous) = (0, 0, None);
        for (number, (points, correction, paid_minor)) in (1..).zip(cycles) {
            let head = statement::Head {
                number, opening_minor: opening, carried_in_minor: carried, paid_minor, minimum_minor,
                previous_hash: previous.clone(), ..statement::tests::head()
            };
            let own = statement::Statement::assemble(head, statement::tests::lines(points, correction)).unwrap();
            let lines: i64 = own.lines.iter().map(|line| line.gross_minor).sum();
            prop_assert_eq!(lines, own.total_minor);
            prop_assert_eq!(own.closing_minor, opening + own.total_minor - paid_minor);
            // Nothing is due twice, and nothing is lost between two statements.
            prop_assert_eq!(own.due_minor + own.carried_minor, carried + own.total_minor);
            prop_assert!(own.due_minor == 0 || own.due_minor.abs() >= minimum_minor);
            (opening, carried) = (own.closing_minor, own.carried_minor);
            previous = Some(own.hash());
        }
    }
}
