//! Partners' bank accounts: two operators agree on each, the newest holds, and whom it doesn't concern sees
//! none.

use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::support::books::contents;
use crate::support::{Caller, World};

const IBAN: &str = "NL91 ABNA 0417 1643 00";
const OTHER: &str = "DE89 3704 0044 0532 0130 00";
const SET: &str = "setPartnerBankAccount";
const SEEN: &str = "bankAccount { holder iban bic mandate { reference scheme signedOn } setAt }";

fn account(partner: &Caller, iban: &str) -> Value {
    json!({ "partnerId": partner.id, "holder": "Grocer B.V.", "iban": iban, "bic": "abnanl2a",
        "mandate": { "reference": "ARNO-7", "scheme": "B2B", "signedOn": "2026-03-02" } })
}

/// Proposes it; what to approve.
async fn proposes(operator: &Caller, wish: Value) -> Value {
    let proposed = operator.does(SET, "proposal { id }", wish).await;
    json!({ "proposalId": proposed["proposal"]["id"] })
}

async fn approves(operator: &Caller, named: &Value) {
    let done = operator.does("approveProposal", "proposal { status }", named.clone()).await;
    assert_eq!(done["proposal"]["status"], "APPLIED");
}

/// A partner's account as the caller sees it.
async fn seen(caller: &Caller, of: &Caller) -> Value {
    let asked = format!("{{ partner(by: {{ id: \"{}\" }}) {{ {SEEN} }} }}", of.id);
    caller.asks(&asked).await["partner"]["bankAccount"].clone()
}

#[tokio::test]
async fn an_account_holds_once_a_second_operator_has_agreed() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let (bea, ana) = (world.second_operator().await, world.member("C1").await);
    let made = "proposal { id kind status values { field value } }";
    let proposed = world.operator.does(SET, made, account(&grocer, IBAN)).await;
    let proposal = &proposed["proposal"];
    assert_eq!(
        (&proposal["kind"], &proposal["status"]),
        (&json!("SET_PARTNER_BANK_ACCOUNT"), &json!("PROPOSED"))
    );
    let value = |field: &str, value: &str| json!({ "field": field, "value": value });
    let values = proposal["values"].as_array().unwrap();
    for shown in [value("iban", "NL91ABNA0417164300"), value("partnerId", &grocer.id)] {
        assert!(values.contains(&shown), "{values:?}");
    }
    let again = world.operator.does(SET, made, account(&grocer, IBAN)).await;
    assert_eq!(again["proposal"]["id"], proposal["id"], "the same wish waits once");
    assert_eq!(seen(&world.operator, &grocer).await, Value::Null);
    let named = json!({ "proposalId": proposal["id"] });
    let own = world.operator.is_refused("approveProposal", named.clone()).await;
    assert_eq!(own, ("APPROVER_IS_PROPOSER".to_owned(), "proposalId".to_owned()));
    for _ in 0..2 {
        approves(&bea, &named).await;
    }
    let holds = json!({ "holder": "Grocer B.V.", "iban": "NL91 **** **** 4300", "bic": "ABNANL2A",
        "mandate": { "reference": "ARNO-7", "scheme": "B2B", "signedOn": "2026-03-02" },
        "setAt": "2026-03-02T09:00:00Z" });
    for caller in [&world.operator, &grocer] {
        assert_eq!(seen(caller, &grocer).await, holds);
    }
    for other in [&fuel, &ana] {
        assert_eq!(seen(other, &grocer).await, Value::Null);
    }
    let all = "{ partners { nodes { code bankAccount { iban } } } }";
    let masked = json!({ "iban": "NL91 **** **** 4300" });
    for (caller, account) in [(&grocer, masked), (&fuel, Value::Null)] {
        let listed = caller.asks(all).await["partners"]["nodes"].clone();
        let listed = listed.as_array().unwrap();
        for expected in [
            json!({ "code": "grocer", "bankAccount": account }),
            json!({ "code": "fuel", "bankAccount": null }),
        ] {
            assert!(listed.contains(&expected), "{listed:?}");
        }
    }
    let known = world.operator.does(SET, "proposal { id }", account(&grocer, IBAN)).await;
    assert_eq!(known["proposal"], Value::Null, "it is so already");
    assert_eq!(contents(&world.books.url()).await["partner_bank_account"].len(), 1);
    world.closes().await;
}

#[tokio::test]
async fn the_newest_holds_and_what_was_overtaken_or_rejected_is_not_set() {
    let world = World::new().await;
    let (grocer, bea) = (world.partner("grocer").await, world.second_operator().await);
    let first = proposes(&world.operator, account(&grocer, IBAN)).await;
    approves(&bea, &first).await;
    let mut bare = account(&grocer, OTHER);
    bare["mandate"] = Value::Null;
    bare["bic"] = Value::Null;
    let overtaken = proposes(&world.operator, account(&grocer, OTHER)).await;
    let rejected = proposes(&world.operator, bare.clone()).await;
    bea.does("rejectProposal", "proposal { status }", rejected).await;
    assert_eq!(seen(&grocer, &grocer).await["iban"], "NL91 **** **** 4300");
    let next = proposes(&world.operator, bare).await;
    approves(&bea, &next).await;
    let holds = seen(&grocer, &grocer).await;
    assert_eq!((&holds["iban"], &holds["bic"]), (&json!("DE89 **** **** 3000"), &Value::Null));
    assert_eq!(holds["mandate"], Value::Null, "nothing is fetched any more");
    let late = bea.sends("approveProposal", "", overtaken).await;
    assert_eq!(late["errors"][0]["extensions"]["code"], "CONFLICT");
    assert_eq!(seen(&grocer, &grocer).await, holds);
    let books = Database::connect(world.books.url()).await.unwrap();
    for rewrite in
        ["update partner_bank_account set iban = holder", "delete from partner_bank_account"]
    {
        assert!(books.execute_unprepared(rewrite).await.is_err(), "{rewrite}");
    }
    books.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn of_two_accounts_approved_at_once_one_is_set() {
    let world = World::new().await;
    let (grocer, bea) = (world.partner("grocer").await, world.second_operator().await);
    let one = proposes(&world.operator, account(&grocer, IBAN)).await;
    let two = proposes(&world.operator, account(&grocer, OTHER)).await;
    let mut other = world.opens_gateway().await;
    let there = bea.at(&other);
    let approve = "approveProposal";
    let (one, two) = tokio::join!(bea.sends(approve, "", one), there.sends(approve, "", two));
    let conflicts =
        [&one, &two].map(|answer| answer["errors"][0]["extensions"]["code"] == "CONFLICT");
    assert_eq!(conflicts.iter().filter(|is_one| **is_one).count(), 1, "{one} {two}");
    assert_eq!(contents(&world.books.url()).await["partner_bank_account"].len(), 1);
    other.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn what_no_bank_would_take_is_refused() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let with = |field: &str, value: Value| {
        let mut wish = account(&grocer, IBAN);
        *wish.pointer_mut(field).unwrap() = value;
        wish
    };
    let long = "x".repeat(71);
    for (field, value, code) in [
        ("/partnerId", json!("ptn_01h2xcejqtf2nbrexx3vqjhp41"), "PARTNER_NOT_FOUND"),
        ("/holder", json!(" "), "NAME_INVALID"),
        ("/holder", json!("❤"), "NAME_INVALID"),
        ("/holder", json!(long), "NAME_INVALID"),
        ("/iban", json!("NL92ABNA0417164300"), "IBAN_INVALID"),
        ("/bic", json!("ABNA"), "BIC_INVALID"),
        ("/mandate/reference", json!(""), "MANDATE_INVALID"),
        ("/mandate/reference", json!("a//b"), "MANDATE_INVALID"),
        ("/mandate/reference", json!("9".repeat(36)), "MANDATE_INVALID"),
        ("/mandate/signedOn", json!("2026-03-04"), "MANDATE_INVALID"),
        ("/mandate/signedOn", json!("1969-12-31"), "MANDATE_INVALID"),
    ] {
        let refused = world.operator.is_refused(SET, with(field, value)).await;
        assert_eq!(refused, (code.to_owned(), field[1..].replace('/', ".")));
    }
    for number in 0..20 {
        proposes(&world.operator, with("/holder", json!(format!("Grocer {number}")))).await;
    }
    let more = world.operator.is_refused(SET, account(&grocer, IBAN)).await;
    assert_eq!(more.0, "PROPOSALS_TOO_MANY");
    world.closes().await;
}

#[tokio::test]
async fn in_whose_name_money_is_fetched_takes_two_operators() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let bea = world.second_operator().await;
    let change = |id: &str| json!({ "expectedVersion": 1, "creditorId": id });
    let refused = world.operator.is_refused("updateProgramme", change("DE97ZZZ09999999999")).await;
    assert_eq!(refused, ("CREDITOR_ID_INVALID".to_owned(), "creditorId".to_owned()));
    let wish = change("de98 zzz0 9999 9999 99");
    let asked = "programme { creditorId } proposal { id }";
    let proposed = world.operator.does("updateProgramme", asked, wish).await;
    assert_eq!(proposed["programme"]["creditorId"], Value::Null);
    approves(&bea, &json!({ "proposalId": proposed["proposal"]["id"] })).await;
    let seen = "{ programme { creditorId } }";
    for (caller, id) in [
        (&bea, json!("DE98ZZZ09999999999")),
        (&grocer, json!("DE98ZZZ09999999999")),
        (&ana, Value::Null),
    ] {
        assert_eq!(caller.asks(seen).await["programme"]["creditorId"], id);
    }
    let kept = json!({ "expectedVersion": 2, "name": "Arno and more" });
    let kept = world.operator.does("updateProgramme", asked, kept).await;
    assert_eq!(kept["programme"]["creditorId"], "DE98ZZZ09999999999");
    world.closes().await;
}
