//! Everything has an id, and is found by it by whoever may see it.

use serde_json::{Value, json};

use crate::support::provider::{Provider, Signer};
use crate::support::{Caller, World, payment, receipt};
use crate::tiers;

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

/// The kinds that a caller finds under these ids, with null for what it doesn't.
async fn found(caller: &Caller, ids: &[String]) -> Vec<Value> {
    let answer = caller.posts(NODES, json!({ "ids": ids })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    let nodes = answer["data"]["nodes"].as_array().unwrap();
    for (node, id) in nodes.iter().zip(ids) {
        assert!(node.is_null() || node["id"] == **id, "{id}: {node}");
    }
    nodes.iter().map(|node| node["__typename"].clone()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}

/// One of each kind, of what happens at the grocer's.
async fn ids_of_everything(world: &World, grocer: &Caller, ana: &Caller) -> Vec<String> {
    let pool = json!({ "memberIds": [ana.id] });
    let pool = world.operator.does("poolHousehold", "household { id }", pool).await;
    let store = json!({ "partnerId": grocer.id, "code": "1", "name": "Centre" });
    let store = world.operator.does("addStore", "store { id }", store).await;
    let mut sale = receipt("R1", "C1", "100.00", world.now());
    sale["storeCode"] = json!("1");
    let sale = grocer.does("recordPurchase", "purchase { id }", sale).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "idempotencyKey": "r",
        "occurredAt": world.now(), "lines": [{ "line": 0, "quantity": 1 }] });
    let back = grocer.does("returnPurchase", "purchaseReturn { id }", back).await;
    let hold = grocer
        .does(
            "placeHold",
            "hold { id }",
            json!({ "member": { "cardNumber": "C1" }, "points": 5, "idempotencyKey": "h" }),
        )
        .await;
    let gift = json!({ "memberId": ana.id, "points": 7, "reason": "sorry", "idempotencyKey": "a" });
    let gift = world.operator.does("adjustPoints", "adjustment { id }", gift).await;
    let raise = json!({ "expectedVersion": 1, "adjustmentLimit": 6 });
    let raise = world.operator.does("updateProgramme", "proposal { id }", raise).await;
    let provider = Provider::new(Signer::ed25519()).await;
    world.trusts(&provider).await;
    let providers = world.operator.asks("{ identityProviders { nodes { id } } }").await;
    let set = world.operator.does("createTierSet", "tierSet { id }", tiers::by_spend()).await;
    let plan = json!({ "code": "plus", "name": "Plus", "fee": "49.00", "periodMonths": 12 });
    let plan = world.operator.does("createMembershipPlan", "membershipPlan { id }", plan).await;
    let paid = json!({ "member": { "cardNumber": "C1" }, "paidAt": world.now(), "reference": "P1",
        "membershipPlanId": plan["membershipPlan"]["id"], "idempotencyKey": "m",
        "amount": { "amount": "49.00", "currencyCode": "EUR" } });
    let paid = grocer.does("recordMembershipPayment", "membership { id }", paid).await;
    let seen = ana
        .asks(
            "{ programme { id } viewer { cards { id } wallet { id lots { nodes { id } }
            history { nodes { id } } } } }",
        )
        .await;
    let partner = format!(
        "{{ partner(by: {{ id: \"{}\" }}) {{ contracts {{ nodes {{ id }} }}
        apiClients {{ nodes {{ id }} }} }} }}",
        grocer.id
    );
    let terms = grocer.asks(&partner).await;
    let ids = [
        &seen["programme"]["id"],
        &store["store"]["id"],
        &seen["viewer"]["cards"][0]["id"],
        &seen["viewer"]["wallet"]["id"],
        &seen["viewer"]["wallet"]["lots"]["nodes"][0]["id"],
        &seen["viewer"]["wallet"]["history"]["nodes"][0]["id"],
        &sale["purchase"]["id"],
        &back["purchaseReturn"]["id"],
        &hold["hold"]["id"],
        &gift["adjustment"]["id"],
        &pool["household"]["id"],
        &set["tierSet"]["id"],
        &plan["membershipPlan"]["id"],
        &paid["membership"]["id"],
        &terms["partner"]["contracts"]["nodes"][0]["id"],
        &terms["partner"]["apiClients"]["nodes"][0]["id"],
        &raise["proposal"]["id"],
        &providers["identityProviders"]["nodes"][0]["id"],
    ];
    ids.into_iter().map(text).chain([grocer.id.clone(), ana.id.clone()]).collect()
}

#[tokio::test]
async fn an_id_leads_whoever_may_see_it_to_its_object_and_nobody_else() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let (ana, bo) = (world.member("C1").await, world.member("C2").await);
    let ids = ids_of_everything(&world, &grocer, &ana).await;

    let all = [
        "Programme",
        "Store",
        "Card",
        "Wallet",
        "Lot",
        "Entry",
        "Purchase",
        "PurchaseReturn",
        "Hold",
        "Adjustment",
        "Household",
        "TierSet",
        "MembershipPlan",
        "Membership",
        "Contract",
        "ApiClient",
        "Proposal",
        "IdentityProvider",
        "Partner",
        "Member",
    ];
    let but = |hidden: &[&str]| -> Vec<Value> {
        all.iter()
            .map(|kind| if hidden.contains(kind) { json!(null) } else { json!(kind) })
            .collect()
    };
    assert_eq!(found(&world.operator, &ids).await, but(&[]));
    let of_operators = ["Adjustment", "Proposal", "IdentityProvider"];
    let to_ana = [&of_operators[..], &["Contract", "ApiClient"]].concat();
    assert_eq!(found(&ana, &ids).await, but(&to_ana));
    let to_grocer = [&of_operators[..], &["Card", "Household"]].concat();
    assert_eq!(found(&grocer, &ids).await, but(&to_grocer));
    let public = ["Programme", "Store", "Partner", "TierSet", "MembershipPlan"];
    let hidden: Vec<&str> = all.into_iter().filter(|kind| !public.contains(kind)).collect();
    assert_eq!(found(&fuel, &ids).await, but(&hidden));
    assert_eq!(found(&bo, &ids).await, but(&hidden));
    world.closes().await;
}

#[tokio::test]
async fn an_id_may_be_asked_for_twice_and_one_that_names_nothing_is_null() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let nobody = "mem_01h2xcejqtf2nbrexx3vqjhp41".to_owned();
    let kinds = found(&world.operator, &[ana.id.clone(), nobody.clone(), ana.id.clone()]).await;
    assert_eq!(kinds, [json!("Member"), json!(null), json!("Member")]);
    let one = world.operator.asks(&format!("{{ node(id: \"{nobody}\") {{ id }} }}")).await;
    assert_eq!(one["node"], json!(null));
    world.closes().await;
}

#[tokio::test]
async fn what_is_no_id_is_refused_by_its_argument() {
    let world = World::new().await;
    for bad in [
        "",
        "mem",
        "mem_",
        "mem_01h2",
        "xyz_01h2xcejqtf2nbrexx3vqjhp41",
        "MEM_01H2XCEJQTF2NBREXX3VQJHP41",
    ] {
        let document = "query($id: ID!) { node(id: $id) { id } }";
        let answer = world.operator.posts(document, json!({ "id": bad })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{bad}: {answer}");
        assert!(
            answer["errors"][0]["message"].as_str().unwrap().contains("is not an id"),
            "{answer}"
        );
    }
    let ids: Vec<_> = (0..101).map(|_| "mem_01h2xcejqtf2nbrexx3vqjhp41").collect();
    let answer = world.operator.posts(NODES, json!({ "ids": ids })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    world.closes().await;
}

#[tokio::test]
async fn a_partner_does_not_learn_where_else_its_customers_buy() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    grocer.does("recordPurchase", "points", receipt("G1", "C1", "60.00", world.now())).await;
    // Lots are listed by id, which tells their time.
    world.days_pass(1).await;
    fuel.does("recordPurchase", "points", receipt("F1", "C1", "60.00", world.now())).await;
    let paid =
        fuel.does("payWithPoints", "entry { id }", payment("C1", 100, "p", world.now())).await;
    let query = format!(
        "{{ node(id: {}) {{ ... on Entry {{ lotsUsed {{ points lot {{ issuer {{ code }} }} }} }} }} }}",
        paid["entry"]["id"]
    );
    let of = |issuer: &str, points: i64| json!({ "points": points, "lot": { "issuer": { "code": issuer } } });
    assert_eq!(
        ana.asks(&query).await["node"]["lotsUsed"],
        json!([of("grocer", 60), of("fuel", 40)])
    );
    assert_eq!(fuel.asks(&query).await["node"]["lotsUsed"], json!([of("fuel", 40)]));
    world.closes().await;
}
