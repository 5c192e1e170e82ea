//! Connections, plain and with TLS.

use std::path::Path;

use reqwest::{Client, Version};
use tesem_relay::auth::Mode;
use tesem_relay::server::{Connections, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::World;
use crate::tenant::Fake;

impl World {
    /// What the relay sends back on a connection of its own until it ends it.
    pub(crate) async fn sent_back(&self, sent: &str) -> String {
        let address = self.origin.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(sent.as_bytes()).await.unwrap();
        let mut all = String::new();
        connection.read_to_string(&mut all).await.unwrap();
        all
    }
}

/// Source: RFC 9113, section 3.4.
const HTTP_2_PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn http_2_is_not_spoken() {
    let plain = World::with(Fake::default()).await;
    let answer = plain.sent_back(HTTP_2_PREFACE).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );

    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let tls = Tls::load(&files.join("certificate_a.pem"), &files.join("key_a.pem")).await;
    let connections = Connections {
        tls: Some(tls.unwrap()),
        ..Connections::default()
    };
    let secure = World::reached(Fake::default(), Mode::Secret, connections);
    let client = Client::builder()
        .no_proxy()
        .danger_accept_invalid_certs(true);
    let version = format!("{}/version", secure.origin.replace("http:", "https:"));
    let response = client.build().unwrap().post(version).send().await.unwrap();
    assert_eq!(response.version(), Version::HTTP_11);
    assert_eq!(response.status(), 200);
}
