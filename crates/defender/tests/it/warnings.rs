use tesem_defender::{HuntingApi, TenantSettings};

use crate::service::{Bench, Reply, Service, settings};

#[tokio::test]
async fn the_end_of_the_old_apis_is_told() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let told = |api, now: &str| {
        let bench = Bench::with(
            TenantSettings {
                hunting: api,
                ..settings(&service)
            },
            |_| {},
        );
        bench.clock.advance_to(now.parse().unwrap());
        bench
            .client
            .warnings()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert!(told(HuntingApi::Graph, "2026-11-21T08:00:00Z").is_empty());
    insta::assert_snapshot!(told(HuntingApi::Defender, "2026-11-21T08:00:00Z")[0], @"tenant `test` hunts through the defender API, which Microsoft ends on 2027-02-01, in 72 days (MC1220762): set `hunting = \"graph\"` and grant the app ThreatHunting.Read.All");
    insta::assert_snapshot!(told(HuntingApi::Xdr, "2027-02-01T00:00:00Z")[0], @"tenant `test` hunts through the xdr API, which Microsoft ended on 2027-02-01 (MC1220762): set `hunting = \"graph\"` and grant the app ThreatHunting.Read.All");
}
