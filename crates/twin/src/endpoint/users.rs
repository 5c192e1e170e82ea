//! Users: related alerts and machines. A user is called by the account name, not by the principal name.

use super::{alerts, collection, machines};
use crate::data::SharedEntity;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{concerns_user, text};

/// `GET /api/users/{name}/alerts`.
pub(crate) fn alerts_of(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let name = call.required("name")?;
    let mut found: Vec<SharedEntity> = twin.tenant_state().alerts.values().cloned().collect();
    found.retain(|alert| concerns_user(alert, &name));
    alerts::page(twin, call, &found)
}

/// `GET /api/users/{name}/machines`.
pub(crate) fn machines_of(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let name = call.required("name")?;
    let found: Vec<SharedEntity> = {
        let state = twin.tenant_state();
        let has_user = |id: &str| {
            state
                .users_of(id)
                .iter()
                .any(|user| text(user, "accountName").eq_ignore_ascii_case(&name))
        };
        state
            .machines
            .values()
            .filter(|machine| has_user(text(machine, "id")))
            .cloned()
            .collect()
    };
    collection(twin, call, &machines::MACHINES, &found)
}
