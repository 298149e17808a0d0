//! Who gets in where. Every field of `Query` and `Mutation` is asked by everyone there is, with
//! arguments made up from the schema, and the answer is compared with the table below: a field that
//! isn't in it, or lets somebody in whom it doesn't name, fails.

use std::collections::BTreeMap;

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputValueDefinition};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Caller, World};

/// Root field, and who is let in: `m`embers, `p`artners and `o`perators with every scope that there
/// is for them; then who is without any.
const LET_IN: &str = "
addPoolCodes po
addStore o
adjustPoints o
adjustSettlement o
adjustments o
approveAdjustment o
approveCycle o
approveProposal o
archiveTierSet o
assignBankTransaction o
assignCoupon po
assignSegment o
bankTransactions o
blockCard mo
calculateCycle o
campaigns mpo po
cancelClaim mpo
cancelMembership po
cancelPayout m
cancelVoucherUse p
captureHold p
claimPurchases mpo
claimReward m
closeMember o
closeStore o
codePool po
codePools po
confirmPayouts o
confirmVoucher p
convertCashback m
coupon mpo po
coupons mpo po
createCodePool po
createMembershipPlan o
createTierSet o
declareEventType o
defineSegment o
disputes po
draftCampaign o
draftCoupon po
draftEarningRule o
draftReward po
earningRules mpo po
enrolMember po
enrolWithIdentity nobodympo po
eventTypes mpo po
events mpo
generalLedger o
grantTier o
hold mpo
identityProviders o
importBankStatement o
leaveHousehold o
liabilityReport o
limits nobodympo po
linkCard po
makeCouponCodes po
member mpo
members o
membershipPlans mpo po
node mpo
nodes mpo
onboardPartner o
partner mpo po
partnerMatrix po
partners mpo po
partnersOverAlert o
payWithPoints p
paymentInstructions po
payoutRuns o
payouts mo
placeHold p
poolHousehold o
programme mpo po
proposals o
purchase mpo
purchases mpo
quotePurchase p
raiseDispute p
reconcile p
reconciliation po
reconciliations po
recordEvent po
recordMembershipPayment po
recordMissingPurchases p
recordPurchase p
recordPurchases p
recordSettlementPayment o
redeemVoucher p
refundMembership po
registerApiClient o
registerIdentityProvider o
reinstateMember o
reinstatePartner o
rejectAdjustment o
rejectProposal o
releaseHold p
removeBankAccount m
requestPayout m
reserveVoucher p
resolveDispute o
retireIdentityProvider o
retireMembershipPlan o
returnPurchase p
reversePayment p
reviewCycle o
revokeApiClient o
revokeTier o
reward mpo po
rewardClaim mpo
rewardClaims mpo
rewards mpo po
runPayouts o
segments o
setBankAccount m
setCampaignStatus o
setCouponStatus po
setEarningRuleStatus o
setMemberProfile mo
setPartnerBankAccount o
setPartnerReference p
setRewardStatus po
setTaxRate o
settlementAgeing po
settlementCycles po
settlementStatements po
signContract o
simulateContract o
simulateEarning o
simulations o
suspendMember o
suspendPartner o
taxRates po
testRule o
tierSets mpo po
transferPoints m
updateCampaign o
updateCoupon po
updateEarningRule o
updateMembershipPlan o
updatePartner o
updateProgramme o
updateReward po
updateTierSet o
viewer m
voucherClaim p
whyNot mpo po
writeOffDebt o
";

/// The prefix of an id, by what the field that takes it is called.
const IDS: [(&str, &str); 36] = [
    ("bankTransactionId", "btx"),
    ("cycleId", "cyc"),
    ("disputeId", "dsp"),
    ("fromCycleId", "cyc"),
    ("statementId", "stm"),
    ("toCycleId", "cyc"),
    ("adjustmentId", "adj"),
    ("apiClientId", "cli"),
    ("campaignId", "cmp"),
    ("cardId", "crd"),
    ("codePoolId", "cpl"),
    ("entryId", "ent"),
    ("holdId", "hld"),
    ("householdId", "hhd"),
    ("identityProviderId", "idp"),
    ("memberId", "mem"),
    ("memberIds", "mem"),
    ("membershipId", "msh"),
    ("membershipPlanId", "mpl"),
    ("partnerId", "ptn"),
    ("paid", "pyo"),
    ("paymentId", "ent"),
    ("payoutId", "pyo"),
    ("proposalId", "prp"),
    ("purchaseId", "pur"),
    ("reconciliationId", "rcn"),
    ("rewardClaimId", "clm"),
    ("couponId", "cpn"),
    ("rewardId", "rwd"),
    ("ruleId", "rul"),
    ("runId", "pyr"),
    ("storeId", "sto"),
    ("storeIds", "sto"),
    ("partnerIds", "ptn"),
    ("tierSetId", "tis"),
    ("voucherUseId", "vus"),
];

/// Something that the schema takes here.
fn made_up(schema: &Schema, of: &str, name: &str, ty: &Type) -> Value {
    if ty.is_list() {
        return json!([made_up(schema, of, name, ty.item_type())]);
    }
    match (&schema.types[ty.inner_named_type()], ty.inner_named_type().as_str()) {
        (ExtendedType::Enum(ty), _) => json!(ty.values.keys().next().unwrap().as_str()),
        (ExtendedType::InputObject(ty), _) => {
            let is_one_of = ty.directives.has("oneOf");
            let fields = ty.fields.values().filter(|field| is_one_of || field.is_required());
            let fields = fields.take(if is_one_of { 1 } else { usize::MAX });
            let value =
                |field: &InputValueDefinition| made_up(schema, &ty.name, &field.name, &field.ty);
            fields.map(|field| (field.name.to_string(), value(field))).collect()
        }
        (_, "ID") => {
            let known = IDS.iter().find(|(field, _)| *field == name).map(|(_, prefix)| *prefix);
            let by_type = match of {
                "MemberBy" => "mem",
                "PartnerBy" => "ptn",
                "PurchaseBy" => "pur",
                "TriedRuleInput" => "rul",
                "codePool" => "cpl",
                "hold" => "hld",
                "reconciliation" => "rcn",
                "coupon" => "cpn",
                "reward" => "rwd",
                "rewardClaim" => "clm",
                _ => known.unwrap_or("mem"),
            };
            json!(format!("{by_type}_01h2xcejqtf2nbrexx3vqjhp41"))
        }
        (_, "Int" | "Points" | "BasisPoints") => json!(1),
        (_, "Boolean") => json!(true),
        (_, "Decimal") => json!("1"),
        (_, "CurrencyCode") => json!("EUR"),
        (_, "Date") => json!("2026-03-02"),
        (_, "DateTime") => json!("2026-03-02T09:00:00Z"),
        (_, "String") => json!("x"),
        (_, "Attributes") => json!({}),
        (_, other) => panic!("nothing made up for {other}"),
    }
}

/// A document that asks one root field, and its variables.
fn asking(schema: &Schema, operation: &str, field: &FieldDefinition) -> (String, Value) {
    let required: Vec<_> = field.arguments.iter().filter(|one| one.is_required()).collect();
    let declared: String =
        required.iter().map(|one| format!("${}: {} ", one.name, one.ty)).collect();
    let given: String = required.iter().map(|one| format!("{0}: ${0} ", one.name)).collect();
    let variables = required
        .iter()
        .map(|one| (one.name.to_string(), made_up(schema, &field.name, &one.name, &one.ty)))
        .collect();
    let with = |open: &str, text: &str| match text {
        "" => String::new(),
        text => format!("{open}{text})"),
    };
    let document = format!(
        "{operation}{} {{ {}{} {{ __typename }} }}",
        with("(", &declared),
        field.name,
        with("(", &given)
    );
    (document, variables)
}

async fn lets_in(caller: &Caller, (document, variables): &(String, Value)) -> bool {
    let answer = caller.posts(document, variables.clone()).await;
    let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
    assert!(!["GRAPHQL_VALIDATION_FAILED", "INTERNAL"].contains(&code), "{document}: {answer}");
    !["UNAUTHENTICATED", "FORBIDDEN"].contains(&code)
}

#[tokio::test]
async fn every_field_lets_in_whom_it_says_and_nobody_else() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let life = TimeDelta::days(1);
    // A member's token has no scopes.
    let ana = world.with_token(&ana, &[], life).await;
    let nobody = world.operator.as_nobody();
    let with_scopes = [("nobody", &nobody), ("m", &ana), ("p", &grocer), ("o", &world.operator)];
    let bare_grocer = world.with_token(&grocer, &[], life).await;
    let bare_operator = world.with_token(&world.operator, &[], life).await;
    let without = [("p", &bare_grocer), ("o", &bare_operator)];

    let schema = Schema::parse_and_validate(api::graphql::sdl(), "schema.graphql").unwrap();
    let mut found = BTreeMap::new();
    for (operation, root) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in schema.get_object(root).unwrap().fields.values() {
            let asking = asking(&schema, operation, field);
            let mut who = String::new();
            for (letter, caller) in with_scopes {
                if lets_in(caller, &asking).await {
                    who += letter;
                }
            }
            who += " ";
            for (letter, caller) in without {
                if lets_in(caller, &asking).await {
                    who += letter;
                }
            }
            found.insert(field.name.to_string(), who.trim_end().to_owned());
        }
    }
    let found: String = found.iter().map(|(field, who)| format!("{field} {who}\n")).collect();
    assert_eq!(found.trim(), LET_IN.trim());
    world.closes().await;
}
