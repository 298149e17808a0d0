//! Files for the bank, checked by the schemas that ISO 20022 publishes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::tidy::root;

/// What `xmllint` says of a file by a schema under `tests`; nothing if it is right.
pub(crate) fn complaints(file: &str, schema: &str) -> String {
    let schema = root().join("tests").join(schema);
    let mut lint = Command::new("xmllint");
    let lint = lint.args(["--nonet", "--noout", "--schema"]).arg(schema).arg("-");
    let lint = lint.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut lint = lint.spawn().expect("xmllint, of libxml2-utils, checks files for the bank");
    lint.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let done = lint.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    if done.status.success() { String::new() } else { said }
}
