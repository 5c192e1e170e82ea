//! The real client keeps within the real twin's quotas, on a clock that both share.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, Endpoints, HuntingApi, TenantSettings,
};
use tesem_state::store::{StateStore, StateUrl};
use tesem_state::{Clock, ManualClock, MemoryLedger, QuotaLedger, SystemClock};
use tesem_twin::{RunningTwin, TwinClock, TwinOptions, TwinSource};

use crate::world::World;

/// The client's clock, as the twin's.
#[derive(Debug)]
pub(crate) struct Shared(pub(crate) Arc<ManualClock>);

impl TwinClock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

pub(crate) fn client(
    twin: &RunningTwin,
    clock: Arc<dyn Clock>,
    ledger: Arc<dyn QuotaLedger>,
) -> DefenderClient {
    client_with(twin, clock, ledger, ClientOptions::default())
}

pub(crate) fn client_with(
    twin: &RunningTwin,
    clock: Arc<dyn Clock>,
    ledger: Arc<dyn QuotaLedger>,
    options: ClientOptions,
) -> DefenderClient {
    let app = &twin.tenant().apps[0];
    let settings = TenantSettings {
        name: "twin".to_owned(),
        tenant_id: twin.tenant().tenant_id.clone(),
        client_id: app.client_id.clone(),
        credential: Credential::ClientSecret(app.client_secret.clone()),
        endpoints: Endpoints::all_at(&twin.base_url().parse().unwrap()),
        hunting: HuntingApi::Graph,
        cloud: Cloud::Public,
    };
    DefenderClient::new(settings, clock, ledger, options).unwrap()
}

/// One more than an hour's worth, so that the hour is crossed.
const CALLS: usize = 1_560;

#[tokio::test]
async fn no_call_is_refused_for_quota_also_over_an_hour() {
    let data = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start));
    let mut options = TwinOptions::new(TwinSource::Directory(data.path().to_owned()));
    options.clock = Arc::new(Shared(Arc::clone(&clock)));
    let twin = tesem_twin::start(options, "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let client = client(&twin, clock.clone(), Arc::new(MemoryLedger::new()));
    for _ in 0..CALLS {
        client.hunting().run("print x = 1", None).await.unwrap();
    }
    let refused = twin
        .calls()
        .iter()
        .filter(|call| call.status == Some(429))
        .count();
    assert_eq!(refused, 0);
    let took = clock.now().duration_since(start);
    assert!(
        took >= SignedDuration::from_hours(1),
        "the hour's limit was reached: {took}"
    );
    assert!(
        took < SignedDuration::from_mins(75),
        "and no longer waited for than needed: {took}"
    );
    twin.shutdown().await;
}

#[test]
fn processes_of_one_state_share_their_budget() {
    let world = World::new();
    world.configure("[state]\nurl = \"sqlite:state.db\"\n");
    for _ in 0..2 {
        let arguments = ["kql", "run", "--tenant", "twin", "print x = 1"];
        world.tesem(&arguments).exits(0);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let used = runtime.block_on(async {
        let url = StateUrl::Sqlite(world.folder.path().join("state.db"));
        let store = StateStore::open(&url).await.unwrap();
        let client = client(world.twin(), Arc::new(SystemClock), store.ledger());
        let quota = client.hunting().quota().await.unwrap();
        quota.iter().map(|usage| usage.used).collect::<Vec<_>>()
    });
    assert_eq!(used, [2, 2], "of a minute's and of an hour's calls");
}
