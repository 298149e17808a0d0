//! The bank: files for it, its statements, what is unpaid by age, and corrections.

mod adjust;
mod ageing;
mod assign;
mod files;
mod import;

use serde_json::{Value, json};
use service::programmes::Settings;
use service::programmes::settings::{Debtor, Payouts};

use super::cycles::{hub, is_approved};
use crate::support::{Caller, World};

pub(crate) const OWN: &str = "DE75512108001245126199";
const GROCER: &str = "NL91ABNA0417164300";
const FUEL: &str = "DE89370400440532013000";

/// March is approved: the grocer is to pay 121.20, and the fuel station to be paid 54.00.
struct Bank {
    world: World,
    grocer: Caller,
    fuel: Caller,
    /// The cycle's id.
    march: Value,
    /// What the grocer's payment quotes, and the fuel station's.
    collect: String,
    pay: String,
}

impl Bank {
    async fn new() -> Self {
        let debtor = Debtor { name: "Arno & Co".to_owned(), iban: OWN.to_owned(), bic: None };
        let payouts = Payouts { debtor: Some(debtor), ..Payouts::default() };
        let creditor_id = Some("DE98ZZZ09999999999".to_owned());
        let months = Settings { expiry_months: 12, ..Settings::default() };
        Self::with(Settings { pending_days: 0, payouts, creditor_id, ..months }).await
    }

    async fn with(settings: Settings) -> Self {
        let world = World::with(settings).await;
        let (grocer, fuel) = hub(&world).await;
        world.days_pass(35).await;
        let march = is_approved(&world, "2026-03").await;
        let due = "{ paymentInstructions { nodes { reference direction } } }";
        let due = world.operator.asks(due).await["paymentInstructions"]["nodes"].clone();
        let of = |direction: &str| {
            let mut all = due.as_array().unwrap().iter();
            let found = all.find(|one| one["direction"] == direction).unwrap();
            found["reference"].as_str().unwrap().to_owned()
        };
        let (collect, pay) = (of("COLLECT"), of("PAY"));
        Self { world, grocer, fuel, march, collect, pay }
    }

    /// Two operators agree on a partner's account.
    async fn has_account(&self, partner: &Caller, iban: &str, mandate: Option<&str>) {
        let mandate = mandate
            .map(|name| json!({ "reference": name, "scheme": "B2B", "signedOn": "2026-03-02" }));
        let wish = json!({ "partnerId": partner.id, "holder": "Bo & Söhne", "iban": iban,
            "mandate": mandate });
        let made = self.world.operator.does("setPartnerBankAccount", "proposal { id }", wish).await;
        self.agrees(&made).await;
    }

    /// A second operator approves what was proposed.
    async fn agrees(&self, made: &Value) {
        let named = json!({ "proposalId": made["proposal"]["id"] });
        let bea = self.world.second_operator().await;
        bea.does("approveProposal", "proposal { status }", named).await;
    }

    async fn imports(&self, file: &str, key: &str) -> Value {
        let wish = json!({ "file": file, "idempotencyKey": key });
        self.world.seconds_pass(1);
        self.world.operator.does("importBankStatement", IMPORTED, wish).await
    }

    /// Bank transactions, as operators see them.
    async fn transactions(&self) -> Vec<Value> {
        let all = "{ bankTransactions(first: 100) { nodes { id status doubt likelyReference reference
            amount { amount currencyCode } direction bookedOn account bankReference statement endToEndId
            remittance counterpartyName counterpartyIban returnReason ignoredBecause decidedBy } } }";
        let all = self.world.operator.asks(all).await["bankTransactions"]["nodes"].clone();
        all.as_array().unwrap().clone()
    }

    /// What is open: of the grocer's payment, of the fuel station's.
    async fn open(&self) -> [String; 2] {
        let due = "{ paymentInstructions { nodes { reference open { amount } } } }";
        let due = self.world.operator.asks(due).await["paymentInstructions"]["nodes"].clone();
        [&self.collect, &self.pay].map(|reference| {
            let mut all = due.as_array().unwrap().iter();
            let found = all.find(|one| one["reference"] == **reference).unwrap();
            found["open"]["amount"].as_str().unwrap().to_owned()
        })
    }
}

const IMPORTED: &str = "isReplayed result { statement account transactions booked proposed known
    passedOver }";

/// A statement of that account with these entries.
pub(crate) fn statement(account: &str, entries: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-04-07T20:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S-67</Id><CreDtTm>2026-04-07T20:00:00</CreDtTm>
<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-04-07</Dt></Dt></Bal>{}</Stmt></BkToCstmrStmt></Document>",
        entries.concat()
    )
}

/// An entry that the bank calls so, with details; the amount as `CRDT EUR 1.00`.
pub(crate) fn entry(name: &str, amount: &str, details: &str) -> String {
    let parts: Vec<&str> = amount.split(' ').collect();
    let [direction, currency, amount] = parts[..] else { panic!("{amount}") };
    format!(
        "<Ntry><Amt Ccy=\"{currency}\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-04-07</Dt></BookgDt><AcctSvcrRef>{name}</AcctSvcrRef><BkTxCd/>
<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls></Ntry>"
    )
}

/// Details that name a payment by its end-to-end id.
pub(crate) fn end_to_end(id: &str) -> String {
    format!("<Refs><EndToEndId>{id}</EndToEndId></Refs>")
}

/// Details with the lines that a payer wrote.
fn written(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("<Ustrd>{line}</Ustrd>")).collect();
    format!("<RmtInf>{lines}</RmtInf>")
}

/// Details with who paid.
fn from(name: &str, iban: &str) -> String {
    format!(
        "<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr>\
         <DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct></RltdPties>"
    )
}
