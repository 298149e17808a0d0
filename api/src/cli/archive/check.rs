//! An archive, checked: each file is what its seal says, and the openings are what the files add up to.

use std::collections::BTreeMap;
use std::path::Path;

use entity::ids::{ProgrammeId, WalletId};
use service::ledger::Ledger;
use service::ledger::archive::Opening;
use service::ledger::verify::{Check, NAMED_MAX};

use super::{Failure, file};

/// What of a programme's archive holds, like the invariants of its books.
pub(in crate::cli) async fn checks(
    ledger: &Ledger,
    programme: ProgrammeId,
    folder: &Path,
) -> Result<[Check; 2], Failure> {
    let seals = ledger.seals(programme).await?;
    let (mut damaged, mut added) = (Vec::new(), BTreeMap::<WalletId, Opening>::new());
    for seal in &seals {
        match file::read(folder, seal) {
            Ok(tally) => {
                for (wallet, opening) in tally.wallets {
                    added.entry(wallet).or_default().add(&opening)?;
                }
            }
            Err(Failure::Damaged(why)) => damaged.push(why.to_string()),
            Err(failure) => return Err(failure),
        }
    }
    // What a file that can't be read holds nobody knows, nor how much of an unfinished one has gone.
    let is_known = damaged.is_empty() && ledger.unfinished_seal(programme).await?.is_none();
    let mut wrong = Vec::new();
    let openings = ledger.openings(programme).await?;
    if is_known {
        for row in &openings {
            let kept = Opening::of(row);
            if added.remove(&row.wallet_id) != Some(kept) {
                wrong.push(row.wallet_id.to_string());
            }
        }
        wrong.extend(added.into_keys().map(|wallet| wallet.to_string()));
    }
    let looked_at = if is_known { openings.len() } else { 0 };
    Ok([
        check("archived files are what was sealed", "files", seals.len(), damaged),
        check("openings are what the archived files add up to", "wallets", looked_at, wrong),
    ])
}

fn check(name: &'static str, unit: &'static str, checked: usize, mut faulty: Vec<String>) -> Check {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let faults = count(faulty.len());
    faulty.truncate(NAMED_MAX);
    Check { name, checked: count(checked), unit, faults, faulty }
}
