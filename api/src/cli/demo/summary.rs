//! What the demo shows before it serves.

use entity::programmes::programme;
use indicatif::HumanCount;
use service::{Actor, Result, Services};

use crate::cli::verify::told;

/// Prints points by partner and the books' verdict; says whether they hold.
pub(super) async fn print(
    services: &Services,
    actor: &Actor,
    programme: &programme::Model,
) -> Result<bool> {
    let directory = services.partners.directory(programme.id).await?;
    let totals = services.ledger.totals(actor).await?;
    println!("\n{:<12}{:>14}{:>14}", "partner", "issued", "spent there");
    for partner in &totals {
        let code = directory.partner(partner.partner).map_or("", |row| row.code.as_str());
        println!("{code:<12}{:>14}{:>14}", count(partner.issued), count(partner.accepted));
    }
    let liability: i64 = totals.iter().map(|partner| partner.issued - partner.accepted).sum();
    println!("{:<12}{:>14}\n", "outstanding", count(liability));
    let verdict = services.ledger.verify(programme.id).await?;
    print!("{}", told(&programme.code, &verdict));
    Ok(verdict.holds())
}

fn count(points: i64) -> String {
    HumanCount(points.unsigned_abs()).to_string()
}
