//! The programme's own rules, and who may change them.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn an_operator_amends_what_it_has_seen() {
    let world = World::new().await;
    let wish = json!({ "expectedVersion": 1, "pendingDays": 7, "timeZone": "Europe/Rome" });
    let amended = world
        .operator
        .does("updateProgramme", "programme { version pendingDays timeZone }", wish.clone())
        .await;
    assert_eq!(
        amended["programme"],
        json!({ "version": 2, "pendingDays": 7, "timeZone": "Europe/Rome" })
    );
    let document = "mutation($input: UpdateProgrammeInput!) { updateProgramme(input: $input) { programme { id } } }";
    let stale = world.operator.posts(document, json!({ "input": wish })).await;
    assert_eq!(stale["errors"][0]["extensions"]["code"], "CONFLICT");
    world.closes().await;
}

#[tokio::test]
async fn a_setting_out_of_bounds_is_refused_by_its_name() {
    let world = World::new().await;
    for (field, value, code) in [
        ("timeZone", json!("Rome"), "TIME_ZONE_UNKNOWN"),
        ("pendingDays", json!(366), "VALUE_OUT_OF_RANGE"),
        ("expiryMonths", json!(0), "VALUE_OUT_OF_RANGE"),
        ("adjustmentLimit", json!(-1), "POINTS_INVALID"),
    ] {
        let refusal = world
            .operator
            .is_refused("updateProgramme", json!({ "expectedVersion": 1, field: value }))
            .await;
        assert_eq!(refusal, (code.to_owned(), field.to_owned()));
    }
    world.closes().await;
}

#[tokio::test]
async fn members_and_partners_change_nothing_of_it() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let document =
        "mutation { updateProgramme(input: { expectedVersion: 1 }) { programme { id } } }";
    for caller in [grocer, ana] {
        let answer = caller.posts(document, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    world.closes().await;
}
