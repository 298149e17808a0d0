//! The demo as a newcomer meets it: what it prints, that it goes on with the same data, and that
//! what it offers to paste works.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{Ended, Folder};

const EXIT: &str = "demo --exit";

/// The line that begins so.
fn line<'a>(ended: &'a Ended, begins: &str) -> &'a str {
    let found = ended.printed.lines().find(|line| line.starts_with(begins));
    found.unwrap_or_else(|| panic!("no line {begins:?}: {}{}", ended.printed, ended.complained))
}

#[tokio::test]
async fn the_demo_loads_once_tells_what_is_in_the_books_and_serves() {
    let folder = Folder::new();
    let first = folder.florin(EXIT);
    assert_eq!(first.code, 0, "{}{}", first.printed, first.complained);
    let told = line(&first, "Arno Card, a demo: ");
    assert!(told.contains(" members, 9,078 receipts, ") && told.contains(" returns"), "{told}");
    for partner in ["grocer", "fuel", "pharmacy", "kitchen", "garden", "spirits", "travel"] {
        let figures: Vec<_> = line(&first, partner).split_whitespace().skip(1).collect();
        assert!(figures.len() == 2 && !figures.contains(&"0"), "{partner}: {figures:?}");
    }
    assert!(line(&first, "liability ").contains(" points: members can spend "));
    for rule in ["base rate", "bakery", "tuesday", "welcome", "fifty", "tank", "coupons-26"] {
        assert!(!line(&first, rule).split_whitespace().any(|figure| figure == "0"), "{rule}");
    }
    let reasons = first.printed.lines().filter(|line| line.contains(" × ")).count();
    assert_eq!(reasons, 5, "{}", first.printed);
    // Every partner owes or is owed.
    let balanced = "the programme at the cycle's end: ";
    assert!(line(&first, balanced).ends_with("all money sums to zero"), "{}", first.printed);
    let payments = first.printed.lines().filter(|line| line.starts_with("  "));
    let payments = payments.filter(|line| line.contains(" pays ") || line.contains(" is paid "));
    assert!(payments.count() >= 7, "{}", first.printed);
    line(&first, "arno: the books hold");

    let second = folder.florin(EXIT);
    assert_eq!(second.code, 0, "{}", second.complained);
    assert!(!second.printed.contains("recorded"), "loaded twice: {}", second.printed);
    for same in ["Arno Card, a demo: ", "together ", balanced, "arno: the books hold"] {
        assert_eq!(line(&second, same), line(&first, same));
    }

    let later = folder.file("later.csv", LATER);
    let refused = folder.florin(&format!("{EXIT} --receipts {}", later.display()));
    assert_eq!(refused.code, 1, "{}", refused.complained);
    assert!(refused.complained.contains("which is to come"), "{}", refused.complained);

    let serving = Demo::serving(&folder);
    for offer in serving.offers() {
        let answer = offer.ask().await;
        assert!(answer["errors"].is_null() && answer["data"].is_object(), "{answer}");
    }
}

#[test]
fn more_receipts_are_loaded_with_the_first_ones_dates() {
    let folder = Folder::new();
    let later = folder.file("later.csv", LATER);
    let ended = folder.florin(&format!("{EXIT} --receipts {}", later.display()));
    assert_eq!(ended.code, 0, "{}{}", ended.printed, ended.complained);
    assert!(
        line(&ended, "Arno Card, a demo: ").contains(", 9,079 receipts, "),
        "{}",
        ended.printed
    );
}

#[test]
fn what_is_prepared_takes_receipts_with_their_own_dates_by_the_demos_rules() {
    let folder = Folder::new();
    let prepared = folder.florin("demo --prepare");
    assert_eq!(prepared.code, 0, "{}{}", prepared.printed, prepared.complained);
    line(&prepared, "Arno Card, a demo: arno is ready for receipts");
    let none = folder.florin("rules");
    assert_eq!((none.code, none.printed.lines().count()), (0, 1), "{}", none.printed);
    let sample = folder.0.join("data/sample-receipts.csv.gz");
    let import = format!("import receipts --backfill --enrol {}", sample.display());
    let imported = folder.florin(&import);
    assert_eq!(imported.code, 0, "{}{}", imported.printed, imported.complained);
    let totals = folder.florin("rules");
    for rule in
        ["base rate", "bakery", "tuesday", "welcome", "fifty", "tank", "coupons-24", "coupons-26"]
    {
        assert!(line(&totals, rule).split_whitespace().count() >= 4, "{}", totals.printed);
    }
    assert!(!totals.printed.contains("coupons-27"), "it begins in February: {}", totals.printed);
    assert_eq!(folder.florin("demo --prepare").code, 0);
    assert_eq!(folder.florin(&import).code, 0);
    assert_eq!(folder.florin("rules").printed, totals.printed);
    assert_eq!(folder.florin("verify").code, 0);
    // Whoever starts the demo over it finds the receipts where they are.
    let demo = folder.florin(EXIT);
    assert_eq!(demo.code, 0, "{}{}", demo.printed, demo.complained);
    assert!(!demo.printed.contains("recorded"), "loaded twice: {}", demo.printed);
}

/// A receipt of the day after the sample's last.
const LATER: &str = "partner,receipt_no,occurred_at,card_no,store_no,sku,category,brand,quantity,amount_minor,discount_minor
travel,1,2017-01-28T12:00:00Z,H0900,330,1,TRAVEL,,1,50000,0
";

/// A demo that serves.
pub(crate) struct Demo {
    child: Child,
    pub(crate) url: String,
    data: PathBuf,
    said: Vec<String>,
}

/// A query that the demo says can be pasted, and the token that goes with it.
struct Offer {
    url: String,
    query: String,
    token: String,
}

impl Demo {
    /// Starts it in the folder, and waits until it serves.
    pub(crate) fn serving(folder: &Folder) -> Self {
        let mut command = folder.command("demo --listen 127.0.0.1:0", &[]);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut serving = Self {
            child: command.spawn().unwrap(),
            url: String::new(),
            data: folder.0.join("data"),
            said: Vec::new(),
        };
        for line in BufReader::new(serving.child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("Florin serves at ") {
                serving.url = url.to_owned();
                return serving;
            }
            serving.said.push(line);
        }
        panic!("it ended before it served: {:?}", serving.said);
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    fn offers(&self) -> Vec<Offer> {
        let offers: Vec<_> = self
            .said
            .windows(2)
            .filter_map(|pair| {
                let token = pair[1]
                    .trim()
                    .strip_prefix("{\"Authorization\": \"Bearer ")?
                    .strip_suffix("\"}")?;
                let (_, query) = pair[0].split_once(": ")?;
                let (url, query) = (self.url.clone(), query.to_owned());
                Some(Offer { url, query, token: token.to_owned() })
            })
            .collect();
        assert_eq!(offers.len(), 3, "{:?}", self.said);
        offers
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Offer {
    async fn ask(&self) -> Value {
        let request = reqwest::Client::new().post(&self.url).bearer_auth(&self.token);
        let answer = request.json(&json!({ "query": self.query })).send().await.unwrap();
        answer.json().await.unwrap()
    }
}
