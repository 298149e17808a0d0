//! Wrong settings stop the program before it has done anything, and never show a secret.

use super::Folder;

#[test]
fn a_wrong_address_is_named_and_not_shown() {
    let folder = Folder::new();
    let ended = folder.florin_with("migrate", &[("DATABASE_URL", "mysql://ana:hunter2@db/florin")]);
    assert_eq!((ended.code, ended.printed.as_str()), (1, ""));
    assert!(
        ended.complained.starts_with("florin: DATABASE_URL: expected postgres://"),
        "{}",
        ended.complained
    );
    assert!(!ended.complained.contains("hunter2"), "{}", ended.complained);
}

#[test]
fn a_replica_of_an_embedded_florin_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    let replica = [("DATABASE_READ_URL", "postgres://ana:hunter2@replica/florin")];
    let ended = folder.florin_with("serve --listen 127.0.0.1:0", &replica);
    assert_eq!(ended.code, 1);
    let complaint = "florin: DATABASE_READ_URL: needs DATABASE_URL: only PostgreSQL has replicas";
    assert!(ended.complained.starts_with(complaint), "{}", ended.complained);
    let help = folder.florin_with("serve --help", &replica);
    for variable in ["DATABASE_READ_URL", "FLORIN_REPLICA_LAG_SECONDS_MAX"] {
        assert!(help.printed.contains(&format!("[env: {variable}")), "{}", help.printed);
    }
    assert!(!help.printed.contains("hunter2"), "{}", help.printed);
}

#[test]
fn a_log_filter_is_checked() {
    let ended = Folder::new().florin_with("migrate", &[("FLORIN_LOG", "api=loud")]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.complained.starts_with("florin: FLORIN_LOG: expected a level"),
        "{}",
        ended.complained
    );
}

#[test]
fn a_client_s_share_has_bounds() {
    let folder = Folder::new();
    for share in ["0", "99", "-1", "lots"] {
        let ended =
            folder.florin_with("serve --listen 127.0.0.1:0", &[("FLORIN_COST_PER_SECOND", share)]);
        assert_eq!(ended.code, 2, "{share}: {}", ended.complained);
        assert!(ended.complained.contains("--cost-per-second"), "{}", ended.complained);
    }
    let help = folder.florin("serve --help");
    assert!(help.printed.contains("FLORIN_COST_PER_SECOND"), "{}", help.printed);
}

#[test]
fn help_names_the_variable_of_every_setting_and_shows_none() {
    let folder = Folder::new();
    let help = folder
        .florin_with("migrate --help", &[("DATABASE_URL", "postgres://ana:hunter2@db/florin")]);
    for variable in [
        "FLORIN_DATA",
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "FLORIN_REDIS_PREFIX",
        "FLORIN_MASTER_KEY",
        "FLORIN_LOG",
    ] {
        assert!(
            help.printed.contains(&format!("[env: {variable}")),
            "{variable} is missing:\n{}",
            help.printed
        );
    }
    assert!(!help.printed.contains("hunter2"), "{}", help.printed);
}

#[test]
fn a_command_that_does_not_exist_is_a_mistake_in_usage() {
    assert_eq!(Folder::new().florin("florentine").code, 2);
}
