//! A browser driven over the Chrome DevTools protocol.
//!
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/>.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// Set to `1`, the tests fail where there is no browser.
const REQUIRED: &str = "TESEM_REQUIRE_CHROMIUM";

/// A message that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// A headless browser of its own, ended when dropped.
pub(crate) struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    last_id: u64,
    /// What the browser told, in order.
    events: Vec<Value>,
    _profile: TempDir,
}

/// A browser; nothing, with a line that says so, where none is installed.
pub(crate) fn browser() -> Option<Browser> {
    let Some(program) = program() else {
        #[expect(
            clippy::disallowed_methods,
            reason = "says whether a test may be left out"
        )]
        let is_required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
        assert!(!is_required, "Chromium is missing, and {REQUIRED} is set");
        println!("left out: Chromium is not installed (`cargo xtask prepare` installs it)");
        return None;
    };
    Some(Browser::start(&program))
}

fn program() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "looks for a program where a shell would"
    )]
    let path = std::env::var("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

impl Browser {
    fn start(program: &PathBuf) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args([
                "--headless",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
            ])
            // The sandbox needs rights that containers lack; what is opened here is our own.
            .args([
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = lines
            .find_map(|line| {
                line.strip_prefix("DevTools listening on ")
                    .map(str::to_owned)
            })
            .expect("the browser says where it listens");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let host = address
            .strip_prefix("ws://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(address.as_str(), stream).unwrap();
        Self {
            process,
            socket,
            last_id: 0,
            events: Vec::new(),
            _profile: profile,
        }
    }

    /// Opens `url` in a new page of that size and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str, width: u32, height: u32) -> Page<'_> {
        let target = self.call(None, "Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call(None, "Target.attachToTarget", &attach);
        let session = session["sessionId"].as_str().unwrap().to_owned();
        self.events.clear();
        let mut page = Page {
            browser: self,
            session,
        };
        for domain in ["Page", "Network", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.events_mut().clear();
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        page.call("Emulation.setDeviceMetricsOverride", &size);
        page.call("Page.navigate", &json!({"url": url}));
        page.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'");
        page
    }

    /// Calls a method and returns its result; what the browser tells meanwhile is kept.
    fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(message.to_string()))
            .unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] != json!(id) {
                self.events.push(answer);
                continue;
            }
            assert!(answer.get("error").is_none(), "{method}: {answer}");
            return answer["result"].take();
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// An open page.
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Page<'_> {
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let session = self.session.clone();
        self.browser.call(Some(&session), method, params)
    }

    fn events_mut(&mut self) -> &mut Vec<Value> {
        &mut self.browser.events
    }

    /// The value of an expression.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(
            answer.get("exceptionDetails").is_none(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let promise = format!(
            "new Promise(done => {{ const ask = () => ({expression}) ? done(true) : setTimeout(ask, 20); ask(); }})"
        );
        let params = json!({"expression": promise, "awaitPromise": true, "returnByValue": true});
        let session = self.session.clone();
        // A page that is being replaced takes its promises along.
        for _ in 0..5 {
            let message = self
                .browser
                .call(Some(&session), "Runtime.evaluate", &params);
            if message["result"]["value"] == json!(true) {
                return;
            }
        }
        panic!("never true: {expression}");
    }

    /// Presses and releases a key.
    pub(crate) fn press(&mut self, key: &str) {
        let text = if key == "Enter" { "\r" } else { key };
        let code = if key == "Enter" { 13 } else { 0 };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                params["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// Types a text into what has the focus.
    pub(crate) fn insert_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// The addresses that were asked for, the page's own among them; those that the page's policy stopped are not.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        let stopped: Vec<Value> = self
            .events("Network.loadingFailed")
            .filter(|event| event["params"]["blockedReason"] == "csp")
            .map(|event| event["params"]["requestId"].clone())
            .collect();
        self.events("Network.requestWillBeSent")
            .filter(|event| !stopped.contains(&event["params"]["requestId"]))
            .map(|event| text(event, "/params/request/url"))
            .collect()
    }

    /// Errors and warnings of the page: exceptions, refusals of the policy, failed loads, dialogs.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        let kinds = [
            ("Runtime.exceptionThrown", "/params/exceptionDetails/text"),
            ("Log.entryAdded", "/params/entry/text"),
            ("Page.javascriptDialogOpening", "/params/message"),
        ];
        let mut all = Vec::new();
        for (kind, place) in kinds {
            all.extend(self.events(kind).map(|event| text(event, place)));
        }
        all
    }

    /// What was told of that kind so far.
    fn events(&mut self, kind: &str) -> impl Iterator<Item = &Value> {
        // What was told before an answer arrives before it.
        self.evaluate("0");
        let events = self.browser.events.iter();
        events.filter(move |event| event["method"] == kind)
    }
}

fn text(event: &Value, place: &str) -> String {
    let text = event.pointer(place).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
