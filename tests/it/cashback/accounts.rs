//! Members' bank accounts: set, replaced, removed, and seen by nobody.

use serde_json::{Value, json};

use super::{IBAN, asks_for, grocer, saver, world};
use crate::support::books::contents;

#[tokio::test]
async fn a_bank_account_is_kept_sealed_shown_masked_and_removed_on_request() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    asks_for(&world, &ana, "6.00", "a").await;
    let seen = "{ viewer { bankAccount { iban setAt } } }";
    assert_eq!(ana.asks(seen).await["viewer"]["bankAccount"]["iban"], "DE89 **** **** 3000");
    let other = json!({ "iban": "nl91 abna 0417 1643 00", "holder": "Ana Bianchi" });
    let set = ana.does("setBankAccount", "bankAccount { iban }", other).await;
    assert_eq!(set["bankAccount"]["iban"], "NL91 **** **** 4300");
    for (table, rows) in contents(&world.books.url()).await {
        for plain in [&IBAN.replace(' ', ""), "ABNA", "Bianchi"] {
            let is_plain = rows.iter().any(|row| row.contains(plain));
            assert!(!is_plain, "{table} tells {plain}");
        }
    }
    let gone = json!({ "isCertain": true });
    for is_removed in [true, false] {
        let done = ana.does("removeBankAccount", "isRemoved", gone.clone()).await;
        assert_eq!(done["isRemoved"], is_removed);
    }
    assert_eq!(ana.asks(seen).await["viewer"]["bankAccount"], Value::Null);
    world.closes().await;
}

#[tokio::test]
async fn a_sealed_account_opens_in_its_own_place_only() {
    use sea_orm::{ConnectionTrait, Database};

    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let bo = saver(&world, &grocer, "C2", "400.00").await;
    let database = Database::connect(world.books.url()).await.unwrap();
    let swap = "update bank_account set sealed = (select sealed from bank_account order by set_at limit 1)";
    database.execute_unprepared(swap).await.unwrap();
    database.close().await.unwrap();
    let mut answers = Vec::new();
    for (member, key) in [(&ana, "a"), (&bo, "b")] {
        let wish = json!({ "idempotencyKey": key });
        let answer = member.sends("requestPayout", "payout { id }", wish).await;
        answers.push(answer["errors"][0]["extensions"]["code"] == "INTERNAL");
    }
    assert_eq!(answers.iter().filter(|is_refused| **is_refused).count(), 1);
    world.closes().await;
}
