//! Idempotency: the same key again changes nothing, another request under it is refused.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_repeated_command_changes_nothing_and_answers_as_before(wishes in wishes(ALL_KINDS), rules in rules()) {
        let mut done = Vec::new();
        let mut book = book(rules);
        tell(&mut book, &wishes, |_, command, verdict| {
            if let Ok(receipt) = verdict {
                done.push((command.clone(), receipt.clone()));
            }
        });
        let before = (book.wallets.clone(), book.journal.clone());
        for (command, receipt) in done {
            let late = Command { recorded_at: command.recorded_at + TimeDelta::days(400), ..command };
            prop_assert_eq!(decide(&mut book, &late), Ok(Receipt { is_replay: true, ..receipt }));
            let key = late.key.clone().map(|key| Key { fingerprint: b"another".to_vec(), ..key });
            let refusal = decide(&mut book, &Command { key, ..late }).unwrap_err();
            prop_assert_eq!(refusal.code, Code::IdempotencyKeyReused);
        }
        prop_assert!(before == (book.wallets, book.journal));
    }
}
