//! A small language for stories. A line does something, and ends in a code where it is refused; or
//! it says what the books then hold. Days are numbered, prices are micro-units a point.
//!
//! ```text
//! rules FORGIVE grace 30               rules inactivity 12
//! day 14                               from here on; at first it is day 0
//! ana earns 400 r1 of A from 14 until 90 price 10000 occurred 3
//! ana earns 400 r1 of A price 10000 due 10000 fee 500    so much of it at issue, and a fee
//! ana returns 500 r1
//! ana holds 80 h1 until 5              ana captures 50 h1 at D price 9000     ana releases h1
//! ana pays 300 p1 at D price 9000      ana reverses p1
//! ana gives 40 to bob                  ana pools into home
//! ana adjusted +50 until 90            ana adjusted -20                       ana written-off 30
//! history ana earns 10 r2              brought in as if it were that day
//! ana settles                          what is due, and nothing else
//!
//! ana has 100 pending 20 held 30 owes 50
//! ana keeps r1 100 until 90, r2 40 pending until 120
//! ana saw EARNED 100, MATURED 100
//! that took r1 400 issued 10000 accepted 9000          that gave r1 20      that captured r1 50
//! that posted AVAILABLE ISSUED 200                     that told recovered 200, forgiven 300
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::{BasisPoints, Points};
use entity::ids::{
    EntryId, HoldId, MemberId, PartnerId, ProgrammeId, PurchaseId, TypedId, WalletId,
};
use entity::ledger::lot::{Share, Terms};
use entity::partners::contract::Funding;
use entity::programmes::programme::DebtPolicy;
use uuid::Uuid;

use super::books::{burn_of, holds};
use super::told;
use crate::ledger::core::{
    Acceptance, Action, Book, Command, Expiry, NewLot, Rules, Wallet, decide,
};
use crate::ledger::reason::Cause;

/// Tells a story and stops at the first line that isn't so; the book is what it comes to.
pub(crate) fn check(story: &str) -> Book {
    let mut told = Story::new();
    for line in story.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() {
            told.tell(Words(&words));
            holds(&told.book);
        }
    }
    told.book
}

pub(super) struct Story {
    pub(super) book: Book,
    now: DateTime<Utc>,
    commands: u128,
    receipts: BTreeMap<String, Receipt>,
    payments: BTreeMap<String, EntryId>,
}

/// What a purchase knows of itself.
#[derive(Clone, Copy)]
struct Receipt {
    issuer: PartnerId,
    outstanding: Points,
}

/// A line, word by word.
#[derive(Clone, Copy)]
struct Words<'a>(&'a [&'a str]);

impl<'a> Words<'a> {
    fn at(self, place: usize) -> &'a str {
        self.0.get(place).unwrap_or_else(|| panic!("too short: {}", self.0.join(" ")))
    }

    /// The word after that one.
    fn after(self, word: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|other| *other == word)?;
        self.0.get(place + 1).copied()
    }

    fn number(self, place: usize) -> i64 {
        self.at(place).parse().unwrap_or_else(|_| panic!("no number: {}", self.0.join(" ")))
    }

    fn day(self, word: &str) -> Option<DateTime<Utc>> {
        Some(day(self.after(word)?.parse().unwrap()))
    }

    fn price(self) -> i64 {
        self.after("price").map_or(0, |price| price.parse().unwrap())
    }

    /// The code that ends a refused line.
    fn verdict(self) -> &'a str {
        let is_code = |word: &&str| {
            word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        };
        self.0.last().copied().filter(is_code).unwrap_or("ok")
    }
}

/// That many days after the first.
pub(super) fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(number)
}

/// A name is its own id, so that a lot can tell it again.
pub(crate) fn id(name: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Uuid::from_bytes(bytes)
}

/// The name that an id was made of.
pub(crate) fn name(id: impl TypedId) -> String {
    let bytes = id.uuid().into_bytes();
    String::from_utf8(bytes.into_iter().filter(|byte| *byte != 0).collect()).unwrap()
}

impl Story {
    fn new() -> Self {
        let rules = Rules {
            programme: ProgrammeId::from_uuid(id("arno")),
            expiry: Expiry::Dated,
            grace: TimeDelta::days(30),
            debt: DebtPolicy::AllowDebt,
        };
        Self {
            book: Book::new(rules),
            now: DateTime::UNIX_EPOCH,
            commands: 0,
            receipts: BTreeMap::new(),
            payments: BTreeMap::new(),
        }
    }

    fn tell(&mut self, words: Words<'_>) {
        let line = words.0.join(" ");
        match (words.at(0), words.at(1)) {
            ("rules", _) => self.rule(words),
            ("day", _) => self.now = day(words.number(1)),
            ("history", _) => self.does(Words(&words.0[1..]), true),
            (_, "has" | "keeps" | "saw" | "took" | "gave" | "captured" | "posted" | "told") => {
                let wallet = WalletId::from_uuid(id(words.at(0)));
                let found = told::told(&self.book, wallet, words.at(1));
                assert_eq!(words.0[2..].join(" "), found, "{line}");
            }
            _ => self.does(words, false),
        }
    }

    fn rule(&mut self, words: Words<'_>) {
        let rules = &mut self.book.rules;
        if words.0.contains(&"FORGIVE") {
            rules.debt = DebtPolicy::Forgive;
        }
        if let Some(days) = words.after("grace") {
            rules.grace = TimeDelta::days(days.parse().unwrap());
        }
        if let Some(months) = words.after("inactivity") {
            let months = months.parse().unwrap();
            rules.expiry = Expiry::Inactivity { months, zone: chrono_tz::UTC };
        }
    }

    /// The wallet of that name, opened when it is first spoken of.
    fn wallet(&mut self, name: &str) -> WalletId {
        let (programme, wallet) = (self.book.rules.programme, WalletId::from_uuid(id(name)));
        let empty = || Wallet::empty(programme, wallet, DateTime::UNIX_EPOCH);
        self.book.wallets.entry(wallet).or_insert_with(empty);
        wallet
    }

    fn does(&mut self, words: Words<'_>, is_history: bool) {
        let action = self.action(words);
        let partner = words.after("of").or(words.after("at")).unwrap_or("A");
        let receipt = ["earns", "returns"].contains(&words.at(1)).then(|| words.at(3));
        self.commands += 1;
        let command = Command {
            entry: EntryId::from_uuid(Uuid::from_u128(self.commands << 70)),
            wallet: self.wallet(words.at(0)),
            key: None,
            actor: "system".to_owned(),
            origin: String::new(),
            partner: Some(PartnerId::from_uuid(id(partner))),
            store: None,
            purchase: receipt.map(|name| PurchaseId::from_uuid(id(name))),
            occurred_at: words.day("occurred").unwrap_or(self.now),
            recorded_at: self.now,
            is_history,
            cause: Cause::Payment { reference: None },
            action,
        };
        let verdict = decide(&mut self.book, &command);
        let found = verdict.as_ref().map_or_else(|refusal| refusal.code.name(), |_| "ok");
        assert_eq!(words.verdict(), found, "{}", words.0.join(" "));
        if verdict.is_ok() {
            self.remember(words, &command);
        }
    }

    fn action(&mut self, words: Words<'_>) -> Action {
        let points = |place: usize| Points::new(words.number(place).abs()).unwrap();
        let hold = |place: usize| HoldId::from_uuid(id(words.at(place)));
        match words.at(1) {
            "earns" => Action::Earn { lots: vec![self.lot(words, words.after("of"))] },
            "returns" => {
                let Receipt { issuer, outstanding } = self.receipts[words.at(3)];
                Action::returning(issuer, points(2), outstanding)
            }
            "holds" => Action::Hold {
                hold: hold(3),
                member: MemberId::from_uuid(id(words.at(0))),
                points: points(2),
                lapses_at: words.day("until").unwrap_or(self.now + TimeDelta::days(7)),
            },
            "captures" => {
                Action::Capture { hold: hold(3), points: points(2), acceptance: accepts(words) }
            }
            "releases" => Action::Release { hold: hold(2) },
            "pays" => Action::Pay { points: points(2), acceptance: accepts(words) },
            "reverses" => {
                let payment = self.payments[words.at(2)];
                self.book.burns.insert(payment, burn_of(&self.book, payment));
                Action::Reverse { payment }
            }
            "gives" => Action::Transfer { to: self.wallet(words.at(4)), points: points(2) },
            "pools" => Action::Pool { into: self.wallet(words.at(3)) },
            "adjusted" if words.at(2).starts_with('-') => Action::Debit { points: points(2) },
            "adjusted" => Action::Credit { lot: self.lot(words, None) },
            "written-off" => Action::WriteOff { points: points(2) },
            "settles" => Action::Settle,
            verb => panic!("nobody knows how to {verb}"),
        }
    }

    fn lot(&self, words: Words<'_>, issuer: Option<&str>) -> NewLot {
        let is_earned = words.at(1) == "earns";
        let issuer = is_earned.then(|| PartnerId::from_uuid(id(issuer.unwrap_or("A"))));
        let share = |word: &str| {
            BasisPoints::new(words.after(word).map_or(0, |share| share.parse().unwrap())).unwrap()
        };
        let share = Share {
            partner: issuer,
            contract: None,
            share_bp: BasisPoints::WHOLE,
            funding: Funding::AtBurn,
            issue_share_bp: share("due"),
            issue_price_micros: words.price(),
            service_fee_bp: share("fee"),
        };
        NewLot {
            part: 0,
            issuer,
            points: Points::new(words.number(2)).unwrap(),
            available_at: words.day("from").unwrap_or(self.now),
            expires_at: words.day("until"),
            terms: Terms { shares: vec![share] },
        }
    }

    /// What a purchase or payment is named by from here on.
    fn remember(&mut self, words: Words<'_>, command: &Command) {
        match &command.action {
            Action::Earn { lots } => {
                let (issuer, outstanding) = (lots[0].issuer.unwrap(), lots[0].points);
                self.receipts.insert(words.at(3).to_owned(), Receipt { issuer, outstanding });
            }
            Action::Return { parts, .. } => {
                let receipt = self.receipts.get_mut(words.at(3)).unwrap();
                receipt.outstanding = receipt.outstanding.minus(parts[0].points).unwrap();
            }
            Action::Pay { .. } | Action::Capture { .. } => {
                self.payments.insert(words.at(3).to_owned(), command.entry);
            }
            _ => {}
        }
    }
}

fn accepts(words: Words<'_>) -> Acceptance {
    let partner = PartnerId::from_uuid(id(words.after("at").unwrap_or("A")));
    Acceptance { partner: Some(partner), price_micros: words.price() }
}
