//! Asking servers elsewhere over HTTP, in one place. An address may come from a person, and who names
//! an address could make Florin ask its own network: so HTTPS only, to public addresses only, the
//! address that was looked up is the one connected to, no redirect is followed, and the answer is
//! bounded in time and size. In development, servers on this machine may be asked too, without TLS.
//!
//! Nothing here is called while a transaction is open.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use tower::Service;

/// Shorter than a request of ours may take, so that its caller hears why.
const TIME_MAX: Duration = Duration::from_secs(8);
const CONNECT_MAX: Duration = Duration::from_secs(4);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why there is no answer, in words for an operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(String);

impl NoAnswer {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

type Https = HttpsConnector<HttpConnector<Lookup>>;

/// The way out.
pub(crate) struct Outside {
    reaches_this_machine: bool,
    /// Made when first needed: most commands never ask anybody.
    client: OnceLock<Client<Https, Empty<Bytes>>>,
}

impl Outside {
    pub(crate) fn new(reaches_this_machine: bool) -> Self {
        Self { reaches_this_machine, client: OnceLock::new() }
    }

    /// The JSON that stands at an address.
    pub(crate) async fn json<T: DeserializeOwned>(&self, address: &str) -> Result<T, NoAnswer> {
        let address = self.allowed(address)?;
        let body = tokio::time::timeout(TIME_MAX, self.get(address)).await;
        let body = body.map_err(|_| NoAnswer::new("it took too long to answer"))??;
        serde_json::from_slice(&body)
            .map_err(|_| NoAnswer::new("its answer isn't the JSON that was expected"))
    }

    async fn get(&self, address: Uri) -> Result<Bytes, NoAnswer> {
        let request = Request::get(address).header("accept", "application/json");
        let request = request.body(Empty::new()).map_err(|error| NoAnswer(error.to_string()))?;
        let answer = self.client().request(request).await;
        let answer = answer.map_err(|error| NoAnswer(crate::error::with_causes(&error)))?;
        if answer.status() != StatusCode::OK {
            return Err(NoAnswer(format!("it answered {}", answer.status())));
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|_| NoAnswer::new("its answer broke off or is too long"))?;
        Ok(body.to_bytes())
    }

    fn client(&self) -> &Client<Https, Empty<Bytes>> {
        self.client.get_or_init(|| {
            let lookup = Lookup { finds_this_machine: self.reaches_this_machine };
            let mut http = HttpConnector::new_with_resolver(lookup);
            http.enforce_http(false);
            http.set_connect_timeout(Some(CONNECT_MAX));
            let https = HttpsConnectorBuilder::new().with_webpki_roots();
            // Whether plain HTTP is allowed was decided by `allowed`.
            let https = https.https_or_http().enable_http1().wrap_connector(http);
            Client::builder(TokioExecutor::new()).build(https)
        })
    }

    /// The address, if it may be asked at all.
    fn allowed(&self, address: &str) -> Result<Uri, NoAnswer> {
        let uri: Uri = address.parse().map_err(|_| NoAnswer::new("it is no address"))?;
        let authority = uri.authority().map(|it| it.as_str().to_owned()).unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(NoAnswer::new("an address names a host, and no user"));
        }
        // The connector takes a literal as it is and asks no resolver.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let literal: Option<IpAddr> = host.parse().ok();
        let is_here = host == "localhost" || literal.is_some_and(|ip| ip.is_loopback());
        if self.reaches_this_machine && is_here {
            return Ok(uri);
        }
        if uri.scheme_str() != Some("https") {
            return Err(NoAnswer::new("only https:// is asked"));
        }
        match literal {
            Some(ip) if !is_public(ip) => Err(NoAnswer::new("only public addresses are asked")),
            _ => Ok(uri),
        }
    }
}

/// Looks names up and finds public addresses only.
#[derive(Clone)]
struct Lookup {
    finds_this_machine: bool,
}

impl Service<Name> for Lookup {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let finds_this_machine = self.finds_this_machine;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |ip: IpAddr| is_public(ip) || (finds_this_machine && ip.is_loopback());
            let found: Vec<SocketAddr> = found.filter(|address| may(address.ip())).collect();
            if found.is_empty() {
                return Err(std::io::Error::other("the name leads to no public address"));
            }
            Ok(found.into_iter())
        })
    }
}

/// Whether an address is one of the public Internet's, by IANA's registries of special-purpose
/// addresses (RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || matches!((a, b), (100, 64..=127) | (198, 18..=19))
        || matches!((a, b, c), (192, 0, 0) | (192, 88, 99))
        || a == 0
        || a >= 224;
    !is_special
}

/// Of IPv6 only what is handed out to networks, and no address that wraps one of IPv4.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let is_unicast = (0x2000..=0x3fff).contains(&a);
    let is_special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8,
        0x2002 => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_unicast && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for ip in ["8.8.8.8", "193.0.0.1", "2a00:1450::1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        let special = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ];
        for ip in special {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn an_address_that_may_not_be_asked_is_never_asked() {
        let (production, development) = (Outside::new(false), Outside::new(true));
        assert!(production.allowed("https://id.example/a").is_ok());
        let never = [
            "",
            "id.example",
            "ftp://id.example",
            "http://id.example",
            "https://me@id.example",
            "https://10.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "file:///etc/passwd",
        ];
        for address in never {
            assert!(production.allowed(address).is_err(), "{address}");
            assert!(development.allowed(address).is_err(), "{address}");
        }
        for address in ["http://127.0.0.1:9/", "http://localhost:9/", "https://[::1]/"] {
            assert!(development.allowed(address).is_ok(), "{address}");
        }
        for address in ["http://127.0.0.1:9/", "https://127.0.0.1/", "https://[::1]/"] {
            assert!(production.allowed(address).is_err(), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_leads_nowhere() {
        let error = Outside::new(false).json::<serde_json::Value>("https://localhost:9/").await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no public address"), "{error}");
    }
}
