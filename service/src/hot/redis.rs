//! The shared state of many gateways, in Redis. Nothing here can't be lost: buckets and marks expire by
//! themselves, a wake-up that never comes is made good by polling, and that marks were lost is noticed.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult, Script};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::slices::Slices;
use super::{Bucket, HotStore, Kept, Level, Unavailable};

/// A request waits no longer for what it can do without.
const TIMEOUT: Duration = Duration::from_millis(500);
/// How long to wait before listening anew when Redis has gone.
const PAUSE: Duration = Duration::from_secs(1);

/// By Redis's own clock, so that gateways need not agree on the time. Thousandths of a drop; a drop
/// a second is a thousandth a millisecond.
const POUR: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local capacity, leak, wished = ARGV[1] * 1000, tonumber(ARGV[2]), ARGV[3] * 1000
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = math.max(0, (tonumber(kept[1]) or 0) - (now - (tonumber(kept[2]) or now)) * leak)
local accepted, wait = 1, 0
if level + wished > capacity then
    accepted, wait = 0, math.ceil((level + wished - capacity) / math.max(leak, 1))
else
    level = level + wished
end
redis.call('HSET', KEYS[1], 'level', level, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(level / math.max(leak, 1)) + 1000)
return { accepted, math.floor((capacity - level) / 1000), wait }
";

/// A mark is compared as a double, which is exact below 2^53, and kept as the text that it came in.
const RAISE: &str = r"
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(kept) > tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
";

/// A mark that isn't there was never set only if this Redis has kept marks for longer than one lives.
/// The first to look after it was wiped notes the time.
const KEPT: &str = r"
local kept = redis.call('GET', KEYS[1])
if kept then
    return { 1, kept }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = tonumber(redis.call('GET', KEYS[2]))
if not since then
    redis.call('SET', KEYS[2], now)
    since = now
end
return { now - since < tonumber(ARGV[1]) and 2 or 0, '0' }
";

/// Buckets, marks and wake-ups that all gateways share.
pub struct Redis {
    prefix: String,
    connection: ConnectionManager,
    pour: Script,
    slices: Slices,
    raise: Script,
    kept: Script,
    wakes: watch::Sender<u64>,
    _listening: AbortOnDropHandle<()>,
}

impl Redis {
    /// Connects, and listens for wake-ups from then on. Every key and channel begins with `prefix`.
    ///
    /// # Errors
    /// When the address can't be used. A Redis that is away is waited for in the background.
    pub fn connect(url: &str, prefix: &str) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        let wakes = watch::Sender::new(0);
        let listening = tokio::spawn(listen(client, channel(prefix), wakes.clone()));
        Ok(Self {
            prefix: prefix.to_owned(),
            connection,
            pour: Script::new(POUR),
            slices: Slices::default(),
            raise: Script::new(RAISE),
            kept: Script::new(KEPT),
            wakes,
            _listening: AbortOnDropHandle::new(listening),
        })
    }
}

/// Where wake-ups are told.
fn channel(prefix: &str) -> String {
    format!("{prefix}/wake")
}

/// Passes wake-ups on, on a connection of its own: one that listens can do nothing else.
async fn listen(client: Client, channel: String, wakes: watch::Sender<u64>) {
    loop {
        if let Err(error) = listen_once(&client, &channel, &wakes).await {
            tracing::warn!(%error, "no wake-ups from Redis just now; polling goes on");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen_once(
    client: &Client,
    channel: &str,
    wakes: &watch::Sender<u64>,
) -> RedisResult<()> {
    let mut subscribed = client.get_async_pubsub().await?;
    subscribed.subscribe(channel).await?;
    let mut messages = subscribed.on_message();
    while messages.next().await.is_some() {
        wakes.send_modify(|wakes| *wakes += 1);
    }
    Ok(())
}

fn milliseconds(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}

fn away(error: redis::RedisError) -> Unavailable {
    tracing::debug!(%error, "Redis doesn't answer");
    Unavailable
}

impl Redis {
    async fn ask(&self, key: &str, bucket: Bucket, drops: u64) -> Result<Level, Unavailable> {
        let mut connection = self.connection.clone();
        let mut call = self.pour.key(format!("{}/bucket/{key}", self.prefix));
        call.arg(bucket.capacity).arg(bucket.leak_per_second).arg(drops);
        let (accepted, room, wait): (u8, u64, u64) =
            call.invoke_async(&mut connection).await.map_err(away)?;
        Ok(Level { is_accepted: accepted == 1, room, retry_after: Duration::from_millis(wait) })
    }
}

#[async_trait::async_trait]
impl HotStore for Redis {
    async fn pour(&self, key: &str, bucket: Bucket, drops: u64) -> Result<Level, Unavailable> {
        let now = Instant::now();
        if let Some(level) = self.slices.take(key, drops, now) {
            return Ok(level);
        }
        let more = self.slices.more(key, bucket, now);
        let level = self.ask(key, bucket, drops.saturating_add(more)).await?;
        self.slices.keep(key, more, drops, level, now);
        // What is too much with the slice may fit without.
        if level.is_accepted || more == 0 { Ok(level) } else { self.ask(key, bucket, drops).await }
    }

    async fn raise(&self, key: &str, mark: i64, life: Duration) -> Result<(), Unavailable> {
        let mut connection = self.connection.clone();
        let mut call = self.raise.key(format!("{}/mark/{key}", self.prefix));
        call.arg(mark).arg(milliseconds(life));
        call.invoke_async::<()>(&mut connection).await.map_err(away)
    }

    async fn kept(&self, key: &str, life: Duration) -> Result<Kept, Unavailable> {
        let mut connection = self.connection.clone();
        let mut call = self.kept.key(format!("{}/mark/{key}", self.prefix));
        call.key(format!("{}/marks-since", self.prefix)).arg(milliseconds(life));
        let (known, mark): (u8, i64) = call.invoke_async(&mut connection).await.map_err(away)?;
        Ok(match known {
            0 => Kept::Nothing,
            1 => Kept::At(mark),
            _ => Kept::Unknown,
        })
    }

    async fn wake(&self) -> Result<(), Unavailable> {
        let mut connection = self.connection.clone();
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel(&self.prefix)).arg("");
        publish.query_async::<()>(&mut connection).await.map_err(away)
    }

    fn woken(&self) -> watch::Receiver<u64> {
        self.wakes.subscribe()
    }
}
