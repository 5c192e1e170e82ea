//! `tesem relay token`: a token for whoever registers the relay.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tesem_defender::Credential;
use tesem_relay::auth::{Caller, sign};
use tesem_state::{Clock, SystemClock};

use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{Settings, span, tenant_settings};
use crate::tenants::choose;
use crate::terminal::Terminal;

/// Make the token that a client sends for a tenant
///
/// Signs the tenant's id, its app and the app's secret with the `secret_key` of [relay] (HS256). Whoever holds the token can ask the relay
/// as that app, and read the app's secret in it: hand it to Cisco's module form and to nobody else.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem relay token --tenant contoso\n  \
    tesem relay token --tenant contoso --subject xdr-production --expires 365d")]
pub(crate) struct TokenArgs {
    /// Tenant from the configuration [default: the only one configured]
    #[arg(long, value_name = "NAME", env = "TESEM_TENANT")]
    tenant: Option<String>,
    /// Who is named by audit records of actions taken with it
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// After how long it is refused; without it never
    #[arg(long, value_name = "SPAN", value_parser = span)]
    expires: Option<jiff::SignedDuration>,
}

/// Prints a token.
pub(super) fn run(
    args: &TokenArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let secret = settings.file.relay.secret()?.ok_or_else(|| {
        UsageError::new("there is no secret to sign with").with_hint(
            "set the environment variable SECRET_KEY, or say where it is with `secret_key` in [relay]",
        )
    })?;
    let names = choose(args.tenant.as_slice(), settings)?;
    let name = names.first().map(String::as_str).unwrap_or_default();
    let tenant = tenant_settings(settings, name, None)?;
    let Credential::ClientSecret(client_secret) = tenant.credential else {
        return Err(UsageError::new(format!(
            "the tenant `{name}` signs in without a client secret"
        ))
        .with_hint("a token of the relay carries one: give the tenant a `client_secret`")
        .into());
    };
    let caller = Caller {
        tenant_id: tenant.tenant_id,
        client_id: tenant.client_id,
        client_secret,
        subject: args.subject.clone(),
        entities_limit: None,
    };
    let expires = args.expires.map(|span| end(SystemClock.now(), span));
    let token = sign(&caller, expires.transpose()?, &secret)?;
    writeln!(terminal.stdout(), "{}", token.expose_secret())?;
    Ok(Exit::Done)
}

fn end(now: Timestamp, span: jiff::SignedDuration) -> Result<Timestamp, UsageError> {
    now.checked_add(span)
        .map_err(|_| UsageError::new("`--expires` is too far away"))
}
