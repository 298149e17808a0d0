//! Statements as files: what the books say, verified by nothing but a file.

use serde_json::{Value, json};

use super::cycles::{hub, is_approved};
use crate::cli::Folder;
use crate::support::World;

const FILES: &str = "{ settlementStatements(first: 1) { nodes { hash pdf extract
    lines: file(format: LINES_CSV) days: file(format: DAYS_CSV) jsonl: file(format: JSON_LINES) } } }";

#[tokio::test]
async fn a_partner_works_its_statement_out_again_from_a_file() {
    let (folder, world) = (Folder::new(), World::new().await);
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    let own = grocer.asks(FILES).await["settlementStatements"]["nodes"][0].clone();
    let text = |field: &str| own[field].as_str().unwrap().to_owned();
    assert!(text("pdf").starts_with("JVBERi"), "a PDF in base64");
    assert!(text("lines").contains("120.00") && text("days").contains("2026-03-02"));
    assert_eq!(text("jsonl").lines().count(), 8, "{}", text("jsonl"));
    let extract = text("extract");
    let movements: Vec<Value> =
        extract.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let receipts: Vec<_> =
        movements.iter().filter_map(|row| row["movement"]["receipt"]["number"].as_str()).collect();
    // Of the points that were burned elsewhere, too, it is told in which sale they were earned.
    assert_eq!(receipts, ["R1", "R1", "R1"]);
    folder.file("grocer.jsonl", &extract);
    let verified = folder.florin("statement verify grocer.jsonl");
    assert_eq!(verified.code, 0, "{}{}", verified.printed, verified.complained);
    assert!(verified.printed.contains(own["hash"].as_str().unwrap()));
    folder.file("other.jsonl", extract.replace("\"points\":10000,", "\"points\":9999,"));
    let tampered = folder.florin("statement verify other.jsonl");
    assert_ne!(tampered.code, 0, "{}", tampered.printed);

    // The same bytes from the command line.
    let export = "statement export --cycle 2026-03 --partner grocer";
    let again = folder.florin_over(&format!("{export} --as extract"), &world.books);
    assert_eq!((again.code, again.printed), (0, extract));
    let pdf = folder.florin_over(&format!("{export} --as pdf --to own.pdf"), &world.books);
    assert_eq!(pdf.code, 0, "{}", pdf.complained);
    let none = folder.florin_over(&export.replace("-03", "-07"), &world.books);
    assert_eq!(none.code, 1, "{}", none.complained);
    assert!(none.complained.contains("grocer has no statement for 2026-07"), "{}", none.complained);
    assert!(fuel.asks(FILES).await["settlementStatements"]["nodes"][0]["hash"] != own["hash"]);
    let matrix = json!([{ "issuer": { "code": "grocer" }, "acceptor": { "code": "fuel" }, "points": 6000,
        "funding": { "amount": "0.00" }, "burn": { "amount": "0.00" } }]);
    let asked =
        "{ settlementCycles { nodes { matrix { cells { issuer { code } acceptor { code } points
        funding { amount } burn { amount } } } } } }";
    let seen = grocer.asks(asked).await;
    assert_eq!(
        seen["settlementCycles"]["nodes"][0]["matrix"]["cells"], matrix,
        "what fuel is paid is fuel's"
    );
    world.closes().await;
}
