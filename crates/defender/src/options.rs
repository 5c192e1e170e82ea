//! Settings of the client itself, the same for all tenants.

use std::sync::Arc;
use std::time::Duration;

use tesem_state::Window;

use crate::hunting::{HUNTING_CALLS_PER_HOUR, HUNTING_CALLS_PER_MINUTE};
use crate::retry::RetryPolicy;
use crate::{ClientObserver, Randomness, Silent, SystemRandomness};

/// Where plain `http`, which shows secrets and tokens to the network, is allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nowhere.
    Refused,
    /// To `localhost`, `127.0.0.0/8` and `::1`: a twin or a proxy on this computer.
    #[default]
    Loopback,
    /// Everywhere. For test benches whose secrets are worthless.
    Anywhere,
}

/// How a client behaves. [`ClientOptions::default`] suits the real service.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Longest time to connect, TLS included. Default: 15 s.
    pub connect_timeout: Duration,
    /// Longest time of one request, from connecting to the last byte of the answer. Default: 300 s, because
    /// the service itself gives up a hunting query after 200 s and the answer can be 50 MB.
    pub request_timeout: Duration,
    /// Largest answer, decompressed, in bytes. Default: 200 MB; the service's own limit is 124 MB or less.
    pub answer_bytes_max: usize,
    /// When to repeat a request.
    pub retry: RetryPolicy,
    /// Where plain `http` is allowed. Default: to this computer only.
    pub plain_http: PlainHttp,
    /// Whether limits on calls are kept, those on hunting included. Off only for a service that has none. Default: yes.
    pub keeps_quota: bool,
    /// Every limit on hunting calls. Default: 45 a minute and 1,500 an hour.
    pub hunting_windows: Vec<Window>,
    /// Is told what the client does and what it waits for. Default: nobody.
    pub observer: Arc<dyn ClientObserver>,
    /// Source of request ids and jitter. Default: the system's.
    pub randomness: Arc<dyn Randomness>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            user_agent: concat!("tesem/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(300),
            answer_bytes_max: 200_000_000,
            retry: RetryPolicy::default(),
            plain_http: PlainHttp::default(),
            keeps_quota: true,
            hunting_windows: vec![HUNTING_CALLS_PER_MINUTE, HUNTING_CALLS_PER_HOUR],
            observer: Arc::new(Silent),
            randomness: Arc::new(SystemRandomness),
        }
    }
}
