//! The README's tour, run as a newcomer runs it: its shell blocks, in one shell, against a demo.
//! Each answer must be what the README shows, where `…` stands for what differs from run to run.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::{Demo, Folder, binary};
use crate::tidy;

/// What is shown after a block of shell, if anything is.
struct Step {
    shell: String,
    answer: Option<String>,
}

fn tour() -> Vec<Step> {
    let readme = fs::read_to_string(tidy::root().join("README.md")).unwrap();
    let (_, tour) = readme.split_once("## A tour in five minutes").unwrap();
    let (tour, _) = tour.split_once("\n## ").unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for block in tour.split("```").skip(1).step_by(2) {
        let (language, content) = block.split_once('\n').unwrap();
        match language {
            "sh" => steps.push(Step { shell: content.to_owned(), answer: None }),
            _ => steps.last_mut().unwrap().answer = Some(content.to_owned()),
        }
    }
    steps
}

const BETWEEN: &str = "=== the next block";

/// What each block prints.
fn run(steps: &[Step], demo: &Demo) -> Vec<String> {
    let mut script = "set -eu\n".to_owned();
    for step in steps {
        script += &format!("{}\necho '{BETWEEN}'\n", step.shell);
    }
    let script = script
        .replace("http://127.0.0.1:8080/graphql", &demo.url)
        .replace("target/release/florin", &binary().display().to_string());
    let mut shell = Command::new("bash");
    let shell = shell.arg("-c").arg(script).env("FLORIN_DATA", demo.data());
    let Output { status, stdout, stderr } = shell.output().unwrap();
    let (printed, complained) =
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{printed}{complained}");
    printed.split(BETWEEN).map(|part| part.trim().to_owned()).collect()
}

/// Whether an answer is as the README shows it.
fn is_as_shown(shown: &Value, given: &Value) -> bool {
    match (shown, given) {
        (Value::String(shown), Value::String(given)) => match shown.split_once('…') {
            Some((begins, ends)) => given.starts_with(begins) && given.ends_with(ends),
            None => shown == given,
        },
        (Value::Array(shown), Value::Array(given)) => {
            shown.len() == given.len()
                && shown.iter().zip(given).all(|(shown, given)| is_as_shown(shown, given))
        }
        (Value::Object(shown), Value::Object(given)) => {
            shown.len() == given.len()
                && shown.iter().all(|(name, shown)| {
                    given.get(name).is_some_and(|given| is_as_shown(shown, given))
                })
        }
        _ => shown == given,
    }
}

#[test]
fn the_tour_goes_as_the_readme_says() {
    let folder = Folder::new();
    let demo = Demo::serving(&folder);
    let steps = tour();
    let printed = run(&steps, &demo);
    assert!(steps.iter().filter(|step| step.answer.is_some()).count() >= 8);
    for (step, printed) in steps.iter().zip(printed) {
        let Some(answer) = &step.answer else { continue };
        match serde_json::from_str::<Value>(answer) {
            Ok(shown) => {
                let mut given: Value = serde_json::from_str(&printed).unwrap();
                assert!(given["extensions"].take()["cost"].is_object(), "{given:#}");
                given.as_object_mut().unwrap().remove("extensions");
                assert!(is_as_shown(&shown, &given), "{}\n{given:#}", step.shell);
            }
            Err(_) => assert_eq!(printed, answer.trim(), "{}", step.shell),
        }
    }
}
