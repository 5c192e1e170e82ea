//! The sign-in of whoever is signed in at the Azure CLI.
//!
//! Source: learn.microsoft.com/cli/azure/account, `az account get-access-token`.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;

use super::token_answer::{place, sendable};
use super::{AccessToken, Audience, SignInError, TokenProvider};
use crate::text::clean;

/// Longest run of the program; it may renew its own sign-in meanwhile.
const RUN_MAX: Duration = Duration::from_secs(60);

/// Longest output that is read, in bytes.
const OUTPUT_BYTES_MAX: u64 = 256 << 10;

/// The Azure CLI on this computer.
#[derive(Debug, Clone)]
pub struct AzureCli {
    /// The program: `az`, or `az.cmd` on Windows, unless it lies out of the path.
    pub program: PathBuf,
}

impl Default for AzureCli {
    fn default() -> Self {
        Self {
            program: if cfg!(windows) { "az.cmd" } else { "az" }.into(),
        }
    }
}

/// Asks the program for tokens.
#[derive(Debug)]
pub(crate) struct AzureCliProvider {
    pub(crate) cli: AzureCli,
    /// A GUID or a domain, checked to hold nothing that a shell could read.
    pub(crate) tenant_id: String,
}

/// What the program prints. `expires_on` came with version 2.54; before there was only a local time without zone.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    access_token: String,
    expires_on: Option<i64>,
}

#[async_trait]
impl TokenProvider for AzureCliProvider {
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError> {
        let arguments = [
            "account",
            "get-access-token",
            "--output",
            "json",
            "--resource",
            audience.resource,
            "--tenant",
            &self.tenant_id,
        ];
        let output = run(&self.cli, &arguments).await?;
        let printed: Printed =
            serde_json::from_slice(&output).map_err(|error| failed(&place(&error)))?;
        let ends = printed
            .expires_on
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        let ends = ends.ok_or_else(|| {
            failed("it does not say when the token ends: use version 2.54 or newer")
        })?;
        sendable(printed.access_token, ends).map_err(failed)
    }
}

fn failed(reason: &str) -> SignInError {
    SignInError::AzureCli {
        reason: clean(reason),
    }
}

/// Runs the program and returns what it printed. Dropping the future lets it run to its end.
async fn run(cli: &AzureCli, arguments: &[&str]) -> Result<Vec<u8>, SignInError> {
    let mut command = Command::new(&cli.program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| failed(&format!("it could not be started: {error}")))?;
    let child = Arc::new(Mutex::new(child));
    let watched = Arc::clone(&child);
    let run = tokio::task::spawn_blocking(move || wait(&watched));
    match tokio::time::timeout(RUN_MAX, run).await {
        Ok(Ok(printed)) => printed,
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(_) => {
            // It may have ended just now; then there is nothing to end.
            let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
            Err(failed("it did not answer within a minute"))
        }
    }
}

fn wait(child: &Mutex<Child>) -> Result<Vec<u8>, SignInError> {
    let (output, errors) = {
        let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
        (child.stdout.take(), child.stderr.take())
    };
    // Read side by side, because a program whose errors nobody reads stops.
    let errors = std::thread::spawn(move || read(errors));
    let printed = read(output);
    let errors = errors.join().unwrap_or_default();
    let status = child.lock().unwrap_or_else(PoisonError::into_inner).wait();
    match status {
        Ok(status) if status.success() => Ok(printed),
        Ok(_) => Err(failed(&String::from_utf8_lossy(&errors))),
        Err(error) => Err(failed(&error.to_string())),
    }
}

fn read(source: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(source) = source {
        // What came before an error is what there is.
        let _ = source.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
    }
    bytes
}
