//! What each setting accepts and refuses, and that no secret shows.

use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Everything {
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    site: Site,
    #[command(flatten)]
    gateway: Gateway,
    #[command(flatten)]
    replica: Replica,
}

const KEY: &str = "q83vEjRWeJCrze8SNFZ4kAECAwQFBgcICQoLDA0ODxA=";

fn settings(flags: &str) -> Everything {
    Everything::try_parse_from(["florin"].into_iter().chain(flags.split_whitespace())).unwrap()
}

fn issuer(flags: &str) -> Result<String, String> {
    settings(flags).site.issuer().map_err(|invalid| invalid.to_string())
}

#[test]
fn nothing_set_is_an_embedded_florin() {
    let Everything { storage, owner, site, gateway, replica } = settings("");
    assert!(
        matches!(storage.database(), Ok(Location::Sqlite(path)) if path == Path::new("./florin-data/florin.sqlite"))
    );
    assert!(matches!(owner.database(&storage), Ok(Location::Sqlite(_))));
    assert!(matches!(storage.redis(), Ok(None)));
    assert!(matches!(replica.location(&storage), Ok(None)));
    assert_eq!(storage.redis_prefix().unwrap(), "florin");
    assert_eq!(site.environment, Environment::Development);
    assert_eq!(gateway.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn an_address_of_another_kind_is_refused_without_showing_it() {
    let Everything { storage, owner, .. } = settings(
        "--database-url mysql://ana:hunter2@h/d --redis-url http://ana:hunter2@h --database-owner-url x",
    );
    for (refused, setting) in [
        (storage.database().err().unwrap(), "DATABASE_URL: expected postgres://"),
        (storage.redis().unwrap_err(), "REDIS_URL: expected redis://"),
        (owner.database(&storage).err().unwrap(), "DATABASE_OWNER_URL: expected postgres://"),
    ] {
        assert!(refused.to_string().starts_with(setting), "{refused}");
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_replica_is_of_a_postgresql_that_gateways_share_by_a_redis() {
    const READ: &str = "--database-read-url postgres://ana:hunter2@r/d";
    const PRIMARY: &str = "--database-url postgres://h/d";
    for (flags, right) in [
        (READ.to_owned(), "DATABASE_READ_URL: needs DATABASE_URL"),
        (format!("{READ} --redis-url redis://h"), "DATABASE_READ_URL: needs DATABASE_URL"),
        (format!("{READ} {PRIMARY}"), "DATABASE_READ_URL: needs REDIS_URL"),
        (
            format!("{PRIMARY} --database-read-url hunter2"),
            "DATABASE_READ_URL: expected postgres://",
        ),
    ] {
        let Everything { storage, replica, .. } = settings(&flags);
        let refused = replica.location(&storage).err().unwrap().to_string();
        assert!(refused.starts_with(right) && !refused.contains("hunter2"), "{flags}: {refused}");
    }
    let Everything { storage, replica, .. } =
        settings(&format!("{READ} {PRIMARY} --redis-url redis://h"));
    assert!(matches!(replica.location(&storage), Ok(Some(Location::Postgres(_)))));
    assert_eq!(replica.lag_max().as_secs(), 5);
    for wrong in ["0", "61", "-1", "soon"] {
        let flag = format!("--replica-lag-seconds-max={wrong}");
        assert!(Everything::try_parse_from(["florin", &flag]).is_err(), "{wrong}");
    }
}

#[test]
fn a_redis_prefix_is_a_short_word() {
    assert_eq!(settings("--redis-prefix arno:test").storage.redis_prefix().unwrap(), "arno:test");
    for wrong in ["--redis-prefix=", "--redis-prefix=a{b}", "--redis-prefix=a*"] {
        let refused = settings(wrong).storage.redis_prefix().unwrap_err().to_string();
        assert!(refused.starts_with("FLORIN_REDIS_PREFIX: expected"), "{refused}");
    }
}

#[test]
fn secrets_do_not_print() {
    let all = settings(&format!(
        "--database-url postgres://ana:hunter2@h/d --database-read-url postgres://ana:hunter2@r/d \
         --master-key {KEY}"
    ));
    let printed = format!("{:?} {:?} {:?}", all.storage, all.storage.master_key(), all.replica);
    assert!(!printed.contains("hunter2") && !printed.contains(KEY), "{printed}");
}

#[test]
fn a_master_key_is_random() {
    assert!(MasterKey::parse(KEY).is_ok());
    for weak in ["", "secret", "c2VjcmV0", BASE64_OF_TEXT, &"A".repeat(43)] {
        assert!(MasterKey::parse(weak).is_err(), "{weak}");
    }
    assert!(MasterKey::parse(&format!("{}=", "A".repeat(43))).is_err(), "all zeros");
}

/// "correct horse battery staple 1234"[..32]
const BASE64_OF_TEXT: &str = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSAxMjM=";

#[test]
fn a_shared_database_needs_a_given_master_key() {
    let storage = settings("--database-url postgres://h/d").storage;
    let refused = storage.master_key().unwrap_err().to_string();
    assert!(refused.starts_with("FLORIN_MASTER_KEY: needed with DATABASE_URL"), "{refused}");
}

#[test]
fn an_embedded_florin_makes_its_key_once_and_keeps_it_to_itself() {
    let folder = std::env::temp_dir().join(format!("florin-key-{}", uuid::Uuid::now_v7()));
    let storage = settings(&format!("--data {}", folder.display())).storage;
    storage.prepare().unwrap();
    let key = storage.master_key().unwrap();
    assert_eq!(storage.master_key().unwrap(), key);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.join("master.key");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(storage.master_key().unwrap_err().to_string().contains("chmod 600"));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_issuer_is_the_root_of_a_server() {
    assert_eq!(issuer("").unwrap(), "http://localhost:8080");
    assert_eq!(issuer("--public-url https://florin.example/").unwrap(), "https://florin.example");
    assert_eq!(issuer("--public-url http://localhost:1").unwrap(), "http://localhost:1");
    for wrong in ["florin.example", "https://", "https://a/b", "https://ana@a", "https://a?b"] {
        assert!(issuer(&format!("--public-url {wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn production_is_reached_over_https() {
    assert!(issuer("--env production").unwrap_err().contains("needed in production"));
    assert!(issuer("--env production --public-url http://a").unwrap_err().contains("https://"));
    assert!(issuer("--env production --public-url https://a").is_ok());
}

#[test]
fn an_origin_is_what_a_browser_sends() {
    let flags = "--allow-origins https://app.example,http://localhost:5173";
    let Everything { gateway, .. } = settings(flags);
    assert_eq!(gateway.allowed_origins, ["https://app.example", "http://localhost:5173"]);
    for wrong in ["*", "app.example", "https://app.example/", "https://", "https://App.example"] {
        let refused = Everything::try_parse_from(["florin", "--allow-origins", wrong]);
        assert!(refused.is_err(), "{wrong}");
    }
}
