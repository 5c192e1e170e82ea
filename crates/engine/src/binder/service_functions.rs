//! Functions that are not of the language: Microsoft Defender and Microsoft Sentinel add them to their databases.
//!
//! Sources: learn.microsoft.com/defender-xdr/advanced-hunting-overview and the pages of its functions,
//! learn.microsoft.com/azure/sentinel/watchlists-queries, learn.microsoft.com/azure/sentinel/normalization-parsers-list.

/// The functions of advanced hunting that answer from what the service knows beside its tables.
const DEFENDER: &[&str] = &["AssignedIPAddresses", "DeviceFromIP", "SeenBy"];

const WATCHLISTS: &[&str] = &["_GetWatchlist", "_GetWatchlistAlias"];

/// How the built-in parsers of the Advanced Security Information Model begin.
const PARSERS: &[&str] = &["_Im_", "_ASim_"];

/// The parsers of the same model that a workspace deploys.
const DEPLOYED_PARSERS: &[&str] = &[
    "imAlertEvent",
    "imAuditEvent",
    "imAuthentication",
    "imDhcpEvent",
    "imDns",
    "imFileEvent",
    "imNetworkSession",
    "imProcess",
    "imProcessCreate",
    "imProcessEvent",
    "imProcessTerminate",
    "imRegistry",
    "imUserManagement",
    "imWebSession",
];

/// What to refuse where a query uses a function of the services that this engine has not, by name.
pub(crate) fn refused(name: &str) -> Option<String> {
    let is_sentinel = WATCHLISTS.contains(&name)
        || DEPLOYED_PARSERS.contains(&name)
        || PARSERS.iter().any(|prefix| name.starts_with(prefix));
    if is_sentinel {
        let what = format!(
            "{name}(), which belongs to Microsoft Sentinel and is not in advanced hunting's database here,"
        );
        return Some(what);
    }
    if name == "FileProfile" {
        return Some("FileProfile() outside of `invoke`".to_owned());
    }
    let is_defender = DEFENDER.contains(&name);
    is_defender.then(|| {
        format!("{name}(), which answers from data of Microsoft Defender that is in no table,")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_services_are_told_from_misspelt_ones() {
        let of_services = ["_GetWatchlist", "_Im_Dns", "_ASim_Dns", "imDns", "SeenBy"];
        assert!(of_services.iter().all(|name| refused(name).is_some()));
        let others = [
            "image",
            "imNothing",
            "_GetWatchlists",
            "seenby",
            "DeviceInfo",
        ];
        assert!(others.iter().all(|name| refused(name).is_none()));
    }
}
