//! Views for people: names instead of ids, instants that can be read, only what is so now unless they say otherwise.

/// The statements that make the views.
pub(super) const VIEWS: &[&str] = &[
    MACHINES,
    VULNERABLE_SOFTWARE,
    OPEN_ALERTS,
    SOFTWARE_INVENTORY,
    MACHINE_ACCOUNTS,
    EDGE_HISTORY,
];

/// Machines with their names and addresses.
const MACHINES: &str = "CREATE VIEW tesem_assets.machines AS
SELECT s.key AS source, a.key AS machine_id, a.name, a.os_platform, a.os_version, a.health_status, a.exposure_level, a.risk_score,
    a.device_group,
    (SELECT string_agg(i.key, ' ' ORDER BY i.key) FROM tesem_assets.asset_ipaddress e
        JOIN tesem_assets.ipaddress i ON i.id = e.to_id WHERE e.from_id = a.id AND e.valid_to IS NULL) AS addresses,
    (SELECT count(*) FROM tesem_assets.asset_vulnerability e JOIN tesem_assets.vulnerability v ON v.id = e.to_id
        WHERE e.from_id = a.id AND e.valid_to IS NULL AND v.category = 'cve') AS vulnerabilities,
    (SELECT count(*) FROM tesem_assets.asset_vulnerability e JOIN tesem_assets.vulnerability v ON v.id = e.to_id
        WHERE e.from_id = a.id AND e.valid_to IS NULL AND v.category = 'alert') AS open_alerts,
    to_timestamp(a.last_seen / 1000) AS last_seen
FROM tesem_assets.asset a JOIN tesem_assets.source s ON s.id = a.source
WHERE a.removed_at IS NULL;
";

/// Software with vulnerabilities on machines that are open to attack: one row for each machine, product and vulnerability.
const VULNERABLE_SOFTWARE: &str = "CREATE VIEW tesem_assets.vulnerable_software_on_exposed_machines AS
SELECT s.key AS source, a.key AS machine_id, a.name AS machine, a.exposure_level, a.risk_score, p.vendor, p.product, p.version,
    v.key AS cve, v.cvss_score, v.severity, v.exploitability, v.public_exploit, to_timestamp(e.first_seen / 1000) AS first_seen
FROM tesem_assets.asset a
    JOIN tesem_assets.source s ON s.id = a.source
    JOIN tesem_assets.asset_vulnerability e ON e.from_id = a.id AND e.valid_to IS NULL
    JOIN tesem_assets.vulnerability v ON v.id = e.to_id AND v.category = 'cve'
    CROSS JOIN LATERAL jsonb_array_elements_text(e.applications) through (application)
    JOIN tesem_assets.application p ON p.source = a.source AND p.key = through.application
WHERE a.removed_at IS NULL AND a.exposure_level IN ('Medium', 'High');
";

/// Alerts that nobody has resolved.
const OPEN_ALERTS: &str = "CREATE VIEW tesem_assets.open_alerts AS
SELECT s.key AS source, v.key AS alert, v.name AS title, v.severity, v.status, v.assigned_to, v.incident, a.key AS machine_id,
    a.name AS machine, to_timestamp(v.published_on / 1000) AS raised, to_timestamp(e.last_modified / 1000) AS last_event
FROM tesem_assets.asset_vulnerability e
    JOIN tesem_assets.vulnerability v ON v.id = e.to_id AND v.category = 'alert'
    JOIN tesem_assets.asset a ON a.id = e.from_id
    JOIN tesem_assets.source s ON s.id = a.source
WHERE e.valid_to IS NULL;
";

/// Versions of products, on how many machines and with how many vulnerabilities.
const SOFTWARE_INVENTORY: &str = "CREATE VIEW tesem_assets.software_inventory AS
SELECT s.key AS source, p.vendor, p.product, p.version, p.end_of_support,
    (SELECT count(*) FROM tesem_assets.asset_application e WHERE e.to_id = p.id AND e.valid_to IS NULL) AS machines,
    (SELECT count(*) FROM tesem_assets.application_vulnerability e WHERE e.from_id = p.id AND e.valid_to IS NULL) AS vulnerabilities
FROM tesem_assets.application p JOIN tesem_assets.source s ON s.id = p.source
WHERE p.removed_at IS NULL AND p.is_os IS NULL;
";

/// Who signs in where.
const MACHINE_ACCOUNTS: &str = "CREATE VIEW tesem_assets.machine_accounts AS
SELECT s.key AS source, a.key AS machine_id, a.name AS machine, c.key AS account, e.domains, e.logon_types, e.is_domain_admin,
    to_timestamp(e.last_seen / 1000) AS last_seen
FROM tesem_assets.asset_account e
    JOIN tesem_assets.asset a ON a.id = e.from_id
    JOIN tesem_assets.account c ON c.id = e.to_id
    JOIN tesem_assets.source s ON s.id = a.source
WHERE e.valid_to IS NULL;
";

/// What was so from when to when, and why no longer: software, vulnerabilities, alerts, accounts and addresses of machines.
const EDGE_HISTORY: &str = "CREATE VIEW tesem_assets.edge_history AS
SELECT s.key AS source, h.collection, a.key AS machine_id, a.name AS machine, h.what, to_timestamp(h.valid_from / 1000) AS valid_from,
    to_timestamp(h.valid_to / 1000) AS valid_to, h.because
FROM (
    SELECT 'asset_application' AS collection, e.from_id, n.key AS what, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_application e JOIN tesem_assets.application n ON n.id = e.to_id
    UNION ALL SELECT 'asset_vulnerability', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_vulnerability e JOIN tesem_assets.vulnerability n ON n.id = e.to_id
    UNION ALL SELECT 'asset_account', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_account e JOIN tesem_assets.account n ON n.id = e.to_id
    UNION ALL SELECT 'asset_ipaddress', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_ipaddress e JOIN tesem_assets.ipaddress n ON n.id = e.to_id
    UNION ALL SELECT 'asset_macaddress', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_macaddress e JOIN tesem_assets.macaddress n ON n.id = e.to_id
    UNION ALL SELECT 'asset_hostname', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM tesem_assets.asset_hostname e JOIN tesem_assets.hostname n ON n.id = e.to_id
) h JOIN tesem_assets.asset a ON a.id = h.from_id JOIN tesem_assets.source s ON s.id = a.source;
";
