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
const MACHINES: &str = "CREATE VIEW machines AS
SELECT s.key AS source, a.key AS machine_id, a.name, a.os_platform, a.os_version, a.health_status, a.exposure_level, a.risk_score,
    a.device_group,
    (SELECT group_concat(key, ' ') FROM (SELECT i.key FROM asset_ipaddress e JOIN ipaddress i ON i.id = e.to_id
        WHERE e.from_id = a.id AND e.valid_to IS NULL ORDER BY i.key)) AS addresses,
    (SELECT count(*) FROM asset_vulnerability e JOIN vulnerability v ON v.id = e.to_id
        WHERE e.from_id = a.id AND e.valid_to IS NULL AND v.category = 'cve') AS vulnerabilities,
    (SELECT count(*) FROM asset_vulnerability e JOIN vulnerability v ON v.id = e.to_id
        WHERE e.from_id = a.id AND e.valid_to IS NULL AND v.category = 'alert') AS open_alerts,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.last_seen / 1000, 'unixepoch') AS last_seen
FROM asset a JOIN source s ON s.id = a.source
WHERE a.removed_at IS NULL;
";

/// Software with vulnerabilities on machines that are open to attack: one row for each machine, product and vulnerability.
const VULNERABLE_SOFTWARE: &str = "CREATE VIEW vulnerable_software_on_exposed_machines AS
SELECT s.key AS source, a.key AS machine_id, a.name AS machine, a.exposure_level, a.risk_score, p.vendor, p.product, p.version,
    v.key AS cve, v.cvss_score, v.severity, v.exploitability, v.public_exploit,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.first_seen / 1000, 'unixepoch') AS first_seen
FROM asset a
    JOIN source s ON s.id = a.source
    JOIN asset_vulnerability e ON e.from_id = a.id AND e.valid_to IS NULL
    JOIN vulnerability v ON v.id = e.to_id AND v.category = 'cve'
    JOIN json_each(e.applications) through
    JOIN application p ON p.source = a.source AND p.key = through.value
WHERE a.removed_at IS NULL AND a.exposure_level IN ('Medium', 'High');
";

/// Alerts that nobody has resolved.
const OPEN_ALERTS: &str = "CREATE VIEW open_alerts AS
SELECT s.key AS source, v.key AS alert, v.name AS title, v.severity, v.status, v.assigned_to, v.incident, a.key AS machine_id,
    a.name AS machine,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_on / 1000, 'unixepoch') AS raised,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.last_modified / 1000, 'unixepoch') AS last_event
FROM asset_vulnerability e
    JOIN vulnerability v ON v.id = e.to_id AND v.category = 'alert'
    JOIN asset a ON a.id = e.from_id
    JOIN source s ON s.id = a.source
WHERE e.valid_to IS NULL;
";

/// Versions of products, on how many machines and with how many vulnerabilities.
const SOFTWARE_INVENTORY: &str = "CREATE VIEW software_inventory AS
SELECT s.key AS source, p.vendor, p.product, p.version, p.end_of_support,
    (SELECT count(*) FROM asset_application e WHERE e.to_id = p.id AND e.valid_to IS NULL) AS machines,
    (SELECT count(*) FROM application_vulnerability e WHERE e.from_id = p.id AND e.valid_to IS NULL) AS vulnerabilities
FROM application p JOIN source s ON s.id = p.source
WHERE p.removed_at IS NULL AND p.is_os IS NULL;
";

/// Who signs in where.
const MACHINE_ACCOUNTS: &str = "CREATE VIEW machine_accounts AS
SELECT s.key AS source, a.key AS machine_id, a.name AS machine, c.key AS account, e.domains, e.logon_types, e.is_domain_admin,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.last_seen / 1000, 'unixepoch') AS last_seen
FROM asset_account e
    JOIN asset a ON a.id = e.from_id
    JOIN account c ON c.id = e.to_id
    JOIN source s ON s.id = a.source
WHERE e.valid_to IS NULL;
";

/// What was so from when to when, and why no longer: software, vulnerabilities, alerts, accounts and addresses of machines.
const EDGE_HISTORY: &str = "CREATE VIEW edge_history AS
SELECT s.key AS source, h.collection, a.key AS machine_id, a.name AS machine, h.what,
    strftime('%Y-%m-%dT%H:%M:%SZ', h.valid_from / 1000, 'unixepoch') AS valid_from,
    strftime('%Y-%m-%dT%H:%M:%SZ', h.valid_to / 1000, 'unixepoch') AS valid_to,
    h.because
FROM (
    SELECT 'asset_application' AS collection, e.from_id, n.key AS what, e.valid_from, e.valid_to, e.because
        FROM asset_application e JOIN application n ON n.id = e.to_id
    UNION ALL SELECT 'asset_vulnerability', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM asset_vulnerability e JOIN vulnerability n ON n.id = e.to_id
    UNION ALL SELECT 'asset_account', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM asset_account e JOIN account n ON n.id = e.to_id
    UNION ALL SELECT 'asset_ipaddress', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM asset_ipaddress e JOIN ipaddress n ON n.id = e.to_id
    UNION ALL SELECT 'asset_macaddress', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM asset_macaddress e JOIN macaddress n ON n.id = e.to_id
    UNION ALL SELECT 'asset_hostname', e.from_id, n.key, e.valid_from, e.valid_to, e.because
        FROM asset_hostname e JOIN hostname n ON n.id = e.to_id
) h JOIN asset a ON a.id = h.from_id JOIN source s ON s.id = a.source;
";
