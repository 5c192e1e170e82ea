use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tesem_defender::{ClientCertificate, Credential, DefenderError, TenantSettings};
use tracing_subscriber::fmt::MakeWriter;

use crate::service::{Bench, Reply, SECRET, Service, TOKEN, all, settings};

/// A certificate with its private key, of use in tests only.
const CERTIFICATE: &str = include_str!("certificate.pem");
const DEVICE_CODE: &str = "d3vice-c0de-of-the-test";

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that can be printed about an error.
fn shown(error: &DefenderError) -> String {
    let mut text = format!("{error:?}\n{error:#?}\n{error}\n{:?}\n", error.hint());
    let mut cause = error.source();
    while let Some(error) = cause {
        writeln!(text, "{error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

/// One run that succeeds, fails, is throttled, and is answered with an echo of everything that was sent.
async fn run(credential: Credential) -> String {
    let echo = format!("you sent {TOKEN}");
    let refused = serde_json::json!({"error": {"code": "BadRequest", "message": echo}}).to_string();
    let mut answers = vec![
        Reply::rows(),
        Reply::throttled(1),
        Reply::new(503, echo.clone()),
        Reply::new(401, ""),
    ];
    answers.extend([
        Reply::new(400, refused),
        Reply::new(400, echo.clone()),
        Reply::new(200, "?"),
    ]);
    let service = Service::answering(answers).await;
    let bench = Bench::with(
        TenantSettings {
            credential,
            ..settings(&service)
        },
        |_| {},
    );
    let mut text = format!("{bench:?}{bench:#?}");
    for _ in 0..5 {
        match bench.client.hunting().run("T", None).await {
            Ok(result) => writeln!(text, "{result:?}").unwrap(),
            Err(error) => text.push_str(&shown(&error)),
        }
    }
    write!(text, "{:?} {:?}", bench.client, bench.events.all()).unwrap();
    text
}

/// A sign-in that is refused with an echo.
async fn refused_sign_in() -> String {
    let echo = format!("{SECRET} is wrong, and so is s3cr3t%7Eclient%2Fsecret%2Bvalue");
    let body = serde_json::json!({"error": "invalid_client", "error_description": echo, "correlation_id": SECRET});
    let service = Service::start(move |_| Reply::new(401, body.to_string())).await;
    let error = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert!(
        shown(&error).contains("is wrong"),
        "the rest of the text is kept"
    );
    shown(&error)
}

/// What opens an export's file without a token.
const SIGNATURE: &str = "sv-secret-of-the-address";

/// An export whose file is refused, with an echo of its address, breaks off, and is none.
async fn export() -> String {
    let answers = [
        Reply::new(403, format!("no entry with sig={SIGNATURE}")),
        Reply::new(200, format!("{{\"sig\":\"{SIGNATURE}\"}}")).with("content-length", "9000"),
        Reply::new(404, ""),
    ];
    let mut text = String::new();
    for file in answers {
        let service = Service::start(move |call| match call.path.as_str() {
            path if path.ends_with("/token") => Reply::token(),
            "/file" => file.clone(),
            _ => {
                let host = call.header("host");
                let address = format!("http://{host}/file?sig={SIGNATURE}");
                Reply::new(
                    200,
                    serde_json::json!({"exportFiles": [address]}).to_string(),
                )
            }
        })
        .await;
        let bench = Bench::of(&service);
        let exports = bench.client.reader().exports();
        let files = exports.vulnerability_files(None).await.unwrap();
        let (_, error) = all(files.records()).await;
        let error = error.unwrap();
        write!(text, "{files:?} {} {:?}", shown(&error), bench.events.all()).unwrap();
    }
    text
}

/// A sign-in whose certificate, or whose device code, is refused with an echo of all that was sent.
async fn refused_proofs() -> String {
    let service = Service::start(|call| {
        if call.path.ends_with("/devicecode") {
            let code = serde_json::json!({"device_code": DEVICE_CODE, "user_code": "ABC", "verification_uri": "https://x.example",
                "expires_in": 60, "interval": 1});
            return Reply::new(200, code.to_string());
        }
        let refused = serde_json::json!({"error": "invalid_grant", "error_description": format!("you sent {}", call.body)});
        Reply::new(400, refused.to_string())
    })
    .await;
    let certificate = ClientCertificate::from_pem(&SecretString::from(CERTIFICATE)).unwrap();
    let mut text = String::new();
    for credential in [Credential::Certificate(certificate), Credential::DeviceCode] {
        let settings = TenantSettings {
            credential,
            ..settings(&service)
        };
        let bench = Bench::with(settings, |_| {});
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        write!(text, "{} {bench:?}", shown(&error)).unwrap();
    }
    let assertion = service.calls()[0].body.clone();
    let assertion = assertion.split("client_assertion=").nth(1).unwrap();
    let assertion = assertion.split('&').next().unwrap();
    assert!(
        !text.contains(assertion),
        "an assertion is a secret while it is valid"
    );
    text
}

#[tokio::test]
async fn no_secret_and_no_token_is_ever_shown() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    // For all threads: the log of the other tests is looked through as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut text = run(Credential::ClientSecret(SecretString::from(SECRET))).await;
    text.push_str(&run(Credential::Token(SecretString::from(TOKEN))).await);
    text.push_str(&refused_sign_in().await);
    text.push_str(&refused_proofs().await);
    text.push_str(&export().await);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("answered") && logged.contains("TRACE"),
        "the log is at trace level: {logged}"
    );
    let key = CERTIFICATE.lines().rev().nth(3).unwrap();
    let secrets = [
        SECRET,
        TOKEN,
        "s3cr3t%7Eclient",
        SIGNATURE,
        DEVICE_CODE,
        key,
    ];
    for secret in secrets {
        let secret_in = |text: &str| {
            text.lines()
                .find(|line| line.contains(secret))
                .map(str::to_owned)
        };
        assert_eq!(secret_in(&text), None, "in errors, events or Debug");
        assert_eq!(secret_in(&logged), None, "in the log");
    }
}
