//! The device code flow: a person enters a code elsewhere, and a client asks until that is done.
//!
//! Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code and RFC 8628. Who is the person at the twin decides through
//! `/_twin/device-codes`.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::form::Form;
use super::refusal::SignInRefusal;
use super::{check_tenant, registered_app};
use crate::control;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::tenant::TenantApp;

/// How long a code can be entered: a quarter of an hour.
const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// How long a client is to wait between two questions, in seconds. The service says five; the person at a twin is near.
const INTERVAL_SECONDS: u32 = 1;

/// Most codes that wait, and most refresh tokens; then the oldest go.
const KEPT_MAX: usize = 1_000;

/// Letters of the codes that people type: none that looks like another.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Waiting,
    Approved,
    Declined,
}

/// A code that somebody is asked to enter.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Invitation {
    user_code: String,
    client_id: String,
    until: Timestamp,
    decision: Decision,
    #[serde(skip)]
    device_code: String,
    /// What the client asked for.
    #[serde(skip)]
    scope: String,
}

/// Codes that wait, and what renews tokens of people who signed in.
#[derive(Debug, Default)]
pub(crate) struct DeviceCodes {
    invitations: Vec<Invitation>,
    /// Client ids by refresh token.
    refresh_tokens: BTreeMap<String, String>,
}

impl DeviceCodes {
    fn invite(&mut self, invitation: Invitation) {
        if self.invitations.len() >= KEPT_MAX {
            self.invitations.remove(0);
        }
        self.invitations.push(invitation);
    }

    /// Takes the code away if it is decided or too old; gives the scope that it was asked for with.
    fn redeem(
        &mut self,
        code: &str,
        app: &TenantApp,
        now: Timestamp,
    ) -> Result<String, SignInRefusal> {
        let is_meant =
            |known: &Invitation| known.device_code == code && known.client_id == app.client_id;
        let place = self
            .invitations
            .iter()
            .position(is_meant)
            .ok_or(SignInRefusal::UnknownCode)?;
        let Invitation {
            decision,
            until,
            scope,
            ..
        } = self.invitations[place].clone();
        if decision == Decision::Waiting && now < until {
            return Err(SignInRefusal::CodeNotEntered);
        }
        self.invitations.remove(place);
        match decision {
            _ if now >= until => Err(SignInRefusal::CodeExpired),
            Decision::Approved => Ok(scope),
            _ => Err(SignInRefusal::CodeDeclined),
        }
    }

    fn decide(&mut self, user_code: &str, approve: bool) -> bool {
        let wanted = user_code.trim().to_ascii_uppercase();
        let waiting = self
            .invitations
            .iter_mut()
            .find(|known| known.user_code == wanted);
        let decision = if approve {
            Decision::Approved
        } else {
            Decision::Declined
        };
        waiting.map(|known| known.decision = decision).is_some()
    }

    fn keep(&mut self, token: String, client_id: &str) {
        if self.refresh_tokens.len() >= KEPT_MAX {
            self.refresh_tokens.pop_first();
        }
        self.refresh_tokens.insert(token, client_id.to_owned());
    }
}

fn codes(twin: &Twin) -> MutexGuard<'_, DeviceCodes> {
    twin.device_codes
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(crate) fn device_code<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move {
        let now = twin.time.now();
        match invite(twin, call, now) {
            Ok(reply) => reply,
            Err(refusal) => refusal.reply(&twin.ids, now),
        }
    })
}

fn invite(twin: &Twin, call: &Call, now: Timestamp) -> Result<Reply, SignInRefusal> {
    check_tenant(twin, &call.parameter("tenant").unwrap_or_default())?;
    let form = Form::read(&call.body);
    let app = public_app(twin, &form)?;
    let scope = form
        .get("scope")
        .ok_or(SignInRefusal::MissingParameter { name: "scope" })?;
    let (device_code, user_code) = (twin.ids.guid(), typed_code(&twin.ids.guid()));
    let host = call.host.as_deref().unwrap_or("localhost");
    let address = format!("http://{host}/_twin/device");
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": address,
        "expires_in": LIFE.as_secs(),
        "interval": INTERVAL_SECONDS,
        "message": format!("To sign in, use a web browser to open the page {address} and enter the code {user_code} to authenticate."),
    });
    codes(twin).invite(Invitation {
        user_code,
        client_id: app.client_id.clone(),
        until: now.checked_add(LIFE).unwrap_or(Timestamp::MAX),
        decision: Decision::Waiting,
        device_code,
        scope: scope.to_owned(),
    });
    Ok(Reply::json(StatusCode::OK, &body))
}

/// An app that people may sign in to.
fn public_app<'a>(twin: &'a Twin, form: &Form) -> Result<&'a TenantApp, SignInRefusal> {
    let app = registered_app(twin, form.get("client_id"))?;
    if app.public_client {
        return Ok(app);
    }
    Err(SignInRefusal::NoCredential)
}

/// Nine letters that depend on `guid` alone.
fn typed_code(guid: &str) -> String {
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
    let digits: Vec<u8> = guid.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(3).take(9);
    pairs
        .map(|three| {
            letter(
                three
                    .iter()
                    .fold(0, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(*byte)),
            )
        })
        .collect()
}

/// The app of a person who entered the code, and the scope that was asked for.
pub(super) fn redeem<'a>(
    twin: &'a Twin,
    form: &Form,
    now: Timestamp,
) -> Result<(&'a TenantApp, String), SignInRefusal> {
    let app = public_app(twin, form)?;
    let code = form
        .get("device_code")
        .ok_or(SignInRefusal::MissingParameter {
            name: "device_code",
        })?;
    let scope = codes(twin).redeem(code, app, now)?;
    Ok((app, scope))
}

/// The app of a person who signed in before.
pub(super) fn renew<'a>(twin: &'a Twin, form: &Form) -> Result<&'a TenantApp, SignInRefusal> {
    let app = public_app(twin, form)?;
    let token = form
        .get("refresh_token")
        .ok_or(SignInRefusal::MissingParameter {
            name: "refresh_token",
        })?;
    let is_good = codes(twin).refresh_tokens.get(token) == Some(&app.client_id);
    if is_good {
        Ok(app)
    } else {
        Err(SignInRefusal::WrongRefreshToken)
    }
}

/// What renews the tokens of a person who has just signed in.
pub(super) fn refresh_token(twin: &Twin, app: &TenantApp) -> String {
    let token = format!("1.{}.{}", twin.ids.guid(), twin.ids.guid());
    codes(twin).keep(token.clone(), &app.client_id);
    token
}

/// `GET /_twin/device-codes`.
pub(crate) fn list_codes<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { list(twin) })
}

fn list(twin: &Twin) -> Reply {
    Reply::json(StatusCode::OK, &codes(twin).invitations)
}

/// What the person does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entered {
    user_code: String,
    /// `false` declines.
    #[serde(default = "yes")]
    approve: bool,
}

const fn yes() -> bool {
    true
}

/// `POST /_twin/device-codes`: as JSON, or as the form of the page sends it.
pub(crate) fn enter_code<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        let is_json = call.body.trim_ascii_start().starts_with(b"{");
        let entered = if is_json {
            control::read(&call.body)
        } else {
            let form = Form::read(&call.body);
            let user_code = form.get("user_code").unwrap_or_default().to_owned();
            Ok(Entered {
                user_code,
                approve: form.get("approve") != Some("false"),
            })
        };
        match entered {
            Ok(entered) if codes(twin).decide(&entered.user_code, entered.approve) => list(twin),
            Ok(_) => unknown_code(),
            Err(message) => control::refused(&message),
        }
    })
}

fn unknown_code() -> Reply {
    let body = json!({"error": {"code": "NotFound", "message": "nobody waits for this code"}});
    Reply::json(StatusCode::NOT_FOUND, &body)
}

/// `GET /_twin/device`: where a person enters a code.
pub(crate) fn page<'a>(_twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { Reply::bytes(StatusCode::OK, "text/html; charset=utf-8", PAGE) })
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in to the twin</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark }
  input { font: 1.5rem ui-monospace, monospace; width: 100%; box-sizing: border-box; padding: .5rem; text-transform: uppercase }
  button { font: inherit; padding: .5rem 1rem; margin-top: 1rem }
</style>
<h1>Enter the code</h1>
<p>Tesem shows a code while it waits for you to sign in to the tenant on this computer.</p>
<form method="post" action="/_twin/device-codes">
  <input name="user_code" aria-label="code" autocomplete="off" autofocus required>
  <button name="approve" value="true">Sign in</button>
  <button name="approve" value="false">Decline</button>
</form>
</html>
"#;
