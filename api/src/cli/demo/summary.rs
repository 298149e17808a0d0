//! What the demo shows before it serves: who takes part, who issued and who burned, what is owed to
//! members, why balances changed, who owes whom, and whether the books hold.

use indicatif::HumanCount;
use service::ledger::{Occasion, Outstanding, PartnerTotals};
use service::partners::Directory;
use service::{Actor, Result, Services};

use crate::cli::verify::told;
use crate::cli::{rules, settle};
use crate::graphql::ledger::reason_of;

/// How many reasons are told.
const REASONS: u64 = 5;

/// Prints it; says whether the books hold.
pub(super) async fn print(
    services: &Services,
    actor: &Actor,
    totals: &[PartnerTotals],
) -> Result<bool> {
    let programme = services.programmes.own(actor).await?;
    let directory = services.partners.directory(programme.id()).await?;
    let members = services.members.count(actor).await?;
    let (receipts, returns) = services.purchases.count(actor).await?;
    println!(
        "\n{}: {} members, {} receipts, {} returns\n",
        programme.programme.name,
        HumanCount(members),
        HumanCount(receipts),
        HumanCount(returns)
    );
    by_partner(&directory, totals);
    let by_rule = services.earning.totals(programme.id()).await?;
    print!("\n{}", rules::told(&by_rule, programme.programme.currency));
    liability(&services.ledger.outstanding(actor).await?);
    println!("\nwhy balances changed, the {REASONS} commonest reasons");
    for occasion in services.ledger.commonest(actor, REASONS).await? {
        println!("{}", reason(&directory, &occasion));
    }
    services.sequence().await?;
    services.settlement.catch_up(programme.id()).await?;
    let cycles = services.settlement.cycles_until(actor, None).await?;
    println!("\nwho owes whom; above zero a partner owes the programme");
    for cycle in &cycles {
        print!("{}", settle::told(&programme.programme.code, &directory, cycle)?);
    }
    let verdict = services.ledger.verify(programme.id()).await?;
    print!("\n{}", told(&programme.programme.code, &verdict));
    Ok(verdict.holds())
}

fn by_partner(directory: &Directory, totals: &[PartnerTotals]) {
    println!("{:<12}{:>16}{:>16}", "partner", "points issued", "burned there");
    let line = |code: &str, issued: i64, accepted: i64| {
        println!("{code:<12}{:>16}{:>16}", count(issued), count(accepted));
    };
    for partner in totals {
        let code = directory.partner(partner.partner).map_or("", |row| row.code.as_str());
        line(code, partner.issued, partner.accepted);
    }
    let issued = totals.iter().map(|partner| partner.issued).sum();
    line("together", issued, totals.iter().map(|partner| partner.accepted).sum());
}

fn liability(all: &Outstanding) {
    println!(
        "\nliability {} points: members can spend {}, wait for {}, have set aside {}, owe {}; \
         {} have expired",
        count(all.liability()),
        count(all.available),
        count(all.pending),
        count(all.held),
        count(all.debt),
        count(all.expired)
    );
}

fn reason(directory: &Directory, occasion: &Occasion) -> String {
    let at = occasion.partner.and_then(|id| directory.partner(id));
    let at = at.map_or(String::new(), |partner| format!(" at {}", partner.code));
    let what = format!("{}{at}", entity::text_enum::TextEnum::text(occasion.kind).to_lowercase());
    let example = reason_of(&occasion.latest).unwrap_or_default();
    format!(
        "{:>8} × {what}, {} points; the latest: {example}",
        count(occasion.entries),
        count(occasion.points)
    )
}

fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}
