//! What the tenant has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_defender::IndicatorId;
use tesem_defender::endpoint::{Indicator, IndicatorAction, IndicatorSeverity};
use uuid::Uuid;

use crate::key::Key;

/// By what our own indicators are told from others'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The label that we write into `application`; it cannot be changed once an indicator is made.
    pub application: String,
    /// The app that we sign in as, which the service writes into `createdBy`; where it is given, both must fit.
    pub client_id: Option<String>,
}

/// The label of our indicators, unless said otherwise.
pub const APPLICATION_DEFAULT: &str = "Tesem";

impl Owner {
    /// Whether we made `indicator`.
    #[must_use]
    pub fn owns(&self, indicator: &Indicator) -> bool {
        let is_label_ours = indicator.application.as_deref() == Some(self.application.as_str());
        let is_app_ours = match (&self.client_id, &indicator.created_by) {
            (Some(own), Some(by)) => own.eq_ignore_ascii_case(by),
            _ => true,
        };
        is_label_ours && is_app_ours
    }
}

/// Who made `indicator`, for people: a name, else an id, else the label; empty where the service says nothing.
pub(crate) fn made_by(indicator: &Indicator) -> &str {
    let names = [
        &indicator.created_by_display_name,
        &indicator.created_by,
        &indicator.application,
    ];
    let mut given = names.into_iter().flatten().map(String::as_str);
    given.next().unwrap_or_default()
}

/// An indicator of the tenant, as far as plans speak of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is.
    pub key: Key,
    /// The tenant's id of it.
    #[serde(with = "id_text")]
    pub id: IndicatorId,
    /// What happens on a match.
    pub action: Option<IndicatorAction>,
    /// How bad that is.
    pub severity: Option<IndicatorSeverity>,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// What to do about a match.
    pub recommended_actions: Option<String>,
    /// A page that is shown to a user who is stopped.
    pub educate_url: Option<String>,
    /// Whether a match raises an alert.
    pub generate_alert: bool,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Whether we made it.
    pub is_ours: bool,
    /// Who made it, for people.
    pub made_by: String,
}

mod id_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use tesem_defender::IndicatorId;

    pub(super) fn serialize<S: Serializer>(id: &IndicatorId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(id.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<IndicatorId, D::Error> {
        String::deserialize(from).map(IndicatorId::new)
    }
}

/// Everything that the tenant has, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actual {
    items: Vec<Item>,
}

impl Actual {
    /// What was read. Only a reading of the whole list may come here: what is missing would be taken for gone.
    #[must_use]
    pub fn new(indicators: Vec<Indicator>, owner: &Owner) -> Self {
        Self::from_items(
            indicators
                .into_iter()
                .map(|indicator| item(indicator, owner))
                .collect(),
        )
    }

    /// The same from items, in whatever order.
    #[must_use]
    pub fn from_items(mut items: Vec<Item>) -> Self {
        items.sort();
        Self { items }
    }

    /// All, by key and id.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// How many are not ours.
    #[must_use]
    pub fn foreign(&self) -> usize {
        self.items.iter().filter(|item| !item.is_ours).count()
    }

    /// A digest of all that plans depend on.
    #[must_use]
    pub fn digest(&self) -> Uuid {
        // Items of JSON types only can always be written.
        let text = serde_json::to_vec(&self.items).unwrap_or_default();
        Uuid::new_v5(&NAMESPACE, &text)
    }
}

const NAMESPACE: Uuid = Uuid::from_u128(0x7465_7365_6d2d_696e_6469_6361_746f_7273);

fn item(indicator: Indicator, owner: &Owner) -> Item {
    Item {
        is_ours: owner.owns(&indicator),
        made_by: made_by(&indicator).to_owned(),
        key: Key::of(&indicator),
        id: indicator.id,
        action: indicator.action,
        severity: indicator.severity,
        title: indicator.title.unwrap_or_default(),
        description: indicator.description.unwrap_or_default(),
        recommended_actions: indicator.recommended_actions,
        educate_url: indicator.educate_url,
        generate_alert: indicator.generate_alert.unwrap_or_default(),
        expires: indicator.expires,
    }
}
