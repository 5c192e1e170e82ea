//! The HTTP clients behind a transport.

use reqwest::Client;
use reqwest::redirect::Policy;
use url::{Origin, Url};

use super::{TransportFailure, install_tls_provider, is_loopback, origin_of};
use crate::{ClientOptions, Endpoints};

/// One client for endpoints on this computer, which no proxy may see, and one for all others. Each is made
/// only where an endpoint needs it: a client with TLS loads the system's root certificates.
#[derive(Debug)]
pub(crate) struct HttpClients {
    loopback: Option<Client>,
    remote: Option<Client>,
    /// The only places that anything is sent to.
    origins: Vec<Origin>,
}

impl HttpClients {
    pub(super) fn new(
        endpoints: &Endpoints,
        options: &ClientOptions,
    ) -> Result<Self, reqwest::Error> {
        install_tls_provider();
        let called = endpoints.called().map(|(_, url)| url);
        let (loopback, remote): (Vec<&Url>, Vec<&Url>) =
            called.iter().partition(|url| is_loopback(url));
        Ok(Self {
            loopback: client(&loopback, options, Proxy::Never)?,
            remote: client(&remote, options, Proxy::OfTheSystem)?,
            origins: called.map(Url::origin).into(),
        })
    }

    /// A client for the one place `url`, which no proxy may see.
    pub(super) fn direct(url: &Url, options: &ClientOptions) -> Result<Self, reqwest::Error> {
        install_tls_provider();
        let client = client(&[url], options, Proxy::Never)?;
        Ok(Self {
            loopback: client.clone(),
            remote: client,
            origins: vec![url.origin()],
        })
    }

    /// The client for `url`, which must be at one of the configured endpoints.
    pub(super) fn for_url(&self, url: &Url) -> Result<&Client, TransportFailure> {
        let client = if is_loopback(url) {
            &self.loopback
        } else {
            &self.remote
        };
        let is_ours = self.origins.contains(&url.origin());
        let client = client.as_ref().filter(|_| is_ours);
        client.ok_or_else(|| TransportFailure::ForeignOrigin {
            origin: origin_of(url),
        })
    }
}

impl HttpClients {
    /// The client for a signed address, which a service gave: over TLS at one of Microsoft's storage services, at a
    /// configured endpoint, or on this computer where the endpoints are.
    pub(super) fn for_signed(&self, url: &Url) -> Result<&Client, TransportFailure> {
        let is_ours = self.origins.contains(&url.origin());
        let client = if is_loopback(url) {
            self.loopback.as_ref()
        } else {
            self.remote.as_ref().filter(|_| is_ours || is_storage(url))
        };
        client.ok_or_else(|| TransportFailure::ForeignOrigin {
            origin: origin_of(url),
        })
    }
}

/// Azure Storage in the commercial and the government clouds.
///
/// Source: learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure.
const STORAGE_HOSTS: [&str; 2] = [".blob.core.windows.net", ".blob.core.usgovcloudapi.net"];

fn is_storage(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "https" && STORAGE_HOSTS.iter().any(|storage| host.ends_with(storage))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Proxy {
    Never,
    OfTheSystem,
}

fn client(
    urls: &[&Url],
    options: &ClientOptions,
    proxy: Proxy,
) -> Result<Option<Client>, reqwest::Error> {
    if urls.is_empty() {
        return Ok(None);
    }
    let mut builder = Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .redirect(Policy::none())
        .referer(false);
    if proxy == Proxy::Never {
        builder = builder.no_proxy();
    }
    if urls.iter().all(|url| url.scheme() == "http") {
        // Without TLS there is nothing to verify, and a computer without root certificates is fine.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_outside_of_the_endpoints() {
        let base: Url = "http://127.0.0.1:9000/base".parse().unwrap();
        let endpoints = Endpoints::all_at(&base);
        let clients = HttpClients::new(&endpoints, &ClientOptions::default()).unwrap();
        let is_sent = |url: &str| clients.for_url(&url.parse().unwrap()).is_ok();
        assert!(is_sent("http://127.0.0.1:9000/other"));
        let foreign = [
            "http://127.0.0.1:9001/base",
            "https://127.0.0.1:9000/base",
            "http://localhost:9000/base",
            "http://127.0.0.1.example:9000/base",
            "http://127.0.0.1:9000@evil.example/base",
            "https://graph.microsoft.com/",
        ];
        for url in foreign {
            assert!(!is_sent(url), "{url}");
        }
        let error = clients
            .for_url(&"https://evil.example/x?y".parse().unwrap())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "https://evil.example is not a configured endpoint; nothing is sent there"
        );
    }
}
