//! Doing what was chosen.

use futures::future::{BoxFuture, Either, select};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType, NewIndicator};
use tesem_defender::{DefenderError, IndicatorId, MachineId};

use super::{ADD_ALERT, ADD_ALLOWED, ADD_BLOCK, AuditResult, ID_PREFIX, MachineAction, REMOVE};
use crate::reply::{Code, Compat, Failure};
use crate::request::{ActionForm, ObservableType, machine};
use crate::upstream::{ResponseActions, Upstream, refused, rejection};

/// What is written to the tenant beside an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The comment of a machine's action.
    pub comment: String,
    /// The title of an indicator.
    pub title: String,
    /// The description of an indicator.
    pub description: String,
}

/// The texts of the public relay.
impl Default for Texts {
    fn default() -> Self {
        Self {
            comment: "Performed via SecureX Threat Response".to_owned(),
            title: "From SecureX Threat Response".to_owned(),
            description: "This indicator was added via SecureX Threat Response by the UI or API \
                          response actions"
                .to_owned(),
        }
    }
}

/// Something to do that is well defined. Nothing has been sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// To a machine.
    Machine {
        /// The machine.
        machine: MachineId,
        /// What.
        action: MachineAction,
        /// Why.
        comment: String,
    },
    /// An indicator is added.
    Add(Box<NewIndicator>),
    /// An indicator is removed.
    Remove(IndicatorId),
}

/// Why nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Rejected {
    /// The failure to answer with.
    pub failure: Failure,
    /// Whether the answer says `data.status` beside it.
    pub has_status: bool,
}

/// What `form` asks for. Needs nobody's leave, as nothing is sent.
///
/// # Errors
/// [`Rejected`] where there is no such action, or none for this type of observable.
pub fn plan(form: &ActionForm, texts: &Texts) -> Result<Planned, Rejected> {
    let name = form.action_id.strip_prefix(ID_PREFIX).unwrap_or_default();
    if form.observable_type == ObservableType::MsMachineId.as_str() {
        let action =
            MachineAction::named(name).ok_or_else(|| with_status("Unsupported action."))?;
        let machine = machine(&form.observable_value);
        return Ok(Planned::Machine {
            machine: machine.ok_or_else(|| with_status("There is no such machine."))?,
            action,
            comment: texts.comment.clone(),
        });
    }
    match name {
        ADD_ALERT => addition(form, texts, IndicatorAction::Alert),
        ADD_BLOCK => addition(form, texts, IndicatorAction::AlertAndBlock),
        ADD_ALLOWED => addition(form, texts, IndicatorAction::Allowed),
        REMOVE => removal(form),
        _ => Err(with_status("Unsupported action.")),
    }
}

fn with_status(reason: &str) -> Rejected {
    Rejected {
        failure: refused(reason),
        has_status: true,
    }
}

fn addition(
    form: &ActionForm,
    texts: &Texts,
    action: IndicatorAction,
) -> Result<Planned, Rejected> {
    let kind = indicator_type(&form.observable_type).ok_or_else(|| unsupported(form))?;
    let is_alert = action != IndicatorAction::Allowed;
    Ok(Planned::Add(Box::new(NewIndicator {
        value: form.observable_value.clone(),
        kind,
        action,
        title: texts.title.clone(),
        description: texts.description.clone(),
        application: None,
        expires: None,
        severity: is_alert.then_some(IndicatorSeverity::High),
        recommended_actions: None,
        rbac_group_names: Vec::new(),
        educate_url: None,
        generate_alert: None,
    })))
}

fn removal(form: &ActionForm) -> Result<Planned, Rejected> {
    indicator_type(&form.observable_type).ok_or_else(|| unsupported(form))?;
    let id = form.indicator_id.as_deref();
    let id = id.ok_or_else(|| with_status("There is no indicator_id."))?;
    Ok(Planned::Remove(IndicatorId::new(id)))
}

fn unsupported(form: &ActionForm) -> Rejected {
    let text = format!("Unsupported observable type {}", form.observable_type);
    Rejected {
        failure: Failure::new(Code::UnsupportedType, text),
        has_status: false,
    }
}

/// As what an observable of this type is written. Here letter case is told apart.
fn indicator_type(kind: &str) -> Option<IndicatorType> {
    match ObservableType::named(kind)? {
        ObservableType::Sha1 => Some(IndicatorType::FileSha1),
        ObservableType::Sha256 => Some(IndicatorType::FileSha256),
        ObservableType::Md5 => Some(IndicatorType::FileMd5),
        ObservableType::Ip | ObservableType::Ipv6 => Some(IndicatorType::IpAddress),
        ObservableType::Domain => Some(IndicatorType::DomainName),
        ObservableType::MsMachineId => None,
    }
}

/// Does what was planned, once. Gives what became of it, and the failure to answer with where it was not done.
pub async fn carry_out(
    upstream: &dyn Upstream,
    planned: &Planned,
    compat: Compat,
    deadline: BoxFuture<'static, ()>,
) -> (AuditResult, Option<Failure>) {
    let doing = Box::pin(send(upstream.actions(), planned));
    match select(doing, deadline).await {
        Either::Left((Ok(()), _)) => (AuditResult::Done, None),
        Either::Left((Err(error), _)) => {
            let result = if error.may_have_been_done() {
                AuditResult::Unknown
            } else {
                AuditResult::NotDone
            };
            (result, Some(rejection(&error, compat)))
        }
        Either::Right(((), _)) => (AuditResult::Unknown, Some(too_late())),
    }
}

fn too_late() -> Failure {
    let text = "Microsoft Defender for Endpoint returned unexpected error. \
                Details: The time for this request is over; the action may have been done.";
    Failure::new(Code::Unknown, text)
}

async fn send(actions: &dyn ResponseActions, planned: &Planned) -> Result<(), DefenderError> {
    match planned {
        Planned::Machine {
            machine,
            action,
            comment,
        } => match action.order() {
            Some(order) => actions.order(machine, &order, comment).await,
            None => actions.start_investigation(machine, comment).await,
        },
        Planned::Add(indicator) => actions.add_indicator(indicator).await,
        Planned::Remove(id) => actions.remove_indicator(id).await,
    }
}
