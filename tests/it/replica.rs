//! Reads from a replica: a caller finds what it wrote, others are late at most, and nobody notices when
//! the replica goes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use service::Db;
use service::hot::{HotStore, Memory};

use crate::support::books::Books;
use crate::support::cluster::Cluster;
use crate::support::gateway::Gateway;
use crate::support::listener::Over;
use crate::support::{Caller, World, receipt};

const LAG_MAX: Duration = Duration::from_secs(3);
/// More than a caller's mark lives, and a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two gateways over one primary and its replica.
struct Story {
    world: World,
    one: Gateway,
    other: Gateway,
    grocer: Caller,
    ana: Caller,
    bo: Caller,
}

impl Story {
    async fn begins(cluster: &Cluster) -> Self {
        let world = World::on(cluster.books().await).await;
        let grocer = world.partner("grocer").await;
        let (ana, bo) = (world.member("C1").await, world.member("C2").await);
        // It has to know of the books before it can be their replica.
        cluster.catches_up().await;
        let hot: Arc<dyn HotStore> = Arc::new(Memory::default());
        let one = gateway(&world, cluster, &hot).await;
        let other = gateway(&world, cluster, &hot).await;
        Self { world, one, other, grocer, ana, bo }
    }

    async fn sells(&self, number: &str, amount: &str) {
        let sale = receipt(number, "C1", amount, self.world.now());
        self.grocer.at(&self.one).does("recordPurchase", "points", sale).await;
    }

    async fn available(&self, of: &Caller, at: &Gateway) -> i64 {
        self.world.wallet(&of.at(at)).await[0]
    }

    /// Waits until both gateways let somebody read from the replica.
    async fn is_served_by_the_replica(&self) {
        for gateway in [&self.one, &self.other] {
            let begun = Instant::now();
            let before = counted(gateway, REPLICA).await;
            while counted(gateway, REPLICA).await == before {
                assert!(begun.elapsed() < PATIENCE, "the replica isn't read from");
                self.available(&self.bo, gateway).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn ends(mut self) {
        self.one.stops().await;
        self.other.stops().await;
        self.world.closes().await;
    }
}

async fn gateway(world: &World, cluster: &Cluster, hot: &Arc<dyn HotStore>) -> Gateway {
    let primary = world.books.location();
    let db = Db::open(&primary).await.unwrap();
    let standby = cluster.standby_of(&world.books);
    let db = db.with_replica(&primary, &standby, LAG_MAX).await.unwrap();
    let mut gateway = world.opens_gateway_over(db, Arc::clone(hot)).await;
    gateway.works();
    gateway
}

const REPLICA: &str = "florin_queries_total{server=\"replica\",because=\"fresh\"}";

/// What this process has counted, of all gateways.
async fn counted(gateway: &Gateway, what: &str) -> u64 {
    let url = format!("http://{}/metrics", gateway.address);
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(what));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

/// A file has no replica, and the suite's own server none that a story could stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_finds_what_they_wrote_and_nobody_notices_that_the_replica_goes() {
    let Some(cluster) = Cluster::start() else { return };
    let story = Story::begins(&cluster).await;
    only_a_standby_of_the_same_database_will_do(&story, &cluster).await;
    story.is_served_by_the_replica().await;
    one_s_own_writes_are_there_at_once(&story, &cluster).await;
    what_others_wrote_is_late_and_no_later_than_allowed(&story, &cluster).await;
    a_replica_that_dies_is_not_missed(&story, &cluster).await;
    one_that_was_promoted_is_not_read_from(&story, &cluster).await;
    story.ends().await;
}

async fn only_a_standby_of_the_same_database_will_do(story: &Story, cluster: &Cluster) {
    let primary = story.world.books.location();
    let elsewhere = Books::new().await;
    for (replica, fault) in [
        (primary.clone(), "it is no standby"),
        (cluster.primary(), "another database"),
        (elsewhere.location(), "another system"),
    ] {
        let db = Db::open(&primary).await.unwrap();
        let refused = db.with_replica(&primary, &replica, LAG_MAX).await.err().unwrap();
        let told = service::error::with_causes(&refused);
        assert!(told.contains("DATABASE_READ_URL") && told.contains(fault), "{told}");
    }
}

async fn one_s_own_writes_are_there_at_once(story: &Story, cluster: &Cluster) {
    let Story { one, other, grocer, ana, bo, .. } = story;
    let changes = "subscription { walletChanged { entry { points } } }";
    let mut listener = ana.at(other).listens(Over::Socket, changes).await;
    cluster.pauses().await;

    story.sells("R1", "10.00").await;
    let sale = "{ purchase(by: { receipt: { receiptNumber: \"R1\" } }) { points } }";
    for gateway in [one, other] {
        assert_eq!(grocer.at(gateway).asks(sale).await["purchase"]["points"], 10);
    }
    // Whoever is told live looks at once, and finds it.
    assert_eq!(listener.hears().await["walletChanged"]["entry"]["points"], 10);
    assert_eq!(story.available(ana, other).await, 10);

    let gift = json!({ "to": { "cardNumber": "C2" }, "points": 4, "idempotencyKey": "t" });
    ana.at(one).does("transferPoints", "entry { id }", gift).await;
    for gateway in [one, other] {
        assert_eq!(story.available(ana, gateway).await, 6);
        // He has written nothing: the replica is good enough, and stands still.
        assert_eq!(story.available(bo, gateway).await, 0);
    }
}

async fn what_others_wrote_is_late_and_no_later_than_allowed(story: &Story, cluster: &Cluster) {
    let begun = Instant::now();
    while story.available(&story.bo, &story.other).await == 0 {
        assert!(begun.elapsed() < LAG_MAX + Duration::from_secs(1), "it is too late by now");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cluster.resumes().await;
    story.is_served_by_the_replica().await;
    assert_eq!(story.available(&story.bo, &story.other).await, 4);
}

async fn a_replica_that_dies_is_not_missed(story: &Story, cluster: &Cluster) {
    let looking = async {
        for _ in 0..100 {
            let begun = Instant::now();
            assert_eq!(story.available(&story.bo, &story.one).await, 4);
            assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        }
    };
    let dying = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        tokio::task::block_in_place(|| cluster.standby_dies());
    };
    tokio::join!(looking, dying);
    let ready = reqwest::get(format!("http://{}/health/ready", story.one.address)).await.unwrap();
    assert_eq!(ready.status(), 200);
    story.sells("R2", "1.00").await;
    assert_eq!(story.available(&story.ana, &story.other).await, 7);
    let hot: Arc<dyn HotStore> = Arc::new(Memory::default());
    let mut third = gateway(&story.world, cluster, &hot).await;
    assert_eq!(story.available(&story.ana, &third).await, 7, "a gateway starts without it");
    third.stops().await;

    cluster.standby_comes_back();
    story.is_served_by_the_replica().await;
    assert_eq!(story.available(&story.ana, &story.other).await, 7);
}

async fn one_that_was_promoted_is_not_read_from(story: &Story, cluster: &Cluster) {
    cluster.is_promoted();
    let before = counted(&story.one, REPLICA).await;
    story.sells("R3", "1.00").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    for gateway in [&story.one, &story.other] {
        assert_eq!(story.available(&story.ana, gateway).await, 8);
    }
    assert_eq!(counted(&story.one, REPLICA).await, before);
}
