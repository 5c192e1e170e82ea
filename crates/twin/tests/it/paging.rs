//! Pages, and the ways in which they break.

use serde_json::{Value, json};
use tesem_twin::{LinkHost, SelectAndOrder};

use crate::harness::{MDE_AUDIENCE, TestTwin, parts, populated};

async fn twin() -> TestTwin {
    TestTwin::on(populated(), |options| {
        options.quota = tesem_twin::QuotaSetting::Off;
        options.limits.page_rows_max = 2;
    })
    .await
}

/// The ids of all pages, at most ten, and the number of pages.
async fn walk(twin: &TestTwin, path: &str) -> (Vec<String>, usize) {
    let token = twin.token(MDE_AUDIENCE).await;
    let (mut next, mut ids, mut pages) = (Some(path.to_owned()), Vec::new(), 0);
    while let Some(link) = next.take().filter(|_| pages < 10) {
        let (status, body) = parts(twin.send(&token, "GET", &link, None).await).await;
        assert_eq!(status, 200, "{body}");
        let list = body["value"].as_array().unwrap();
        ids.extend(list.iter().map(|one| {
            one["id"]
                .as_str()
                .unwrap()
                .trim_start_matches('0')
                .to_owned()
        }));
        next = body["@odata.nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    (ids, pages)
}

#[tokio::test]
async fn links_lead_through_all_pages_and_keep_the_filter() {
    let twin = twin().await;
    assert_eq!(
        walk(&twin, "/api/machines").await,
        (vec!["1".into(), "2".into(), "3".into()], 2)
    );
    let filter = "/api/machines?$filter=rbacGroupId ge 1 and startswith(osPlatform,'Windows')";
    assert_eq!(walk(&twin, filter).await, (vec!["1".into(), "3".into()], 1));
    assert_eq!(
        walk(&twin, "/api/machines?$top=3").await.1,
        1,
        "no link with $top"
    );
}

#[tokio::test]
async fn pages_break_as_reported() {
    let twin = twin().await;
    let cases: [(&str, &[&str], usize); 6] = [
        ("missing-link", &["1", "2"], 1),
        ("looping-link", &["1", "2", "1", "2", "3"], 3),
        ("duplicate-ids", &["1", "2", "2", "3"], 2),
        ("short-page", &["1", "2", "3"], 2),
        ("empty-page", &["1", "2", "3"], 3),
        ("lost-filter", &["1", "2", "3"], 2),
    ];
    for (fault, expected, pages) in cases {
        twin.inject(json!({"path": "/api/machines", "page": fault}))
            .await;
        let (ids, walked) = walk(&twin, "/api/machines").await;
        assert_eq!(
            (ids, walked),
            (expected.iter().map(|&id| id.to_owned()).collect(), pages),
            "{fault}"
        );
    }
    twin.inject(json!({"path": "/api/machines", "page": "lost-filter"}))
        .await;
    let token = twin.token(MDE_AUDIENCE).await;
    let filter = "/api/machines?$filter=rbacGroupId ge 1";
    let (_, body) = parts(twin.send(&token, "GET", filter, None).await).await;
    let link = body["@odata.nextLink"].as_str().unwrap();
    assert!(link.ends_with("/api/machines?$skip=2"), "{link}");
}

#[tokio::test]
async fn the_links_host_is_a_setting() {
    let twin = TestTwin::on(populated(), |options| {
        options.limits.page_rows_max = 1;
        options.unverified.link_host = LinkHost::Service;
    })
    .await;
    let (_, body) = twin.api("GET", "/api/machines", None).await;
    assert_eq!(
        body["@odata.nextLink"],
        "https://api.securitycenter.microsoft.com/api/machines?$skip=1"
    );
}

#[tokio::test]
async fn select_and_orderby_can_be_refused() {
    let twin = TestTwin::on(populated(), |options| {
        options.unverified.select_and_order = SelectAndOrder::Refused;
    })
    .await;
    let (status, body) = twin.api("GET", "/api/machines?$select=id", None).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("ODataError"))
    );
}

#[tokio::test]
async fn bodies_break_off_come_slowly_or_are_cut() {
    let twin = twin().await;
    let token = twin.token(MDE_AUDIENCE).await;
    let get = || {
        twin.client
            .get(twin.url("/api/machines"))
            .bearer_auth(&token)
            .send()
    };
    twin.inject(json!({"path": "/api/*", "truncate": true}))
        .await;
    let half = get().await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&half).is_err() && !half.is_empty());
    twin.inject(json!({"path": "/api/*", "slow_ms": 5})).await;
    let whole = get().await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&whole).is_ok());
    twin.inject(json!({"path": "/api/*", "drop": "during"}))
        .await;
    assert!(get().await.unwrap().bytes().await.is_err());
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_and_a_new_one_works() {
    let twin = twin().await;
    let token = twin.token(MDE_AUDIENCE).await;
    let status = async |token: &str| {
        twin.send(token, "GET", "/api/machines", None)
            .await
            .status()
            .as_u16()
    };
    assert_eq!(status(&token).await, 200);
    twin.inject(json!({"path": "/api/*", "revoke": true})).await;
    assert_eq!(status(&token).await, 401);
    assert_eq!(status(&token).await, 401);
    assert_eq!(status(&twin.token(MDE_AUDIENCE).await).await, 200);
}

#[tokio::test]
async fn the_clock_can_jump_in_the_middle_of_a_run() {
    let twin = twin().await;
    let token = twin.token(MDE_AUDIENCE).await;
    twin.inject(json!({"path": "/api/*", "clock": "PT2H"}))
        .await;
    assert_eq!(
        twin.send(&token, "GET", "/api/machines", None)
            .await
            .status(),
        401
    );
    assert_eq!(twin.now().to_string(), "2026-10-15T14:00:00Z");
}
