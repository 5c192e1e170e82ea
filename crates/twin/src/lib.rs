//! A Defender tenant on your own machine: sign-in, hunting, quotas, faults, clock, generated telemetry.
//!
//! A twin listens on one address and answers there for Entra's token endpoints, Microsoft Graph, Microsoft Defender for Endpoint and
//! Microsoft Defender XDR; a client's four endpoints all point to [`RunningTwin::base_url`]. It counts calls against the documented
//! quotas with its own code, refuses what it does not emulate by name (501), and keeps a log of every call.
//!
//! ```text
//! HTTP -> fault? -> route -> token, permission -> quota -> handler -> engine -> wire JSON -> call log
//! ```
//!
//! `/_twin/` is its own face: credentials, call log, faults, clock, reset, capabilities, and an OpenAPI document of every route.
//!
//! What the service does comes from public pages, named where a module relies on one; what no page settles is a setting in
//! [`UnverifiedBehaviour`]. The secrets of a twin open nothing but the twin.

pub mod generate;

mod address;
mod assumption;
mod call_log;
mod clock;
mod control;
mod data;
mod endpoint;
mod envelope;
mod error;
mod fault;
mod hunting;
mod ids;
mod inventory;
mod iso;
mod json_text;
mod odata;
mod openapi;
mod options;
mod pattern;
mod prepared;
mod quota;
mod refusal;
mod reply;
mod request_body;
mod route;
mod security;
mod server;
mod signin;
mod state;
mod storage;
mod telemetry;
mod tenant;
mod wire_time;

pub use assumption::WrongAssumption;
pub use call_log::CallRecord;
pub use clock::{ClockOutOfRange, FixedTwinClock, SystemTwinClock, TwinClock};
pub use data::{WrittenTenant, write_generated, write_generated_observed};
pub use error::TwinError;
pub use options::{
    BoolCells, ContentTypeCheck, CountScope, DeletionStatus, DynamicCells, IndicatorKey, KeyCase,
    LinkHost, RepeatedAction, SelectAndOrder, TwinLimits, TwinOptions, TwinSource,
    UnverifiedBehaviour, WrongAudience,
};
pub use prepared::PreparedTenant;
pub use quota::{QuotaSetting, QuotaSyntaxError, QuotaWindow, RunTimeBudget, RunTimeSetting};
pub use server::{RunningTwin, TwinWarning, start};
pub use state::KeptIndicators;
pub use tenant::{Tenant, TenantApp};
