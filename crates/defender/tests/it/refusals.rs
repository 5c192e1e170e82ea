use tesem_defender::{Delivery, HuntingApi, HuntingProblem, TenantSettings};

use crate::service::{Bench, Reply, Service, settings};

fn envelope(code: &str, message: &str) -> String {
    serde_json::json!({"error": {"code": code, "message": message, "target": "|1d25001e-48e8e09dbddde4f4."}})
        .to_string()
}

#[tokio::test]
async fn refusals_as_a_person_reads_them() {
    let lacking = "The application does not have any of the required application permissions \
                   (AdvancedQuery.Read.All) to access the resource.";
    let too_large = "Query execution has exceeded the allowed result size. Optimize your query by limiting \
                     the number of results and try again";
    let cases = [
        (
            400,
            envelope(
                "BadRequest",
                "A recognition error occurred.. Fix syntax errors in your query.",
            ),
            Some(HuntingProblem::Syntax),
        ),
        (400, envelope("InvalidRequestBody", "Missing query."), None),
        (
            400,
            envelope("BadRequest", too_large),
            Some(HuntingProblem::ResultTooLarge),
        ),
        (403, envelope("Forbidden", lacking), None),
        (403, String::new(), None),
        (404, String::new(), None),
        (405, String::new(), None),
        (
            404,
            envelope("ResourceNotFound", "Machine 123123123 was not found"),
            None,
        ),
        (
            413,
            "<h1>Request Entity Too Large</h1>".to_owned(),
            Some(HuntingProblem::QueryTooLong),
        ),
        (418, "[1,2,3]".to_owned(), None),
    ];
    let mut shown = String::new();
    for (status, body, problem) in cases {
        let service = Service::answering(vec![Reply::new(status, body)]).await;
        let tenant = TenantSettings {
            hunting: HuntingApi::Defender,
            ..settings(&service)
        };
        let error = Bench::with(tenant, |_| {})
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err();
        assert_eq!(error.delivery(), Delivery::Refused);
        assert_eq!(error.hunting_problem(), problem, "{error}");
        let hint = error.hint().unwrap_or_else(|| "-".to_owned());
        shown.push_str(&format!("{error}\n  hint: {hint}\n"));
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn the_request_id_is_found_wherever_the_service_puts_it() {
    let graph =
        r#"{"error":{"code":"BadRequest","message":"m","innerError":{"request-id":"in-body"}}}"#;
    let tenant_target = r#"{"error":{"code":"BadRequest","message":"m","target":"a-tenant-id"}}"#;
    let ours = "00000000-0000-0000-0000-000000000000";
    let cases = [
        (
            Reply::new(400, graph).with("request-id", "in-header"),
            "in-header",
        ),
        (Reply::new(400, graph), "in-body"),
        (
            Reply::new(400, envelope("BadRequest", "m")),
            "|1d25001e-48e8e09dbddde4f4.",
        ),
        (
            Reply::new(400, "").with("mise-correlation-id", "mise"),
            "mise",
        ),
        (Reply::new(400, tenant_target), ours),
        (Reply::new(400, ""), ours),
    ];
    for (reply, expected) in cases {
        let service = Service::answering(vec![reply]).await;
        let error = Bench::of(&service)
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err();
        assert_eq!(error.request_id(), Some(expected));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn hostile_refusals_stay_short_and_on_one_line() {
    let message = format!("\u{1b}[31m\r\n{}", "x".repeat(1_000_000));
    let nested = "[".repeat(100_000);
    for body in [
        envelope("BadRequest", &message),
        message,
        nested,
        "\u{0}".repeat(5_000),
    ] {
        let service = Service::answering(vec![Reply::new(400, body)]).await;
        let error = Bench::of(&service)
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.chars().count() < 2_200, "{}", error.len());
        assert!(!error.contains(char::is_control), "{error}");
    }
}
