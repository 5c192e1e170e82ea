//! The texts of queries.

use jiff::SignedDuration;
use tesem_hunt::{PlanOptions, TableReach, plan};

use crate::support::{MIXED, intake_of, now, plan_of};

fn only_query(text: &str) -> String {
    let queries: Vec<_> = plan_of(text).queries().collect();
    assert_eq!(queries.len(), 1);
    queries[0].text.clone()
}

#[test]
fn a_summary_over_every_kind() {
    insta::assert_snapshot!("summary_mixed", only_query(MIXED));
}

#[test]
fn accounts_of_internal_domains_are_looked_for_where_mailboxes_are() {
    let text = only_query("Ada@Contoso.Local\nada@contoso\n");
    let list = "let wanted_mailboxes = dynamic([\"ada@contoso\",\"ada@contoso.local\"]);";
    assert!(text.contains(list), "{text}");
    for column in ["AccountUpn", "TargetAccountUpn", "SenderFromAddress"] {
        let condition = format!("{column} in~ (wanted_mailboxes)");
        assert!(text.contains(&condition), "{column}");
    }
}

#[test]
fn a_summary_of_hashes_only() {
    insta::assert_snapshot!(
        "summary_hash",
        only_query("44d88612fea8a8f36de82e1278abb02f")
    );
}

#[test]
fn a_summary_of_many_domains_rules_rows_out_by_the_end_of_the_host() {
    let domains: Vec<String> = (0..501).map(|n| format!("a.host-{n:03}.com")).collect();
    let text = only_query(&format!("evil.com\n{}", domains.join("\n")));
    let tails: Vec<&str> = domains.iter().map(|domain| &domain[2..]).collect();
    let shortened = text
        .replace(&domains[2..].join("\",\""), "…")
        .replace(&tails[2..].join("\",\""), "…");
    insta::assert_snapshot!("summary_many_domains", shortened);
}

#[test]
fn a_summary_for_defender_for_endpoint() {
    let options = PlanOptions::new(
        now(),
        SignedDuration::from_hours(24),
        TableReach::EndpointOnly,
    );
    let plan = plan(intake_of("evil.com\n198.51.100.23\n"), options).unwrap();
    insta::assert_snapshot!("summary_endpoint", plan.queries().next().unwrap().text);
}

/// The leg of a summary that reads a column.
fn leg(indicator: &str, table: &str, column: &str) -> String {
    let text = only_query(indicator);
    let start = format!("  ({table} |");
    let source = format!("SourceColumn = \"{column}\"");
    let mut legs = text.lines().filter(|line| line.starts_with(&start));
    let leg = legs.find(|line| line.contains(&source));
    leg.unwrap_or_else(|| panic!("{table}.{column} is not read"))
        .to_owned()
}

#[test]
fn values_inside_of_a_text_are_read_out_of_it_one_by_one() {
    let mut legs = String::new();
    for (indicator, table, column) in [
        ("evil.com", "DeviceNetworkEvents", "AdditionalFields"),
        ("evil.com", "DeviceEvents", "AdditionalFields"),
        ("evil.com", "UrlClickEvents", "UrlChain"),
        ("evil.com", "CloudDnsEvents", "DnsQuery"),
        ("a@evil.com", "MessageEvents", "RecipientDetails"),
        ("192.168.1.7", "DeviceNetworkInfo", "IPAddresses"),
        ("198.51.100.7", "DeviceNetworkInfo", "DnsAddresses"),
    ] {
        legs.push_str(&leg(indicator, table, column).replace(" | ", "\n    | "));
        legs.push('\n');
    }
    insta::assert_snapshot!("legs", legs);
}
