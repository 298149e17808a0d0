//! Many clients at one member, all at once and many twice: what is left is what their answers say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::{Caller, World, code, payment, receipt};

/// Two of them do the same: the same receipts, the same keys.
const CLIENTS: usize = 32;

/// What an answer did to what is available: by what it made, which two answers may name.
type Effect = (String, i64, bool);

/// One of the clients, at its till.
struct Client {
    till: Caller,
    place: usize,
    now: DateTime<Utc>,
    /// A receipt from before, of two lines of 60 and 40 points, that its twin returns as well.
    old: Value,
    effects: Vec<Effect>,
}

impl Client {
    /// What it shares with its twin.
    fn pair(&self) -> usize {
        self.place / 2
    }

    async fn works(mut self) -> Vec<Effect> {
        let sale = receipt(&format!("N{}", self.pair()), "C1", "10.00", self.now);
        let sold = self.done("recordPurchase", "purchase { id }", "purchase", 1, sale).await;
        let paid = payment("C1", 7, &self.key("p"), self.now);
        self.done("payWithPoints", "entry { id points }", "entry", -1, paid).await;
        self.holds().await;
        match self.pair() % 4 {
            0 => self.returns_whole(self.old.clone()).await,
            1 => self.returns_by_line().await,
            2 => self.returns_by_quantity().await,
            _ => self.returns_whole(sold).await,
        }
        self.effects
    }

    fn key(&self, of: &str) -> String {
        format!("{of}{}", self.pair())
    }

    /// A key that its twin doesn't have.
    fn own_key(&self, of: &str) -> String {
        format!("{of}-{}", self.place)
    }

    /// Does it, notes by how much it changed what is available, and says what it was done to.
    async fn done(
        &mut self,
        what: &str,
        result: &str,
        made: &str,
        sign: i64,
        input: Value,
    ) -> Value {
        let points = if result.contains("points") { "" } else { "points" };
        let payload = self.till.does(what, &format!("{result} {points} isReplayed"), input).await;
        let id = payload[made]["id"].as_str().unwrap().to_owned();
        let points = payload.get("points").unwrap_or(&payload[made]["points"]).as_i64().unwrap();
        let is_new = payload["isReplayed"] == false;
        self.effects.push((format!("{what} {id}"), sign * points, is_new));
        payload[made]["id"].clone()
    }

    /// Places a hold of 9 points; it is captured for 5, or released, and never both.
    async fn holds(&mut self) {
        let hold = json!({ "member": { "cardNumber": "C1" }, "points": 9, "idempotencyKey": self.key("h") });
        let hold = self.done("placeHold", "hold { id points }", "hold", 0, hold).await;
        let capture = |key: String| json!({ "holdId": hold, "points": 5, "occurredAt": self.now, "idempotencyKey": key });
        let release = |key: String| json!({ "holdId": hold, "idempotencyKey": key });
        if self.pair().is_multiple_of(2) {
            let (first, again) = (capture(self.key("c")), capture(self.own_key("c")));
            let late = release(self.own_key("l"));
            self.done("captureHold", "entry { id points }", "entry", -1, first).await;
            self.is_refused("captureHold", again, "HOLD_ALREADY_CAPTURED").await;
            self.is_refused("releaseHold", late, "HOLD_ALREADY_CAPTURED").await;
        } else {
            let (first, late) = (release(self.key("l")), capture(self.own_key("c")));
            self.done("releaseHold", "hold { id points }", "hold", 0, first).await;
            self.is_refused("captureHold", late, "HOLD_ALREADY_RELEASED").await;
        }
    }

    async fn returns_whole(&mut self, purchase: Value) {
        let whole = |key: String| self.goods_back(&purchase, key, Value::Null);
        let (first, again) = (whole(self.key("w")), whole(self.own_key("w")));
        self.returned(first.clone()).await;
        self.returned(first).await;
        self.is_refused("returnPurchase", again, "RETURN_EXCEEDS_PURCHASE").await;
    }

    async fn returns_by_line(&mut self) {
        for line in 0..2 {
            let lines = json!([{ "line": line }]);
            let key = self.key(&format!("b{line}-"));
            self.returned(self.goods_back(&self.old, key, lines)).await;
        }
        let again =
            self.goods_back(&self.old, self.own_key("b"), json!([{ "line": 0, "quantity": 1 }]));
        self.is_refused("returnPurchase", again, "RETURN_EXCEEDS_PURCHASE").await;
    }

    /// One of the two pieces of a line, twice under one key, then the other under another.
    async fn returns_by_quantity(&mut self) {
        let lines = json!([{ "line": 0, "quantity": 1 }]);
        let piece = |key: String| self.goods_back(&self.old, key, lines.clone());
        let (one, other) = (piece(self.key("q")), piece(self.key("r")));
        let more = piece(self.own_key("q"));
        self.returned(one.clone()).await;
        self.returned(one).await;
        self.returned(other).await;
        self.is_refused("returnPurchase", more, "RETURN_EXCEEDS_PURCHASE").await;
    }

    fn goods_back(&self, purchase: &Value, key: String, lines: Value) -> Value {
        json!({ "purchaseId": purchase, "lines": lines, "occurredAt": self.now, "idempotencyKey": key })
    }

    async fn returned(&mut self, input: Value) {
        self.done("returnPurchase", "purchaseReturn { id points }", "purchaseReturn", -1, input)
            .await;
    }

    async fn is_refused(&self, what: &str, input: Value, expected: &str) {
        let payload = self.till.tries(what, "", input).await;
        assert_eq!(code(&payload), expected, "{what}: {payload}");
    }
}

/// A receipt of two lines, two pieces each, that earned 60 and 40 points.
async fn old_receipt(till: &Caller, number: &str, now: DateTime<Utc>) -> Value {
    let mut sale = receipt(number, "C1", "60.00", now);
    sale["total"]["amount"] = json!("100.00");
    let line = json!({ "sku": "B2", "category": "FOOD", "quantity": 2, "amount": "40.00" });
    sale["lines"].as_array_mut().unwrap().push(line);
    till.does("recordPurchase", "purchase { id }", sale).await["purchase"]["id"].clone()
}

#[tokio::test]
async fn thirty_two_clients_at_one_member_leave_what_their_answers_say() {
    let world = World::new().await;
    let mut other = world.opens_gateway().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let (now, mut clients) = (world.now(), Vec::new());
    for pair in 0..CLIENTS / 2 {
        let old = old_receipt(&till, &format!("R{pair}"), now).await;
        for place in [2 * pair, 2 * pair + 1] {
            // The twins stand at two gateways.
            let till = if place % 2 == 0 { till.clone() } else { till.at(&other) };
            let old = old.clone();
            clients.push(Client { till, place, now, old, effects: Vec::new() });
        }
    }
    let before = world.wallet(&ana).await[0];
    assert_eq!(before, 100 * 16);
    let working: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.works())).collect();

    // By what was done: its points, the same in every answer, and how often it was new.
    let mut done: BTreeMap<String, (i64, u32)> = BTreeMap::new();
    for client in working {
        for (what, points, is_new) in client.await.unwrap() {
            let entry = done.entry(what.clone()).or_insert((points, 0));
            assert_eq!(entry.0, points, "{what}");
            entry.1 += u32::from(is_new);
        }
    }
    for (what, (_, times)) in &done {
        assert_eq!(*times, 1, "{what}");
    }
    // 16 sales, payments, holds, and their captures or releases; returns 4, 8, 8 and 4.
    assert_eq!(done.len(), 16 * 4 + 4 + 8 + 8 + 4);
    let change: i64 = done.values().map(|(points, _)| points).sum();
    assert_eq!(world.wallet(&ana).await, [before + change, 0, 0, 0]);
    let expected = 16 * 10 - 16 * 7 - 8 * 5 - (4 * 100 + 4 * 100 + 4 * 60 + 4 * 10);
    assert_eq!(change, expected);
    other.stops().await;
    world.closes().await;
}
