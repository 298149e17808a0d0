//! `florin settle`: who owes whom, month by month, from the entries alone.

use serde_json::json;

use super::Folder;
use crate::support::{Caller, World, payment, receipt};

/// The printed lines, their blanks made one.
fn lines(printed: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_told = |line: &String| !line.is_empty() && !line.starts_with("statements ");
    printed.lines().map(words).filter(is_told).collect()
}

/// Of the hub's March: whoever works its statements out comes to this.
const DIGEST: &str = "statements 9c911c13cab9dc4f85ba5c85ff6ca7a0fd143a7b73fe0edf4a14050c020644fd";

async fn returns(till: &Caller, world: &World, purchase: &serde_json::Value) {
    let back = json!({ "purchaseId": purchase, "occurredAt": world.now(), "idempotencyKey": "b" });
    till.does("returnPurchase", "purchaseReturn { points }", back).await;
}

#[tokio::test]
async fn a_hub_and_a_late_return_are_settled_and_what_was_settled_stays() {
    let (folder, world) = (Folder::new(), World::new().await);
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let nothing = folder.florin_over("settle", &world.books);
    assert_eq!(
        (nothing.code, nothing.printed.as_str()),
        (1, "arno: there is nothing to settle yet\n")
    );
    let sale = receipt("R1", "C1", "10000.00", world.now());
    let sold = grocer.does("recordPurchase", "purchase { id }", sale).await;
    fuel.does("payWithPoints", "isReplayed", payment("C1", 6000, "p", world.now())).await;
    let march = folder.florin_over("settle", &world.books);
    assert_eq!(march.code, 0, "{}", march.complained);
    // Worked example 1, and a fee of one per cent.
    let told = [
        "arno, 2026-03, EUR",
        "partner issued funding fees burned there breakage rounding net",
        "fuel 0.00 0.00 0.00 -54.00 0.00 0.00 -54.00",
        "grocer 120.00 0.00 1.20 0.00 0.00 0.00 121.20",
        "fuel is paid 54.00",
        "grocer pays 121.20",
        "points of at fuel",
        "grocer 6,000",
        "the programme at the cycle's end: reserve 48.00, margin 18.00, fees 1.20; all money sums to zero",
    ];
    assert_eq!(lines(&march.printed), told);
    // The same bytes on every database.
    assert_eq!(march.printed.lines().last(), Some(DIGEST));

    world.days_pass(30).await;
    returns(&grocer, &world, &sold["purchase"]["id"]).await;
    let both = folder.florin_over("settle", &world.books);
    assert!(both.printed.starts_with(&march.printed), "March stays, byte for byte");
    let told = [
        "arno, 2026-04, EUR",
        "partner issued funding fees burned there breakage rounding net",
        "grocer -120.00 0.00 -1.20 0.00 0.00 0.00 -121.20",
        "grocer is paid 121.20",
        "the programme at the cycle's end: carried -72.00, margin 18.00; all money sums to zero",
    ];
    assert_eq!(lines(&both.printed)[9..], told);
    let until = folder.florin_over("settle --until 2026-04-01", &world.books);
    assert_eq!(until.printed, march.printed);
    world.closes().await;
}

#[tokio::test]
async fn what_is_burned_where_it_was_issued_goes_by_the_contract() {
    let (folder, world) = (Folder::new(), World::new().await);
    let own = world.partner("grocer").await;
    world.member("C1").await;
    world.days_pass(1).await;
    let terms = json!({ "partnerId": own.id, "validFrom": world.now(), "funding": "HYBRID",
        "issueShareBp": 5000, "issuePrice": "0.010", "acceptancePrice": "0.008",
        "serviceFeeBp": 1000, "breakageShareBp": 0, "onUs": "FEE_ONLY", "paymentDays": 7,
        "disputeDays": 7, "taxCode": "STD" });
    world.operator.does("signContract", "contract { version }", terms).await;
    world.seconds_pass(10);
    let sale = receipt("R1", "C1", "1000.00", world.now());
    own.does("recordPurchase", "purchase { id }", sale).await;
    own.does("payWithPoints", "isReplayed", payment("C1", 400, "p", world.now())).await;
    let printed = folder.florin_over("settle", &world.books).printed;
    // 5.00 at issue, 2.00 of them back; the fee of 1.00 stays, and nothing is burned.
    let told = "grocer 3.00 0.00 1.00 0.00 0.00 0.00 4.00";
    assert!(lines(&printed).contains(&told.to_owned()), "{printed}");
    assert!(printed.contains("reserve 3.00, fees 1.00; all money sums to zero"), "{printed}");
    world.closes().await;
}

#[tokio::test]
async fn what_was_archived_stays_in_the_money_books() {
    let (folder, world) = (Folder::new(), World::new().await);
    let grocer = world.partner("grocer").await;
    world.member("C1").await;
    let sale = receipt("R1", "C1", "10.00", world.now());
    grocer.does("recordPurchase", "purchase { id }", sale).await;
    world.days_pass(800).await;
    let before = folder.florin_over("settle", &world.books);
    let archive = "archive --before 2026-03-03 --to archive";
    let archived = folder.florin_over(archive, &world.books);
    assert_eq!(archived.code, 0, "{}", archived.complained);
    assert!(!archived.printed.contains("nothing"), "{}", archived.printed);
    assert_eq!(folder.florin_over("settle", &world.books).printed, before.printed);
    world.closes().await;
}
