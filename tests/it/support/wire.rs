//! The wire between a gateway and its PostgreSQL, which a story can cut, also at a word that passes.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use reqwest::Url;
use service::Location;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where a connection breaks, once: around the word that the gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// The database never hears it.
    Before(&'static str),
    /// The database does it, and its answer is lost.
    After(&'static str),
}

#[derive(Clone)]
pub(crate) struct Wire {
    address: SocketAddr,
    to: Url,
    next: Arc<Mutex<Option<Break>>>,
    /// Cancelled while the wire is cut.
    cut: Arc<Mutex<CancellationToken>>,
    /// True while nothing passes.
    silent: watch::Sender<bool>,
    statements: Arc<Mutex<Statements>>,
}

/// The statements that a gateway has sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements {
    /// How often it sent one.
    pub(crate) run: usize,
    /// The texts that it had prepared, each once, on however many connections.
    pub(crate) texts: BTreeSet<Vec<u8>>,
}

impl Wire {
    /// A wire to the database; none to a file.
    pub(crate) async fn to(location: &Location) -> Option<Self> {
        let Location::Postgres(url) = location else { return None };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            to: url.parse().unwrap(),
            next: Arc::default(),
            cut: Arc::default(),
            silent: watch::Sender::new(false),
            statements: Arc::default(),
        };
        let passing = wire.clone();
        tokio::spawn(async move {
            while let Ok((gateway, _)) = listener.accept().await {
                tokio::spawn(passing.clone().pass(gateway));
            }
        });
        Some(wire)
    }

    /// The database at the other end, in plain text.
    pub(crate) fn location(&self) -> Location {
        let mut url = self.to.clone();
        url.query_pairs_mut().append_pair("sslmode", "disable");
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        Location::Postgres(url.into())
    }

    /// The next connection that comes to this point breaks there.
    pub(crate) fn breaks(&self, at: Break) {
        *self.next.lock().unwrap() = Some(at);
    }

    /// Whether the last break has happened.
    pub(crate) fn is_broken(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }

    /// All connections break, and no new one stands.
    pub(crate) fn is_cut(&self) {
        self.cut.lock().unwrap().cancel();
    }

    pub(crate) fn is_mended(&self) {
        *self.cut.lock().unwrap() = CancellationToken::new();
    }

    /// Nothing passes any more, and nothing breaks.
    pub(crate) fn is_silent(&self) {
        self.silent.send_replace(true);
    }

    /// What was said meanwhile arrives.
    pub(crate) fn speaks_again(&self) {
        self.silent.send_replace(false);
    }

    /// The statements since the last time they were counted.
    pub(crate) fn counts(&self) -> Statements {
        std::mem::take(&mut self.statements.lock().unwrap())
    }

    async fn pass(self, mut gateway: TcpStream) {
        let cut = self.cut.lock().unwrap().clone();
        if cut.is_cancelled() {
            return;
        }
        let to = (self.to.host_str().unwrap(), self.to.port().unwrap_or(5432));
        let mut database = TcpStream::connect(to).await.unwrap();
        let (mut said, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        let mut frames = Frames::default();
        let mut silent = self.silent.subscribe();
        loop {
            silent.wait_for(|is_silent| !is_silent).await.unwrap();
            tokio::select! {
                () = cut.cancelled() => return,
                length = gateway.read(&mut said) => {
                    let Ok(length @ 1..) = length else { return };
                    frames.read(&said[..length], &mut self.statements.lock().unwrap());
                    let breaks = self.break_at(&said[..length]);
                    if matches!(breaks, Some(Break::Before(_))) {
                        return;
                    }
                    database.write_all(&said[..length]).await.unwrap();
                    if matches!(breaks, Some(Break::After(_))) {
                        // Once it answers, it is done.
                        assert!(database.read(&mut answered).await.unwrap() > 0);
                        return;
                    }
                }
                length = database.read(&mut answered) => {
                    let Ok(length @ 1..) = length else { return };
                    if gateway.write_all(&answered[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn break_at(&self, said: &[u8]) -> Option<Break> {
        let comes_to = |at: &mut Break| {
            let (Break::Before(word) | Break::After(word)) = at;
            said.windows(word.len()).any(|part| part == word.as_bytes())
        };
        self.next.lock().unwrap().take_if(comes_to)
    }
}

/// What a gateway says, cut into messages: a kind, a length that counts itself, and the rest. The first
/// one has no kind.
#[derive(Default)]
struct Frames {
    said: Vec<u8>,
    has_begun: bool,
}

impl Frames {
    fn read(&mut self, said: &[u8], statements: &mut Statements) {
        self.said.extend_from_slice(said);
        loop {
            let kind = usize::from(self.has_begun);
            let Some(length) = self.said.get(kind..kind + 4) else { return };
            let length = u32::from_be_bytes(length.try_into().unwrap());
            let end = kind + usize::try_from(length).unwrap();
            if self.said.len() < end {
                return;
            }
            match self.said[0] {
                b'E' | b'Q' if self.has_begun => statements.run += 1,
                b'P' if self.has_begun => {
                    let mut parts = self.said[5..end].splitn(3, |byte| *byte == 0);
                    statements.texts.extend(parts.nth(1).map(<[u8]>::to_vec));
                }
                _ => {}
            }
            self.has_begun = true;
            self.said.drain(..end);
        }
    }
}
