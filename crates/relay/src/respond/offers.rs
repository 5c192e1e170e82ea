//! What can be done about observables.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tesem_defender::endpoint::{ActionType, Indicator, IndicatorAction};
use tesem_defender::{DefenderError, MachineId};

use super::{ADD_ALERT, ADD_ALLOWED, ADD_BLOCK, ID_PREFIX, MachineAction, REMOVE};
use crate::observe::{gather, time_is_over};
use crate::reply::{Compat, Failure};
use crate::request::{ObservableType, SentObservable, Subject, machine, supported};
use crate::sighting::SOURCE;
use crate::upstream::{Upstream, refused, rejection};

/// The actions for all observables, in the order of the request. For malformed values there are none.
///
/// # Errors
/// The first [`Failure`]: part of a list of actions would hide what else can be done.
pub async fn offers(
    upstream: &dyn Upstream,
    sent: &[SentObservable],
    compat: Compat,
    deadline: BoxFuture<'static, ()>,
) -> Result<Vec<Value>, Failure> {
    let asked = supported(sent, |_| true);
    let calls = asked
        .iter()
        .map(|(kind, observable)| offers_for(upstream, *kind, observable, compat));
    let mut offers = Vec::new();
    for offered in gather(calls, &deadline.shared()).await {
        offers.extend(offered.ok_or_else(time_is_over)??);
    }
    Ok(offers)
}

async fn offers_for(
    upstream: &dyn Upstream,
    kind: ObservableType,
    observable: &SentObservable,
    compat: Compat,
) -> Result<Vec<Value>, Failure> {
    if kind == ObservableType::MsMachineId {
        let machine = machine(&observable.value).ok_or_else(|| refused(""))?;
        let actions = machine_actions(upstream, &machine).await;
        let actions = actions.map_err(|error| without_reason(&error, compat))?;
        return Ok(actions
            .into_iter()
            .map(|action| of_machine(action, observable))
            .collect());
    }
    let Some(subject) = Subject::of(kind, &observable.value) else {
        return Ok(Vec::new());
    };
    match upstream
        .actions()
        .indicator([observable.value.trim(), &subject.value()])
        .await
    {
        Ok(Some(indicator)) => Ok(vec![removal(&indicator, observable)]),
        Ok(None) => Ok(additions(observable)),
        Err(error) => Err(rejection(&error, compat)),
    }
}

/// Clients know these refusals without a reason.
fn without_reason(error: &DefenderError, compat: Compat) -> Failure {
    let failure = rejection(error, compat);
    match error.refusal() {
        Some(refusal) if !matches!(refusal.status, 401 | 429 | 500) => Failure {
            message: refused("").message,
            ..failure
        },
        _ => failure,
    }
}

/// What can be done to a machine, in the order of titles; what undoes an action that is in force stands in its place, at the end.
async fn machine_actions(
    upstream: &dyn Upstream,
    machine: &MachineId,
) -> Result<Vec<MachineAction>, DefenderError> {
    use MachineAction as A;
    let machine = &with_id(upstream, machine).await?;
    let available = upstream.actions().available_actions(machine).await?;
    let mut actions: Vec<A> = available
        .iter()
        .filter(|action| action.is_available == Some(true))
        .flat_map(|action| A::available(&action.action))
        .collect();
    actions.sort_by_key(|action| action.title());
    let isolations = [A::FullIsolation, A::SelectiveIsolation];
    let kinds = [ActionType::Unisolate, ActionType::Isolate];
    if actions.iter().any(|action| isolations.contains(action))
        && is_in_force(upstream, machine, kinds).await?
    {
        actions.retain(|action| !isolations.contains(action));
        actions.push(A::Unisolate);
    }
    let kinds = [
        ActionType::UnrestrictCodeExecution,
        ActionType::RestrictCodeExecution,
    ];
    if actions.contains(&A::RestrictCodeExecution) && is_in_force(upstream, machine, kinds).await? {
        actions.retain(|action| *action != A::RestrictCodeExecution);
        actions.push(A::UnrestrictCodeExecution);
    }
    Ok(actions)
}

/// The machine by its id, as its actions name it.
async fn with_id(upstream: &dyn Upstream, machine: &MachineId) -> Result<MachineId, DefenderError> {
    let name = machine.as_str();
    if name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(MachineId::new(name.to_ascii_lowercase()));
    }
    let named = upstream.machines(std::slice::from_ref(machine)).await?;
    Ok(named
        .into_iter()
        .next()
        .map_or_else(|| machine.clone(), |found| found.id))
}

/// Whether the last of two actions that succeeded was the second, and not the first, which undoes it.
async fn is_in_force(
    upstream: &dyn Upstream,
    machine: &MachineId,
    kinds: [ActionType; 2],
) -> Result<bool, DefenderError> {
    let in_force = kinds[1].clone();
    let last = upstream.actions().last_action(machine, kinds).await?;
    Ok(last.and_then(|action| action.kind) == Some(in_force))
}

fn of_machine(action: MachineAction, observable: &SentObservable) -> Value {
    let (id, title) = (action.as_str(), action.title());
    offer(id, title, title, "Machine Actions", &parameters(observable))
}

fn removal(indicator: &Indicator, observable: &SentObservable) -> Value {
    let action = match &indicator.action {
        Some(IndicatorAction::AlertAndBlock) => "Alert and Block",
        Some(action) => action.as_str(),
        None => "",
    };
    let name = indicator.title.as_deref().unwrap_or_default();
    let title = format!("Remove indicator: {action} - {name}");
    let description = format!(
        "Remove indicator with {action} action for {}",
        observable.value
    );
    let mut parameters = parameters(observable);
    parameters.insert("indicator_id".to_owned(), json!(indicator.id));
    offer(
        REMOVE,
        &title,
        &description,
        "Remove Indicator",
        &parameters,
    )
}

fn additions(observable: &SentObservable) -> Vec<Value> {
    let addition = |id, action| {
        let title = format!("Add indicator: {action}");
        let description = format!(
            "Add indicator with {action} action for {}",
            observable.value
        );
        offer(
            id,
            &title,
            &description,
            "Add Indicator",
            &parameters(observable),
        )
    };
    vec![
        addition(ADD_ALERT, "Alert"),
        addition(ADD_BLOCK, "Alert and Block"),
        addition(ADD_ALLOWED, "Allow"),
    ]
}

/// What the client sends back when the action is chosen.
fn parameters(observable: &SentObservable) -> Map<String, Value> {
    Map::from_iter([
        ("observable_type".to_owned(), json!(observable.kind)),
        ("observable_value".to_owned(), json!(observable.value)),
    ])
}

fn offer(
    id: &str,
    title: &str,
    description: &str,
    category: &str,
    parameters: &Map<String, Value>,
) -> Value {
    json!({
        "id": format!("{ID_PREFIX}{id}"),
        "title": title,
        "description": description,
        "categories": [SOURCE, category],
        "query-params": parameters,
    })
}
