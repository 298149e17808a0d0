//! The first steps on an empty machine.

use super::Folder;

const CREATE: &str = "programme create arno --name Arno --currency EUR --operator Ana";

#[test]
fn a_programme_is_made_once() {
    let folder = Folder::new();
    let first = folder.florin(CREATE);
    assert_eq!(first.code, 0, "{}", first.complained);
    assert!(first.printed.contains("programme arno is prg_"), "{}", first.printed);
    assert!(first.printed.contains("operator Ana is opr_"), "{}", first.printed);

    let second = folder.florin(CREATE);
    assert_eq!((second.code, second.printed.as_str()), (1, ""));
    assert_eq!(second.complained, "florin: CODE_TAKEN: The code is in use.\n");
}

#[test]
fn an_embedded_florin_keeps_its_folder_to_itself() {
    let folder = Folder::new();
    assert_eq!(folder.florin(CREATE).code, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join("data")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[test]
fn migrating_tells_what_it_did_and_does_it_once() {
    let folder = Folder::new();
    let first = folder.florin("migrate");
    assert!(first.printed.lines().count() > 1, "{}", first.complained);
    assert!(first.printed.lines().all(|line| line.starts_with("applied m2")), "{}", first.printed);
    assert_eq!(folder.florin("migrate").printed, "nothing to do: the tables are up to date\n");
}

#[test]
fn the_schema_is_printed_as_committed() {
    let printed = Folder::new().florin("schema").printed;
    assert!(printed.contains("type Query {"), "{printed}");
}

#[test]
fn a_programme_needs_a_currency_and_a_time_zone_that_exist() {
    let folder = Folder::new();
    let create = |more: &str| folder.florin(&format!("programme create arno --name Arno {more}"));
    let refused = create("--currency EURO");
    assert_eq!((refused.code, refused.printed.as_str()), (1, ""));
    assert!(refused.complained.contains("CURRENCY_UNKNOWN"), "{}", refused.complained);
    let refused = create("--currency EUR --time-zone Mars/Olympus");
    assert_eq!((refused.code, refused.printed.as_str()), (1, ""));
    assert!(refused.complained.contains("TIME_ZONE_UNKNOWN"), "{}", refused.complained);
    let nothing = folder.florin("verify");
    assert_eq!((nothing.code, nothing.printed.as_str()), (1, "there is no programme yet\n"));
}

#[test]
fn commands_that_only_look_make_nothing() {
    let folder = Folder::new();
    for look in ["verify", "keys list", "token operator", "import receipts a.csv"] {
        let ended = folder.florin(look);
        assert_eq!(ended.code, 1, "{look}");
        assert!(ended.complained.contains("there is no Florin in data"), "{}", ended.complained);
    }
    assert!(!folder.0.join("data").exists());
}
