//! The relay of Cisco Threat Response and XDR: they ask what is known of observables, a tenant of Microsoft Defender answers.
//!
//! - [`request`] reads what is asked and refuses what is malformed, in the texts that the clients know.
//! - [`auth`] finds out who asks: a token signed with a shared secret, or with a key that a host of Cisco publishes.
//! - [`observe`] looks up all that is asked in few calls, and gives what it has when its time is over; [`upstream`] is the tenant that
//!   it asks.
//! - [`sighting`] makes CTIM documents of alerts and hunting rows; [`refer`] links into the portal.
//! - [`respond`] offers response actions and carries them out, with a record of each.
//! - [`server`] has the routes.
//! - [`reply`] has the envelopes of all answers.
//!
//! What a client can see (routes, codes, messages, ids, titles) is that of the public relay
//! github.com/CiscoSecurity/tr-05-serverless-microsoft-defender-for-endpoint and of the newer template
//! github.com/CiscoSecurity/tr-05-serverless-relay. Documents follow CTIM, github.com/threatgrid/ctim.

pub mod auth;
pub mod ctim;
pub mod observe;
pub mod refer;
pub mod reply;
pub mod request;
pub mod respond;
pub mod server;
pub mod sighting;
pub mod time;
pub mod upstream;
