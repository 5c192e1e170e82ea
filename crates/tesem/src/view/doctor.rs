//! What an examination found.

use std::io::Write;

use comfy_table::{Cell, Color};
use serde_json::json;

use super::table::{lines, plain, printable, thousands};
use crate::cli::Format;
use crate::commands::doctor::{CapabilityFinding, Finding, Left, Status, TenantFindings};
use crate::terminal::Terminal;

/// Prints the findings of each tenant.
pub(crate) fn write(
    tenants: &[TenantFindings],
    format: Format,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => {
            for tenant in tenants {
                writeln!(out, "{}", text(tenant, terminal.color_out()))?;
            }
        }
        Format::Json => {
            let document = json!({ "tenants": tenants });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        Format::Jsonl => {
            for tenant in tenants {
                writeln!(out, "{}", serde_json::to_string(tenant)?)?;
            }
        }
        Format::Csv => write_csv(&mut out, tenants)?,
    }
    out.flush()?;
    Ok(())
}

fn write_csv(out: &mut dyn Write, tenants: &[TenantFindings]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "Tenant",
        "Check",
        "Status",
        "Detail",
        "Permissions",
        "Advice",
    ])?;
    for tenant in tenants {
        for finding in &tenant.checks {
            let advice = finding.advice.as_deref().unwrap_or_default();
            let status = finding.status.as_str();
            csv.write_record([
                &tenant.tenant,
                &finding.check,
                status,
                &finding.detail,
                "",
                advice,
            ])?;
        }
        for finding in &tenant.capabilities {
            let permissions = finding.permissions.join(" or ");
            let advice = finding.advice.as_deref().unwrap_or_default();
            let status = finding.status.as_str();
            csv.write_record([
                &tenant.tenant,
                finding.capability,
                status,
                &finding.detail,
                &permissions,
                advice,
            ])?;
        }
    }
    csv.flush()?;
    Ok(())
}

fn text(tenant: &TenantFindings, color: bool) -> String {
    let mut sections = vec![head(tenant), checks(&tenant.checks, color)];
    if !tenant.capabilities.is_empty() {
        sections.push(capabilities(&tenant.capabilities, color));
    }
    if !tenant.advice.is_empty() {
        sections.push(advice(&tenant.advice));
    }
    sections.push(summary(tenant));
    sections.join("\n\n") + "\n"
}

fn head(tenant: &TenantFindings) -> String {
    let id = tenant.tenant_id.as_deref();
    let app = tenant.client_id.as_deref();
    let part = |name: &str, value: Option<&str>| {
        value.map_or_else(String::new, |value| {
            format!(", {name} {}", printable(value))
        })
    };
    format!(
        "tenant {}{}{}",
        tenant.tenant,
        part("id", id),
        part("app", app)
    )
}

fn checks(findings: &[Finding], color: bool) -> String {
    let mut table = plain(&["check", "result", "detail"]);
    for finding in findings {
        table.add_row([
            Cell::new(&finding.check),
            result(finding.status, color),
            Cell::new(printable(&finding.detail)),
        ]);
    }
    lines(&table)
}

fn capabilities(findings: &[CapabilityFinding], color: bool) -> String {
    let has_remarks = findings.iter().any(|finding| !remark(finding).is_empty());
    let mut header = vec!["capability", "for", "result", "permission", "calls left"];
    header.extend(has_remarks.then_some("detail"));
    let mut table = plain(&header);
    for finding in findings {
        let jobs = match finding.jobs.as_slice() {
            [] => "no command yet".to_owned(),
            jobs => jobs.join(", "),
        };
        let mut row = vec![
            Cell::new(finding.capability),
            Cell::new(jobs),
            result(finding.status, color),
            Cell::new(finding.permissions.first().unwrap_or(&"")),
            Cell::new(left(&finding.quota)),
        ];
        row.extend(has_remarks.then(|| Cell::new(printable(remark(finding)))));
        table.add_row(row);
    }
    lines(&table)
}

/// What worked, or is simply missing, needs no words.
fn remark(finding: &CapabilityFinding) -> &str {
    match finding.status {
        Status::Ok | Status::Granted | Status::Missing => "",
        Status::Warning | Status::Failed | Status::Skipped => &finding.detail,
    }
}

/// `44/45 a minute, 1,499/1,500 an hour`.
fn left(quota: &[Left]) -> String {
    let windows = quota.iter().map(|window| {
        let (left, limit) = (
            thousands(window.left.into()),
            thousands(window.limit.into()),
        );
        match window.seconds {
            60 => format!("{left}/{limit} a minute"),
            3_600 => format!("{left}/{limit} an hour"),
            seconds => format!("{left}/{limit} in {seconds} s"),
        }
    });
    windows.collect::<Vec<_>>().join(", ")
}

fn result(status: Status, color: bool) -> Cell {
    let cell = Cell::new(status.as_str());
    let shade = match status {
        Status::Ok | Status::Granted => Color::Green,
        Status::Warning | Status::Skipped => Color::Yellow,
        Status::Missing | Status::Failed => Color::Red,
    };
    if color { cell.fg(shade) } else { cell }
}

fn advice(advice: &[String]) -> String {
    let mut text = "what to do".to_owned();
    for (number, sentence) in advice.iter().enumerate() {
        text += &format!("\n  {}. {}", number + 1, printable(sentence));
    }
    text
}

fn summary(tenant: &TenantFindings) -> String {
    let count = |wanted: &[Status]| {
        tenant
            .statuses()
            .filter(|status| wanted.contains(status))
            .count()
    };
    format!(
        "{}: {} fine, {} warnings, {} missing, {} failed, {} skipped",
        tenant.tenant,
        count(&[Status::Ok, Status::Granted]),
        count(&[Status::Warning]),
        count(&[Status::Missing]),
        count(&[Status::Failed]),
        count(&[Status::Skipped])
    )
}
