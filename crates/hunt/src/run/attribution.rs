//! Which indicators a found value stands for.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use tesem_observable::{DomainName, IpRange, Observable, Url};

use crate::indicator::IndicatorId;
use crate::plan::Plan;
use crate::term;

/// From what a row says was found to the indicators.
#[derive(Debug, Default)]
pub(crate) struct Attribution {
    exact: HashMap<(Class, String), Vec<IndicatorId>>,
    networks: HashMap<(u8, IpAddr), Vec<IndicatorId>>,
    /// The prefix lengths that occur, by family.
    lengths: BTreeSet<(bool, u8)>,
}

/// What is compared with what: forms that queries tell apart only for their own sake are one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Hash,
    Certificate,
    Address,
    Domain,
    Url,
    Mailbox,
    Device,
    FileName,
}

impl Class {
    fn of_form(form: &str) -> Option<Self> {
        Some(match form {
            "sha256" | "sha1" | "md5" => Self::Hash,
            "certificate" => Self::Certificate,
            "mailbox" => Self::Mailbox,
            "device" => Self::Device,
            "file_name" => Self::FileName,
            "hosts" | "sites" | "links" => Self::Url,
            _ if form.starts_with("address") => Self::Address,
            _ if form.starts_with("domains") => Self::Domain,
            _ if form.starts_with("paths") => Self::Url,
            _ => return None,
        })
    }
}

impl Attribution {
    /// The attribution for a plan's searchable indicators.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut attribution = Self::default();
        for id in plan.searched() {
            if let Some(indicator) = plan.intake.get(id) {
                attribution.add(id, &indicator.observable);
            }
        }
        attribution
    }

    fn add(&mut self, id: IndicatorId, observable: &Observable) {
        let text = observable.to_string();
        let class = match observable {
            Observable::Sha256(_) | Observable::Sha1(_) | Observable::Md5(_) => Class::Hash,
            Observable::CertificateThumbprint(_) => Class::Certificate,
            Observable::Email(_) => Class::Mailbox,
            Observable::DeviceName(_) => Class::Device,
            Observable::FileName(_) => Class::FileName,
            Observable::Domain(domain) => return self.add_domain(domain, id),
            Observable::Url(url) => return self.add_url(url, id),
            Observable::Ipv4(one) => return self.add_address(IpAddr::V4(*one), id),
            Observable::Ipv6(one) => return self.add_address(IpAddr::V6(*one), id),
            Observable::IpRange(range) => return self.add_range(range, id),
        };
        self.add_exact(class, text.to_lowercase(), id);
    }

    fn add_domain(&mut self, domain: &DomainName, id: IndicatorId) {
        for name in term::domain_spellings(domain) {
            self.add_exact(Class::Domain, name, id);
        }
    }

    fn add_url(&mut self, url: &Url, id: IndicatorId) {
        for key in term::link_keys(url) {
            self.add_exact(Class::Url, key.text(), id);
        }
    }

    fn add_exact(&mut self, class: Class, text: String, id: IndicatorId) {
        self.exact.entry((class, text)).or_default().push(id);
    }

    fn add_address(&mut self, address: IpAddr, id: IndicatorId) {
        self.add_exact(Class::Address, address.to_canonical().to_string(), id);
    }

    fn add_range(&mut self, range: &IpRange, id: IndicatorId) {
        for (address, length) in range.networks() {
            self.lengths.insert((address.is_ipv4(), length));
            self.networks.entry((length, address)).or_default().push(id);
        }
    }

    /// The indicators among `asked`, which is sorted, that a row's `form` and `value` stand for.
    pub(crate) fn find(&self, form: &str, value: &str, asked: &[IndicatorId]) -> Vec<IndicatorId> {
        let mut found = match Class::of_form(form) {
            None => Vec::new(),
            Some(Class::Address) => self.find_address(value),
            Some(Class::Device) => self.find_device(value),
            Some(Class::Url) => self.find_exact(Class::Url, value.to_owned()),
            Some(class) => self.find_exact(class, value.to_lowercase()),
        };
        found.retain(|id| asked.binary_search(id).is_ok());
        found.sort_unstable();
        found.dedup();
        found
    }

    fn find_exact(&self, class: Class, text: String) -> Vec<IndicatorId> {
        self.exact.get(&(class, text)).cloned().unwrap_or_default()
    }

    /// A short name stands for the device in whatever domain.
    fn find_device(&self, name: &str) -> Vec<IndicatorId> {
        let name = name.to_lowercase();
        let label = name.split('.').next().unwrap_or(&name).to_owned();
        let mut found = self.find_exact(Class::Device, label);
        found.extend(self.find_exact(Class::Device, name));
        found
    }

    fn find_address(&self, text: &str) -> Vec<IndicatorId> {
        let Some(address) = term::read_address(text) else {
            return Vec::new();
        };
        let mut found = self.find_exact(Class::Address, address.to_string());
        for (_, length) in self
            .lengths
            .iter()
            .filter(|(is_ipv4, _)| *is_ipv4 == address.is_ipv4())
        {
            let network = IpRange::network(address, *length).map(|range| range.first());
            let ids = network.and_then(|first| self.networks.get(&(*length, first)));
            found.extend(ids.into_iter().flatten());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{InputForm, InputSource, Intake, PlanOptions, TableReach, plan};

    fn found(indicator: &str, form: &str, value: &str) -> bool {
        let source = InputSource {
            name: "list.txt",
            bytes: indicator.as_bytes(),
            form: InputForm::Auto,
        };
        let now = "2026-11-21T04:00:00Z".parse().unwrap();
        let options = PlanOptions::new(now, SignedDuration::from_hours(24), TableReach::All);
        let plan = plan(Intake::read(&[source]), options).unwrap();
        let asked: Vec<IndicatorId> = plan.searched().collect();
        assert_eq!(asked.len(), 1, "{indicator}");
        !Attribution::new(&plan).find(form, value, &asked).is_empty()
    }

    #[test]
    fn a_found_value_stands_for_its_indicator_and_for_no_other() {
        let digits = "[2001:0db8:0005:0000:0000:0000:0000:0099]:8080/x";
        let cases = [
            ("198.51.100.77", "address", "198.51.100.77", true),
            ("198.51.100.0/24", "address", "198.51.100.77", true),
            ("198.51.100.0/24", "address", "198.51.101.77", false),
            ("198.51.100.0/24", "address", "198.51.100.777", false),
            ("198.51.100.77", "address_remote", "::ffff:c633:644d", true),
            ("::ffff:c633:644d", "address_remote", "198.51.100.77", true),
            ("2001:db8:5::99", "address", "2001:DB8:5:0::99", true),
            ("2001:db8:5::/124", "address", "2001:DB8:5::9", true),
            ("2001:db8:5::/124", "address", "2001:DB8:5::19", false),
            ("ada@contoso.local", "mailbox", "Ada@Contoso.Local", true),
            ("Ada@CONTOSO", "mailbox", "ada@contoso", true),
            ("ada@contoso", "mailbox", "ada@contoso.local", false),
            ("http://[2001:db8:5::99]:8080/x", "paths1", digits, true),
            ("http://[2001:db8:5::98]:8080/x", "paths1", digits, false),
        ];
        for (indicator, form, value, expected) in cases {
            assert_eq!(
                found(indicator, form, value),
                expected,
                "{value} for {indicator}"
            );
        }
    }
}
