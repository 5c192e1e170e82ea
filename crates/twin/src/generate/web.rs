//! The hosts on the Internet that the tenant talks to, by popularity.
//!
//! Their addresses are of ranges that belong to nobody: 198.18.0.0/16 (half of the benchmark range of RFC 2544) and
//! 2001:db8:1000::/36 (part of the documentation range of RFC 3849). Names outside the best-known sites are fictitious companies that
//! Microsoft's documentation uses.

use super::random::{Stream, Zipf};

/// A host.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) ip: String,
    pub(super) ipv6: String,
    /// A path that a full URL to it may have.
    pub(super) path: &'static str,
}

/// The best-known hosts, most visited first, each with a path.
const POPULAR: [(&str, &str); 48] = [
    ("www.google.com", "/search?q=opening+hours"),
    ("www.bing.com", "/search?q=exchange+rates&form=QBLH"),
    ("www.microsoft.com", "/en-us/microsoft-365"),
    ("login.microsoftonline.com", "/common/oauth2/v2.0/authorize"),
    (
        "contoso.sharepoint.com",
        "/sites/projects/Shared%20Documents/Forms/AllItems.aspx",
    ),
    ("www.youtube.com", "/feed/trending"),
    ("www.office.com", "/launch/word"),
    ("bing.com", "/"),
    ("en.wikipedia.org", "/wiki/Tesem"),
    ("www.linkedin.com", "/feed/"),
    ("github.com", "/features"),
    ("fonts.gstatic.com", "/s/roboto/v47/regular.woff2"),
    ("www.msn.com", "/en-us/news"),
    ("google.com", "/"),
    ("stackoverflow.com", "/questions/tagged/rust"),
    ("learn.microsoft.com", "/en-us/windows/"),
    ("mail.google.com", "/mail/u/0/"),
    (
        "www.gstatic.com",
        "/images/branding/product/1x/keep_48dp.png",
    ),
    ("accounts.google.com", "/ServiceLogin"),
    ("maps.google.com", "/maps/dir/"),
    ("www.contoso.com", "/intranet/"),
    ("shop.northwindtraders.com", "/catalogue/2026/office"),
    ("www.fabrikam.com", "/support/drivers"),
    ("portal.adatum.com", "/suppliers/orders"),
    ("travel.margiestravel.com", "/booking/rail"),
    ("www.woodgrovebank.com", "/business/login"),
    ("www.tailspintoys.com", "/news"),
    ("news.lucernepublishing.com", "/markets"),
    ("cdn.litwareinc.com", "/assets/app.js"),
    ("www.wideworldimporters.com", "/track"),
    ("status.proseware.com", "/v2/summary"),
    ("www.fourthcoffee.com", "/menu"),
    ("www.blueyonderairlines.com", "/check-in"),
    ("www.alpineskihouse.com", "/weather"),
    ("www.treyresearch.net", "/papers/latest"),
    ("www.cohowinery.com", "/events"),
    ("www.humongousinsurance.com", "/claims"),
    ("www.relecloud.com", "/pricing"),
    ("www.wingtiptoys.com", "/sale"),
    ("www.vanarsdelltd.com", "/furniture"),
    ("www.graphicdesigninstitute.com", "/courses"),
    ("www.example.com", "/"),
    ("pypi.org", "/simple/requests/"),
    ("registry.npmjs.org", "/express"),
    ("crates.io", "/crates/serde"),
    ("www.apple.com", "/mac/"),
    ("archive.ubuntu.com", "/ubuntu/dists/noble/InRelease"),
    ("www.iana.org", "/domains/reserved"),
];
const COMPANIES: [&str; 20] = [
    "adatum.com",
    "alpineskihouse.com",
    "blueyonderairlines.com",
    "cohowinery.com",
    "fabrikam.com",
    "fourthcoffee.com",
    "graphicdesigninstitute.com",
    "humongousinsurance.com",
    "litwareinc.com",
    "lucernepublishing.com",
    "margiestravel.com",
    "northwindtraders.com",
    "proseware.com",
    "relecloud.com",
    "tailspintoys.com",
    "treyresearch.net",
    "vanarsdelltd.com",
    "wideworldimporters.com",
    "wingtiptoys.com",
    "woodgrovebank.com",
];
const SERVICES: [&str; 28] = [
    "img", "static", "cdn1", "cdn2", "cdn3", "assets", "media", "api", "api2", "blog", "docs",
    "download", "events", "forum", "help", "jobs", "login", "m", "metrics", "pages", "partners",
    "search", "store", "support", "tags", "tiles", "video", "ws",
];
/// Hosts that software calls by itself.
const BACKGROUND: [(&str, &str); 12] = [
    ("settings-win.data.microsoft.com", "/settings/v3.0/wsd"),
    ("v10.events.data.microsoft.com", "/OneCollector/1.0/"),
    (
        "fe3cr.delivery.mp.microsoft.com",
        "/ClientWebService/client.asmx",
    ),
    (
        "ctldl.windowsupdate.com",
        "/msdownload/update/v3/static/trustedr/en/authrootstl.cab",
    ),
    ("ocsp.digicert.com", "/"),
    ("outlook.office365.com", "/mapi/emsmdb/"),
    ("teams.microsoft.com", "/api/mt/part/"),
    ("update.googleapis.com", "/service/update2/json"),
    ("edge.microsoft.com", "/extensionwebstorebase/v1/crx"),
    ("officeclient.microsoft.com", "/config16/"),
    ("winatp-gw-weu.microsoft.com", "/commands/test"),
    ("wdcp.microsoft.com", "/wdcp.svc/submitReport"),
];

/// The part of the Internet that the tenant knows.
#[derive(Debug)]
pub(super) struct Web {
    /// Visited by people, most popular first.
    browsed: Vec<Host>,
    /// Called by software.
    background: Vec<Host>,
    popularity: Zipf,
}

impl Web {
    pub(super) fn new() -> Self {
        let tail = SERVICES.iter().flat_map(|service| {
            COMPANIES
                .iter()
                .map(move |company| (format!("{service}.{company}"), "/index.html"))
        });
        let popular = POPULAR
            .iter()
            .map(|(name, path)| ((*name).to_owned(), *path));
        let browsed: Vec<Host> = popular
            .chain(tail)
            .zip(0..)
            .map(|((name, path), place)| host(name, path, place))
            .collect();
        let first = u32::try_from(browsed.len()).unwrap_or(0);
        let background = BACKGROUND
            .iter()
            .zip(first..)
            .map(|((name, path), place)| host((*name).to_owned(), path, place));
        Self {
            popularity: Zipf::new(browsed.len()),
            background: background.collect(),
            browsed,
        }
    }

    /// A host that a person visits.
    pub(super) fn visited(&self, stream: &mut Stream) -> &Host {
        &self.browsed[self.popularity.draw(stream)]
    }

    /// A host that software calls.
    pub(super) fn called(&self, stream: &mut Stream) -> &Host {
        stream.pick(&self.background)
    }

    /// The host of this name, or the most popular one when it is not known.
    pub(super) fn named(&self, name: &str) -> &Host {
        let known = self
            .browsed
            .iter()
            .chain(&self.background)
            .find(|host| host.name == name);
        known.unwrap_or(&self.browsed[0])
    }
}

/// A name and an address that few devices ever ask for; most such names are asked for once.
pub(super) fn seldom(stream: &mut Stream) -> (String, String) {
    let company = stream.pick(&COMPANIES);
    let rank = stream.rank(22);
    let name = match stream.chance(400) {
        true => format!("{}.edge.{company}", stream.hex(10)),
        false => format!("n{rank}.{company}"),
    };
    let (third, fourth) = (5 + rank % 58, 1 + rank / 58 % 250);
    (name, format!("198.18.{third}.{fourth}"))
}

fn host(name: String, path: &'static str, place: u32) -> Host {
    Host {
        name,
        ip: format!("198.18.{}.{}", place / 200, 10 + place % 200),
        ipv6: format!("2001:db8:1{:03x}::{:x}", place / 16, 0x10 + place % 16),
        path,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn hosts_have_addresses_of_their_own() {
        let web = Web::new();
        let hosts: Vec<&Host> = web.browsed.iter().chain(&web.background).collect();
        let names: BTreeSet<_> = hosts.iter().map(|host| &host.name).collect();
        let fours: BTreeSet<Ipv4Addr> = hosts.iter().map(|host| host.ip.parse().unwrap()).collect();
        let sixes: BTreeSet<Ipv6Addr> = hosts
            .iter()
            .map(|host| host.ipv6.parse().unwrap())
            .collect();
        assert_eq!(
            (names.len(), fours.len(), sixes.len()),
            (hosts.len(), hosts.len(), hosts.len())
        );
        assert!(hosts.len() > 600);
    }
}
