//! Whatever a bank books is read to the last unit, and whatever else comes is refused, not tripped over.

use std::collections::BTreeSet;

use entity::amount::Money;
use proptest::prelude::*;
use quick_xml::escape::escape;

use super::*;

/// An entry: what each of its transactions comes to, whether it is a credit, what the bank calls it, a text.
type Booked = (Vec<i64>, bool, Option<String>, String);

fn booked() -> impl Strategy<Value = Booked> {
    let amounts = prop::collection::vec(1_i64..10_000_000_000_000, 1..4);
    let reference = prop::option::of("[AB]{1,2}");
    (amounts, any::<bool>(), reference, "[a-zß王😀<>&\"' ]{0,60}")
}

fn decimal(minor: i64) -> String {
    Money { minor, currency: "EUR".parse().unwrap() }.to_string()
}

/// The entry as a bank of that age writes it.
fn written(version: u8, (amounts, is_credit, reference, text): &Booked) -> String {
    let direction = if *is_credit { "CRDT" } else { "DBIT" };
    let text = format!("<RmtInf><Ustrd>{}</Ustrd></RmtInf>", escape(text.as_str()));
    let parts: String = amounts
        .iter()
        .map(|minor| details(version, Some(&decimal(*minor)), "", "", &text))
        .collect();
    let parts = parts.replace("CRDT", direction);
    let reference = reference.as_deref().map(svcr).unwrap_or_default();
    let total = decimal(amounts.iter().sum());
    let rest = (reference.as_str(), format!("<NtryDtls>{parts}</NtryDtls>"));
    entry(version, &total, direction, "BOOK", (rest.0, &rest.1))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_booked_is_read(
        all in prop::collection::vec(booked(), 0..12),
        version in prop::sample::select(AGES.to_vec()),
    ) {
        let entries: String = all.iter().map(|entry| written(version, entry)).collect();
        let file = document(version, &entries);
        let read = told(&file).transactions;
        let found: Vec<_> =
            read.iter().map(|one| (one.amount_minor, one.direction == Direction::Credit)).collect();
        let expected: Vec<_> = all
            .iter()
            .flat_map(|(amounts, is_credit, ..)| amounts.iter().map(|minor| (*minor, *is_credit)))
            .collect();
        prop_assert_eq!(found, expected);
        let names: BTreeSet<_> = read.iter().map(|one| &one.bank_reference).collect();
        prop_assert_eq!(names.len(), read.len());
        let texts: Vec<String> = all
            .iter()
            .flat_map(|(amounts, _, _, text)| {
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                amounts.iter().map(move |_| line.clone())
            })
            .collect();
        let lines: Vec<String> = read.iter().map(|one| one.remittance.concat()).collect();
        prop_assert_eq!(lines, texts);
    }

    #[test]
    fn the_schema_holds_for_what_is_read_here(
        all in prop::collection::vec(booked(), 0..6),
        version in prop::sample::select(AGES.to_vec()),
    ) {
        let mut all = all;
        for (.., text) in &mut all {
            text.push('x');
        }
        let entries: String = all.iter().map(|entry| written(version, entry)).collect();
        let entries = entries.replace("<Refs></Refs>", "");
        let file = document(version, &entries);
        let schema = format!("camt/camt.053.001.{version:02}.xsd");
        prop_assert_eq!(complaints(&file, &schema), "", "{}", file);
    }

    #[test]
    fn a_file_that_was_damaged_is_read_or_refused(
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        with in "[<>/&;\"a-zA-Z0-9.! -]{0,12}",
    ) {
        let amounts = (vec![100, 250], true, Some("A".to_owned()), "text".to_owned());
        let file = document(8, &written(8, &amounts));
        let from = at.index(file.len());
        let to = (from + length).min(file.len());
        let damaged = format!("{}{with}{}", &file[..from], &file[to..]);
        drop(read(damaged.as_bytes()));
    }

    #[test]
    fn no_bytes_trip_it(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn decimals_are_exact(minor in 0..=i64::MAX, zeros in 0_usize..4) {
        let text = format!("{}{}", decimal(minor), "0".repeat(zeros));
        prop_assert_eq!(parts::minor(&text, 2), Some(minor));
    }
}
