//! Whatever is sent, the twin answers as the document says.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::form_urlencoded::byte_serialize;

use super::conformance::Walk;
use super::document::{Answer, Operation};
use super::generator::Generator;
use crate::harness::{GRAPH_AUDIENCE, MDE_AUDIENCE, XDR_AUDIENCE};

/// Calls of each operation: ones with a body that is not valid, which come first because an action under way would hide that one was
/// taken; valid ones; ones with anything wrong.
const CASES: [(Kind, usize); 3] = [(Kind::BrokenBody, 8), (Kind::Valid, 5), (Kind::Hostile, 15)];

/// Operations that may refuse what fits their schema: what they take depends on the text, the time or the tenant.
const CHOOSY: &[&str] = &[
    "runEndpointQuery",
    "runXdrQuery",
    "runHuntingQuery",
    "submitIndicator",
    "importIndicators",
    "cancelAction",
    "exportVulnerabilityChanges",
    "findMachinesByIp",
    "signIn",
    "signInV1",
    "askForCode",
    "addFaults",
    "moveClock",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Valid,
    BrokenBody,
    Hostile,
}

/// What is sent.
#[derive(Debug)]
struct Call {
    path: String,
    token: Token,
    content_type: Option<String>,
    body: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Own,
    None,
    Garbage,
    OtherService,
    Basic,
}

struct Driver<'a> {
    walk: &'a Walk,
    tokens: [(&'static str, String); 3],
    generator: Generator<'a>,
}

impl<'a> Driver<'a> {
    async fn new(walk: &'a Walk, seed: u8) -> Self {
        let twin = &walk.twin;
        Self {
            walk,
            tokens: [
                (MDE_AUDIENCE, twin.own_token(MDE_AUDIENCE).await),
                (XDR_AUDIENCE, twin.own_token(XDR_AUDIENCE).await),
                (GRAPH_AUDIENCE, twin.own_token(GRAPH_AUDIENCE).await),
            ],
            generator: Generator::new(&walk.document, seed),
        }
    }

    fn call(&mut self, operation: &Operation, kind: Kind) -> Call {
        let mut call = Call {
            path: self.path(operation, kind),
            token: Token::Own,
            content_type: None,
            body: None,
        };
        if let Some((media, schema)) = operation.body() {
            call.content_type = Some(media.to_owned());
            call.body = Some(self.body(media, schema, kind));
        }
        if kind == Kind::Hostile {
            self.spoil(operation, &mut call);
        }
        call
    }

    fn body(&mut self, media: &str, schema: &Value, kind: Kind) -> Vec<u8> {
        let validator = self.walk.document.validator(schema);
        let mut body = self.generator.valid(schema);
        // A choice between parts can clash with what they have in common; such draws are repeated.
        for _ in 0..50 {
            if validator.is_valid(&body) {
                break;
            }
            body = self.generator.valid(schema);
        }
        if kind != Kind::Valid {
            body = (0..50)
                .map(|_| self.generator.broken(body.clone()))
                .find(|body| kind == Kind::Hostile || !validator.is_valid(body))
                .unwrap();
        }
        if media.ends_with("json") {
            return body.to_string().into_bytes();
        }
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in body.as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            form.append_pair(name, &text);
        }
        form.finish().into_bytes()
    }

    /// The path and the query part: real ids where there are some, unless the call is hostile.
    fn path(&mut self, operation: &Operation, kind: Kind) -> String {
        let real = self.walk.filled(&operation.path);
        let mut path = match real {
            Some(real) if kind != Kind::Hostile || self.generator.chance(50) => real,
            _ => self.invented(operation, kind),
        };
        let mut separator = '?';
        for parameter in operation.parameters("query") {
            let is_wanted = parameter["required"] == true || self.generator.chance(25);
            let is_written = parameter["name"] == "$filter" || parameter["name"] == "$skiptoken";
            if !is_wanted || (is_written && kind != Kind::Hostile) {
                continue;
            }
            let value = self.option(parameter, kind);
            path.push(separator);
            path.push_str(&format!(
                "{}={}",
                parameter["name"].as_str().unwrap(),
                encoded(&value)
            ));
            separator = '&';
        }
        path
    }

    fn invented(&mut self, operation: &Operation, kind: Kind) -> String {
        let mut path = operation.path.clone();
        for parameter in operation.parameters("path") {
            let value = match kind {
                Kind::Hostile => self.generator.hostile(),
                _ => plain(&self.generator.valid(&parameter["schema"])),
            };
            let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
            path = path.replace(&name, &encoded(&value));
        }
        path
    }

    fn option(&mut self, parameter: &Value, kind: Kind) -> String {
        if kind == Kind::Hostile && self.generator.chance(60) {
            return self.generator.hostile();
        }
        plain(&self.generator.valid(&parameter["schema"]))
    }

    /// Breaks a call on the level of HTTP.
    fn spoil(&mut self, operation: &Operation, call: &mut Call) {
        if self.generator.chance(20) {
            let tokens = [
                Token::None,
                Token::Garbage,
                Token::OtherService,
                Token::Basic,
            ];
            call.token = *self.generator.pick(&tokens);
        }
        if self.generator.chance(20) {
            let odata = [
                "$filter=(((",
                "$filter=id%20eq",
                "$top=-1",
                "$top=1&$top=2",
                "$unknown=1",
                "$orderby=%00",
                "$skip=%zz",
                "$expand=*",
                "$count=maybe",
                "%ff=%ff",
                "&&&==",
                "$select=%27",
                "$filter=not%20not%20not",
            ];
            let joint = if call.path.contains('?') { '&' } else { '?' };
            call.path.push(joint);
            let broken: &&str = self.generator.pick(&odata);
            call.path.push_str(broken);
        }
        if operation.body().is_some() && self.generator.chance(50) {
            self.spoil_body(call);
        }
    }

    fn spoil_body(&mut self, call: &mut Call) {
        let whole = call.body.clone().unwrap_or_default();
        let half = whole[..whole.len() / 2].to_vec();
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let bodies = [
            half,
            Vec::new(),
            b"null".to_vec(),
            b"[]".to_vec(),
            b"{}".to_vec(),
            b"\xff\xfe{}".to_vec(),
            b"{\"Comment\": \"\xff\"}".to_vec(),
            b"{\"a\":1,\"a\":2}".to_vec(),
            deep.into_bytes(),
        ];
        let types = [
            "text/plain",
            "application/xml",
            "multipart/form-data; boundary=x",
            "",
            "application/json; charset=utf-7",
        ];
        if self.generator.chance(60) {
            call.body = Some(self.generator.pick(&bodies).clone());
        } else {
            call.content_type = Some((*self.generator.pick(&types)).to_owned());
        }
    }

    fn request(&self, operation: &Operation, call: &Call) -> RequestBuilder {
        let method: Method = operation.method.parse().unwrap();
        let url = self.walk.twin.url(&call.path);
        let mut request = self.walk.twin.client.request(method, url);
        let own = |audience: &str| {
            let found = self.tokens.iter().find(|(name, _)| *name == audience);
            format!("Bearer {}", found.unwrap().1)
        };
        let token = match (call.token, operation.audience()) {
            (Token::Own, Some(audience)) => Some(own(audience)),
            (Token::OtherService, Some(MDE_AUDIENCE)) => Some(own(GRAPH_AUDIENCE)),
            (Token::OtherService, Some(_)) => Some(own(MDE_AUDIENCE)),
            (Token::Garbage, _) => Some("Bearer a.b.c".to_owned()),
            (Token::Basic, _) => Some("Basic Og==".to_owned()),
            _ => None,
        };
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        if let Some(media) = &call.content_type {
            request = request.header(CONTENT_TYPE, media);
        }
        match &call.body {
            Some(body) => request.body(body.clone()),
            None => request,
        }
    }

    /// What is wrong with the answer to a call.
    async fn objection(&self, operation: &Operation, kind: Kind, call: &Call) -> Option<String> {
        let answer = match self.request(operation, call).send().await {
            Ok(response) => Answer::read(response).await,
            Err(error) => return Some(format!("no answer: {error:?}")),
        };
        let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]).into_owned();
        let is_named = operation.is_emulated() && text.to_lowercase().contains("twin");
        let is_declared = answer.status == 501 && (!operation.is_emulated() || is_named);
        if answer.status >= 500 && !is_declared {
            return Some(format!("{}: {text}", answer.status));
        }
        if let Some(objection) = self.walk.document.objection(operation, &answer) {
            return Some(format!("{objection}: {text}"));
        }
        let is_done = (200..300).contains(&answer.status);
        let is_choosy =
            CHOOSY.contains(&operation.id()) || text.contains("ActiveRequestAlreadyExists");
        match kind {
            Kind::BrokenBody if is_done && operation.body().is_some() => {
                Some(format!("took a body that is not valid: {text}"))
            }
            Kind::Valid if matches!(answer.status, 400 | 415) && !is_choosy => {
                Some(format!("refused a valid call: {text}"))
            }
            _ => None,
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Percent-encoded; a lone dot or two would lead to another path before they are sent.
fn encoded(text: &str) -> String {
    let encoded: String = byte_serialize(text.as_bytes()).collect();
    match encoded.as_str() {
        "." | ".." => "%25".to_owned(),
        _ => encoded.replace('+', "%20"),
    }
}

/// Sends what the document allows and what it does not, to all operations that `fits`.
async fn drive(walk: &Walk, seed: u8, fits: impl Fn(&Operation) -> bool) {
    let mut driver = Driver::new(walk, seed).await;
    let mut objections = Vec::new();
    let mut sent = 0;
    for operation in walk.document.operations().iter().filter(|one| fits(one)) {
        for (kind, cases) in CASES {
            for _ in 0..cases {
                let call = driver.call(operation, kind);
                sent += 1;
                if let Some(objection) = driver.objection(operation, kind, &call).await {
                    let body = call.body.as_deref().map(String::from_utf8_lossy);
                    let body: String = body.unwrap_or_default().chars().take(300).collect();
                    let path: String = call.path.chars().take(300).collect();
                    objections.push(format!(
                        "{kind:?} {} {path} {body}\n    {objection}",
                        operation.method
                    ));
                }
            }
        }
    }
    assert!(
        objections.is_empty(),
        "{} of {sent}:\n{}",
        objections.len(),
        objections.join("\n")
    );
}

#[tokio::test]
async fn whatever_is_sent_to_a_service_is_answered_as_the_document_says() {
    let walk = Walk::begin().await;
    drive(&walk, 1, |operation| operation.tag() != "twin").await;
}

#[tokio::test]
async fn whatever_is_sent_to_the_twins_own_face_is_answered_as_the_document_says() {
    let walk = Walk::begin().await;
    drive(&walk, 2, |operation| operation.tag() == "twin").await;
}

#[tokio::test]
async fn a_body_that_breaks_off_gets_no_500_and_no_loose_end() {
    let walk = Walk::begin().await;
    let address = walk.twin.twin.address();
    for operation in walk.document.operations() {
        let path = walk
            .filled(&operation.path)
            .unwrap_or_else(|| "/x".to_owned());
        let head = format!(
            "{} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{{\"Com",
            operation.method
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let is_refused = answer.is_empty()
            || answer.starts_with("HTTP/1.1 4")
            || answer.starts_with("HTTP/1.1 501");
        assert!(is_refused, "{} {path}: {answer}", operation.method);
    }
}
