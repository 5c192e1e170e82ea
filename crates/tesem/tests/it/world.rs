//! A tenant to work on, a folder to work in, and the program.

use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::{Arc, OnceLock};

use assert_cmd::Command;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tesem_state::{Clock, SystemClock};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{PreparedTenant, RunningTwin, TwinOptions, TwinSource};
use tokio::runtime::Runtime;

/// The environment variable that holds the app's secret.
const SECRET_VARIABLE: &str = "TESEM_TEST_SECRET";

/// The tenant of these tests: small, so that a debug build makes it in seconds, and ending now, so that its days are visible.
pub(crate) fn options() -> GenerateOptions {
    static NOW: OnceLock<Timestamp> = OnceLock::new();
    let until = *NOW.get_or_init(|| SystemClock.now());
    GenerateOptions {
        devices: 60,
        ..GenerateOptions::demo(until)
    }
}

/// The tenant's data, made once for all tests.
pub(crate) fn prepared() -> Arc<PreparedTenant> {
    static PREPARED: OnceLock<Arc<PreparedTenant>> = OnceLock::new();
    let load = || PreparedTenant::load(&TwinSource::Generated(options())).unwrap();
    Arc::clone(PREPARED.get_or_init(load))
}

/// A twin with its own quotas, call log and faults, and a folder with a configuration for it.
pub(crate) struct World {
    runtime: Runtime,
    twin: Option<RunningTwin>,
    pub(crate) folder: TempDir,
}

impl World {
    /// A tenant that behaves as documented.
    pub(crate) fn new() -> Self {
        Self::serving(TwinOptions::new(TwinSource::Prepared(prepared())))
    }

    /// A tenant over the tables and files of `data`.
    pub(crate) fn of_directory(data: &Path) -> Self {
        Self::serving(TwinOptions::new(TwinSource::Directory(data.to_owned())))
    }

    /// A tenant that behaves as `options` say.
    pub(crate) fn serving(options: TwinOptions) -> Self {
        let runtime = Runtime::new().unwrap();
        let loopback = "127.0.0.1:0".parse().unwrap();
        let twin = runtime
            .block_on(tesem_twin::start(options, loopback))
            .unwrap();
        let world = Self {
            runtime,
            twin: Some(twin),
            folder: tempfile::tempdir().unwrap(),
        };
        world.write("tesem.toml", world.configuration());
        world
    }

    fn configuration(&self) -> String {
        let (base, tenant) = (self.twin().base_url(), self.twin().tenant());
        format!(
            "[endpoints]\nlogin = \"{base}\"\ngraph = \"{base}\"\ndefender = \"{base}\"\nportal = \"{base}\"\n\n\
             [tenants.twin]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = {{ env = \"{SECRET_VARIABLE}\" }}\n",
            tenant.tenant_id, tenant.apps[0].client_id,
        )
    }

    /// The configuration with `more` at its end.
    pub(crate) fn configure(&self, more: &str) {
        self.write("tesem.toml", self.configuration() + more);
    }

    pub(crate) fn twin(&self) -> &RunningTwin {
        self.twin.as_ref().unwrap()
    }

    /// Ends the twin.
    pub(crate) fn stop_twin(&mut self) {
        if let Some(twin) = self.twin.take() {
            self.runtime.block_on(twin.shutdown());
        }
    }

    pub(crate) fn secret(&self) -> String {
        self.twin().tenant().apps[0]
            .client_secret
            .expose_secret()
            .to_owned()
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Runs the program in the folder.
    pub(crate) fn tesem(&self, arguments: &[&str]) -> Run {
        self.tesem_with_input(arguments, b"")
    }

    /// Runs the program in the folder with `input` as standard input.
    pub(crate) fn tesem_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        let command = self.command(arguments, &[]);
        let output = Command::from_std(command)
            .write_stdin(input)
            .output()
            .unwrap();
        Run { output }
    }

    /// What the program prints, which need not be text.
    pub(crate) fn tesem_bytes(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let command = self.command(arguments, &[]);
        let output = Command::from_std(command).write_stdin(input).output();
        output.unwrap().stdout
    }

    /// The folder of the only run in `results`, which lies in the folder.
    pub(crate) fn only_run_of(&self, results: &str) -> std::path::PathBuf {
        let mut entries = std::fs::read_dir(self.folder.path().join(results)).unwrap();
        let mut folders = entries.by_ref().map(|entry| entry.unwrap().path());
        folders
            .find(|path| path.join("run.json").is_file())
            .unwrap()
    }

    /// Runs the program in the folder with more in its environment.
    pub(crate) fn tesem_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let output = self.command(arguments, environment).output().unwrap();
        Run { output }
    }

    /// Starts the program in the folder and does not wait for it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.start_in(arguments, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Child {
        let mut command = self.command(arguments, environment);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().unwrap()
    }

    /// Waits a millisecond before the next look at something.
    pub(crate) fn pause(&self) {
        let moment = std::time::Duration::from_millis(1);
        self.runtime
            .block_on(async { tokio::time::sleep(moment).await });
    }

    /// What a program that was started gave in the end.
    pub(crate) fn finished(running: Child) -> Run {
        let output = running.wait_with_output().unwrap();
        Run { output }
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tesem"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env(SECRET_VARIABLE, self.secret())
            .env_remove("TESEM_TENANT")
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied());
        command
    }

    /// How many hunting calls the twin got.
    pub(crate) fn hunting_calls(&self) -> usize {
        self.twin()
            .calls()
            .iter()
            .filter(|call| is_hunting(&call.path))
            .count()
    }

    /// The statuses of all calls.
    pub(crate) fn statuses(&self) -> Vec<Option<u16>> {
        self.twin().calls().iter().map(|call| call.status).collect()
    }

    /// Makes the twin misbehave; `rule` as `POST /_twin/faults` takes it.
    pub(crate) fn fault(&self, rule: &Value) {
        self.tell_twin("faults", rule);
    }

    /// Moves the twin's clock by an ISO 8601 duration.
    pub(crate) fn advance_twin(&self, duration: &str) {
        self.tell_twin("clock", &json!({ "advance": duration }));
    }

    /// Posts to the twin's own face.
    pub(crate) fn tell_twin(&self, what: &str, body: &Value) {
        let url = format!("{}/_twin/{what}", self.twin().base_url());
        self.json_of(http_client().post(url).json(body));
    }

    /// Reads JSON from the twin.
    pub(crate) fn get_json(&self, path: &str) -> Value {
        self.json_of(http_client().get(format!("{}{path}", self.twin().base_url())))
    }

    /// Posts a form to the twin.
    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let url = format!("{}/{path}", self.twin().base_url());
        self.json_of(http_client().post(url).form(fields))
    }

    fn json_of(&self, request: reqwest::RequestBuilder) -> Value {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            answer.json().await.unwrap()
        })
    }

    /// The only run in `results`.
    pub(crate) fn run_folder(&self) -> std::path::PathBuf {
        let mut runs: Vec<_> = std::fs::read_dir(self.folder.path().join("results"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|path| !path.ends_with(".tesem"))
            .collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// The rows of a CSV file of the only run, by column name.
    pub(crate) fn csv(&self, name: &str) -> Vec<std::collections::BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.run_folder().join(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop_twin();
    }
}

/// A client of HTTP on this computer.
pub(crate) fn http_client() -> reqwest::Client {
    // Another test may have installed the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn is_hunting(path: &str) -> bool {
    [
        "/v1.0/security/runHuntingQuery",
        "/api/advancedqueries/run",
        "/api/advancedhunting/run",
    ]
    .contains(&path)
}

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Run {
    output: Output,
}

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    /// Standard output as it came.
    pub(crate) fn output_bytes(&self) -> &[u8] {
        &self.output.stdout
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// Asserts the exit code, showing everything when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            code,
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout())
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout()))
    }
}
