//! Adapters and addresses of machines, from hunting.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tesem_defender::endpoint::IpAddressEntry;
use tesem_defender::{DefenderClient, DefenderError, MachineId};

use super::hunting::{DeviceQuery, Whose, ask};
use super::row::{Row, Rows, dynamic, read};

/// Entries for the machines' own lists.
pub(super) type Adapters = BTreeMap<MachineId, Vec<IpAddressEntry>>;

/// How much older than a machine's last report one of its adapters may be: reports come several times a day, and an adapter that is no
/// longer in them was taken out.
const REPORT_SPREAD: SignedDuration = SignedDuration::from_hours(24);

/// The adapters that machines showed last.
pub(super) async fn adapters(
    client: &DefenderClient,
    from: Timestamp,
    whose: &Whose,
) -> Result<Adapters, DefenderError> {
    let mut shown = Shown::default();
    let mut each = |rows: &Rows| shown.add(rows);
    ask(client, &query(from), whose, &mut each).await?;
    shown.last()
}

fn query(from: Timestamp) -> DeviceQuery {
    DeviceQuery {
        source: format!("DeviceNetworkInfo\n| where Timestamp >= datetime({from})"),
        rest: "| summarize arg_max(Timestamp, NetworkAdapterType, NetworkAdapterStatus, IPAddresses) by DeviceId, NetworkAdapterName, MacAddress"
            .to_owned(),
    }
}

/// An adapter's last report.
#[derive(Debug)]
struct Adapter {
    at: Timestamp,
    fields: Map<String, Value>,
    addresses: Vec<String>,
}

/// Every adapter's last report.
#[derive(Debug, Default)]
struct Shown(BTreeMap<MachineId, Vec<Adapter>>);

impl Shown {
    fn add(&mut self, rows: &Rows) -> Result<(), DefenderError> {
        for row in rows.iter() {
            let at = row.text("Timestamp").and_then(|at| at.parse().ok());
            if let (Some(machine), Some(at)) = (row.machine(), at) {
                let adapter = Adapter {
                    at,
                    fields: fields(row),
                    addresses: addresses(row),
                };
                self.0.entry(machine).or_default().push(adapter);
            }
        }
        Ok(())
    }

    fn last(self) -> Result<Adapters, DefenderError> {
        let of_machine = |(machine, adapters): (MachineId, Vec<Adapter>)| {
            let newest = adapters.iter().map(|adapter| adapter.at).max();
            let is_current = |adapter: &Adapter| {
                newest.is_none_or(|newest| newest.duration_since(adapter.at) <= REPORT_SPREAD)
            };
            let current = adapters.into_iter().filter(is_current);
            let entries: Result<Vec<_>, _> = current.flat_map(Adapter::entries).collect();
            entries.map(|entries| (machine, entries))
        };
        self.0.into_iter().map(of_machine).collect()
    }
}

fn fields(row: Row<'_>) -> Map<String, Value> {
    let columns = [
        ("macAddress", "MacAddress"),
        ("type", "NetworkAdapterType"),
        ("operationalStatus", "NetworkAdapterStatus"),
    ];
    let fields = columns
        .iter()
        .filter_map(|(field, column)| Some(((*field).to_owned(), json!(row.text(column)?))));
    fields.collect()
}

/// `IPAddresses` is a list of objects, each with an `IPAddress`; elsewhere it was seen as a list of texts.
fn addresses(row: Row<'_>) -> Vec<String> {
    let cell = row.cell("IPAddresses").map(dynamic);
    let Some(Value::Array(entries)) = cell else {
        return Vec::new();
    };
    let address = |entry: Value| match entry {
        Value::Object(entry) => entry.get("IPAddress")?.as_str().map(str::to_owned),
        Value::String(address) => Some(address),
        _ => None,
    };
    entries.into_iter().filter_map(address).collect()
}

impl Adapter {
    /// One entry for each address; one for an adapter without any.
    fn entries(self) -> Vec<Result<IpAddressEntry, DefenderError>> {
        let entry = |address: Option<String>| {
            let mut fields = self.fields.clone();
            if let Some(address) = address {
                fields.insert("ipAddress".to_owned(), json!(address));
            }
            read(fields)
        };
        if self.addresses.is_empty() {
            return vec![entry(None)];
        }
        self.addresses.into_iter().map(Some).map(entry).collect()
    }
}
