//! What differs between an indicator as it is and as it is wanted.

use jiff::SignedDuration;

use crate::actual::Item;
use crate::content::Content;
use crate::desired::DesiredItem;
use crate::key::Key;
use crate::options::PlanOptions;
use crate::plan::{Change, ChangedField};

/// Ends that differ by less are the same.
const EXPIRY_SLACK: SignedDuration = SignedDuration::from_hours(24);

/// What makes `actual` as `item` is wanted; nothing where it is.
pub(crate) fn compare(item: &DesiredItem, actual: &Item, options: &PlanOptions) -> Option<Change> {
    let mut fields = changed(&item.key, &item.content, actual);
    let expiry = expiry(item, actual, options);
    if expiry == ExpiryChange::Other {
        fields.push(ChangedField::Expires);
    }
    let from = Box::new(actual.clone());
    let mut to = item.content.clone();
    match (fields.is_empty(), expiry) {
        (true, ExpiryChange::None) => None,
        (true, _) => Some(Change::Renew { from, to }),
        (false, expiry) => {
            if expiry == ExpiryChange::None {
                to.expires = actual.expires;
            }
            Some(Change::Change { from, to, fields })
        }
    }
}

/// What differs, apart from the end.
pub(crate) fn changed(key: &Key, wanted: &Content, actual: &Item) -> Vec<ChangedField> {
    let is_empty = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    let differ = |one: &Option<String>, other: &Option<String>| {
        !(is_empty(one) && is_empty(other)) && one != other
    };
    let all = [
        (
            ChangedField::Action,
            actual.action.as_ref() != Some(&wanted.action),
        ),
        (
            ChangedField::Severity,
            actual.severity.as_ref() != Some(&wanted.severity),
        ),
        (ChangedField::Title, actual.title != wanted.title),
        (
            ChangedField::Description,
            actual.description != wanted.description,
        ),
        (
            ChangedField::RecommendedActions,
            differ(&actual.recommended_actions, &wanted.recommended_actions),
        ),
        (
            ChangedField::EducateUrl,
            differ(&actual.educate_url, &wanted.educate_url),
        ),
        (
            ChangedField::GenerateAlert,
            actual.generate_alert != wanted.generate_alert,
        ),
        (ChangedField::Groups, !actual.key.has_groups_of(key)),
    ];
    let differing = all.into_iter().filter(|(_, differs)| *differs);
    differing.map(|(field, _)| field).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpiryChange {
    None,
    Renew,
    Other,
}

/// An end that is far enough away stays as it is: each run would move it otherwise.
fn expiry(item: &DesiredItem, actual: &Item, options: &PlanOptions) -> ExpiryChange {
    match (item.content.expires, actual.expires) {
        (None, None) => ExpiryChange::None,
        (None, Some(_)) | (Some(_), None) => ExpiryChange::Other,
        (Some(wanted), Some(is)) => {
            let life = wanted.duration_since(options.now);
            let threshold = options.renew_before.min(life / 2);
            let left = is.duration_since(options.now);
            let gain = wanted.duration_since(is);
            if gain > SignedDuration::ZERO && left < threshold {
                ExpiryChange::Renew
            } else if gain < -EXPIRY_SLACK {
                ExpiryChange::Other
            } else {
                ExpiryChange::None
            }
        }
    }
}
