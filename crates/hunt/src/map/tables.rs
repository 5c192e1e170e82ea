//! The searched tables.
//!
//! Each table's columns are documented at
//! `https://learn.microsoft.com/defender-xdr/advanced-hunting-<table in lower case>-table`; what each column is said to
//! hold follows its description there. Names in `AdditionalFields` are documented nowhere; those that are searched are the ones that
//! public hunting queries read.
//!
//! # What is not searched, and why
//!
//! - **Free text**: command lines, registry values, mail subjects, user agents, `RawEventData` and other `AdditionalFields`. What an
//!   indicator is there cannot be told from what only contains it, such as `evil.com` from `evil.com.txt`.
//! - **Folder paths**: the file's name has a column of its own.
//! - **What a file's version information says of its name**: it is what its maker called it, not its name.
//! - **DNS answers**: an address that a name was resolved to was not talked to yet; a connection to it is in `RemoteIP`.
//! - **What repeats another table**: `AlertInfo`, `BehaviorInfo` and `CampaignInfo` are about the entities and mails of
//!   `AlertEvidence`, `BehaviorEntities` and `EmailEvents`; `AADSignInEventsBeta` and `AADSpnSignInEventsBeta` are the former names of
//!   `EntraIdSignInEvents` and `EntraIdSpnSignInEvents`; `DeviceName` stands in every row of a device and is searched in `DeviceInfo`.
//! - **Inventories of accounts, applications and agents** (`IdentityInfo`, `IdentityAccountInfo`, `OAuthAppInfo`, `AgentsInfo`,
//!   `AIAgentsInfo`): they say who is known, not what was seen.
//! - **Tables without time** (`DeviceTvm*`, `ExposureGraph*`, `DeviceBaseline*`): nothing in them falls into the time that is
//!   searched. So certificates of `DeviceTvmCertificateInfo` are not searched.
//! - **`RequestUri` of `GraphAPIAuditEvents`**: it is always one of Microsoft Graph's own.
//! - **Lists of an unknown form** (`UserAlternateEmails`, `ExternalUrlDomains`, `UrlDomainInfo` and their like of `DataSecurityEvents`
//!   and `DataSecurityBehaviors`).

use super::{DeviceIdentity, Field, Holds, Reading, SearchColumn, SearchTable, Side};

/// The searched tables, those with the most sightings first.
pub const TABLES: &[SearchTable] = &[
    DEVICE_NETWORK_EVENTS,
    DEVICE_FILE_EVENTS,
    DEVICE_PROCESS_EVENTS,
    DEVICE_IMAGE_LOAD_EVENTS,
    DEVICE_EVENTS,
    DEVICE_LOGON_EVENTS,
    DEVICE_REGISTRY_EVENTS,
    DEVICE_FILE_CERTIFICATE_INFO,
    DEVICE_INFO,
    DEVICE_NETWORK_INFO,
    ALERT_EVIDENCE,
    BEHAVIOR_ENTITIES,
    EMAIL_EVENTS,
    EMAIL_ATTACHMENT_INFO,
    EMAIL_URL_INFO,
    EMAIL_POST_DELIVERY_EVENTS,
    URL_CLICK_EVENTS,
    MESSAGE_EVENTS,
    MESSAGE_URL_INFO,
    MESSAGE_POST_DELIVERY_EVENTS,
    IDENTITY_LOGON_EVENTS,
    IDENTITY_QUERY_EVENTS,
    IDENTITY_DIRECTORY_EVENTS,
    IDENTITY_EVENTS,
    ENTRA_ID_SIGN_IN_EVENTS,
    ENTRA_ID_SPN_SIGN_IN_EVENTS,
    CLOUD_APP_EVENTS,
    CLOUD_AUDIT_EVENTS,
    CLOUD_DNS_EVENTS,
    CLOUD_PROCESS_EVENTS,
    CLOUD_STORAGE_AGGREGATED_EVENTS,
    GRAPH_API_AUDIT_EVENTS,
    FILE_MALICIOUS_CONTENT_INFO,
    DATA_SECURITY_EVENTS,
    DATA_SECURITY_BEHAVIORS,
    DISRUPTION_AND_RESPONSE_EVENTS,
];

const fn column(name: &'static str, holds: Holds) -> SearchColumn {
    SearchColumn {
        name,
        holds,
        reading: Reading::Whole,
    }
}

const fn reading(name: &'static str, holds: Holds, reading: Reading) -> SearchColumn {
    SearchColumn {
        name,
        holds,
        reading,
    }
}

const fn field(action: &'static str, host: &'static str) -> Field {
    Field {
        action,
        host,
        path: None,
    }
}

/// What the network sensor of a device reads in connections: the name that is looked up, that of the TLS server, the URL.
const INSPECTED_NAMES: SearchColumn = reading(
    "AdditionalFields",
    Holds::Link,
    Reading::Fields(&[
        field("DnsConnectionInspected", "query"),
        field("SslConnectionInspected", "server_name"),
        Field {
            action: "HttpConnectionInspected",
            host: "host",
            path: Some("uri"),
        },
    ]),
);
/// The name that a process has looked up.
const LOOKED_UP_NAME: SearchColumn = reading(
    "AdditionalFields",
    Holds::Host,
    Reading::Fields(&[field("DnsQueryResponse", "DnsQueryString")]),
);
const RECIPIENTS: SearchColumn = reading(
    "RecipientDetails",
    Holds::Mailbox,
    Reading::Property("RecipientSmtpAddress"),
);
const SENDER_EMAIL: SearchColumn = column("SenderEmailAddress", Holds::Mailbox);

const SHA256: SearchColumn = column("SHA256", Holds::Sha256);
const SHA1: SearchColumn = column("SHA1", Holds::Sha1);
const MD5: SearchColumn = column("MD5", Holds::Md5);
const INITIATOR_SHA256: SearchColumn = column("InitiatingProcessSHA256", Holds::Sha256);
const INITIATOR_SHA1: SearchColumn = column("InitiatingProcessSHA1", Holds::Sha1);
const INITIATOR_MD5: SearchColumn = column("InitiatingProcessMD5", Holds::Md5);
const REMOTE_IP: SearchColumn = column("RemoteIP", Holds::Address(Side::Remote));
const LOCAL_IP: SearchColumn = column("LocalIP", Holds::Address(Side::Local));
const IP_ADDRESS: SearchColumn = column("IPAddress", Holds::Address(Side::Either));
const REMOTE_URL: SearchColumn = column("RemoteUrl", Holds::Link);
const ACCOUNT_UPN: SearchColumn = column("AccountUpn", Holds::Mailbox);
const REMOTE_DEVICE: SearchColumn = column("RemoteDeviceName", Holds::DeviceName);
const FILE_NAME: SearchColumn = column("FileName", Holds::FileName);
const INITIATOR_FILE_NAME: SearchColumn = column("InitiatingProcessFileName", Holds::FileName);
const PARENT_FILE_NAME: SearchColumn = column("InitiatingProcessParentFileName", Holds::FileName);
const INITIATOR_UPN: SearchColumn = column("InitiatingProcessAccountUpn", Holds::Mailbox);
/// Who sat at the other end of the remote session in which the process was started.
const SESSION_IP: SearchColumn = column(
    "InitiatingProcessRemoteSessionIP",
    Holds::Address(Side::Either),
);
const SESSION_DEVICE: SearchColumn = column(
    "InitiatingProcessRemoteSessionDeviceName",
    Holds::DeviceName,
);
const PROCESS_SESSION_IP: SearchColumn =
    column("ProcessRemoteSessionIP", Holds::Address(Side::Either));
const PROCESS_SESSION_DEVICE: SearchColumn =
    column("ProcessRemoteSessionDeviceName", Holds::DeviceName);
const DEVICE: SearchColumn = column("DeviceName", Holds::DeviceName);
const DESTINATION_IP: SearchColumn = column("DestinationIPAddress", Holds::Address(Side::Either));
const DESTINATION_DEVICE: SearchColumn = column("DestinationDeviceName", Holds::DeviceName);
const TARGET_DEVICE: SearchColumn = column("TargetDeviceName", Holds::DeviceName);
const TARGET_UPN: SearchColumn = column("TargetAccountUpn", Holds::Mailbox);
const RECIPIENT: SearchColumn = column("RecipientEmailAddress", Holds::Mailbox);
const SENDER: SearchColumn = column("SenderFromAddress", Holds::Mailbox);

/// Who ran the process that did it.
const INITIATOR: &[&str] = &[
    "InitiatingProcessAccountUpn",
    "InitiatingProcessAccountName",
];
/// Whose account it is about.
const ACCOUNT: &[&str] = &["AccountUpn", "AccountName"];

const DEVICE_NETWORK_EVENTS: SearchTable = SearchTable {
    name: "DeviceNetworkEvents",
    device: DeviceIdentity::IdAndName,
    users: INITIATOR,
    columns: &[
        REMOTE_IP,
        LOCAL_IP,
        REMOTE_URL,
        INSPECTED_NAMES,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        INITIATOR_FILE_NAME,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
    ],
};

const DEVICE_FILE_EVENTS: SearchTable = SearchTable {
    name: "DeviceFileEvents",
    device: DeviceIdentity::IdAndName,
    users: INITIATOR,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
        INITIATOR_FILE_NAME,
        column("FileOriginUrl", Holds::Link),
        column("FileOriginReferrerUrl", Holds::Link),
        column("FileOriginIP", Holds::Address(Side::Remote)),
        column("RequestSourceIP", Holds::Address(Side::Either)),
        column("PreviousFileName", Holds::FileName),
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
    ],
};

const DEVICE_PROCESS_EVENTS: SearchTable = SearchTable {
    name: "DeviceProcessEvents",
    device: DeviceIdentity::IdAndName,
    users: ACCOUNT,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
        INITIATOR_FILE_NAME,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
        ACCOUNT_UPN,
        PROCESS_SESSION_IP,
        PROCESS_SESSION_DEVICE,
    ],
};

const DEVICE_IMAGE_LOAD_EVENTS: SearchTable = SearchTable {
    name: "DeviceImageLoadEvents",
    device: DeviceIdentity::IdAndName,
    users: INITIATOR,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
        INITIATOR_FILE_NAME,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
    ],
};

const DEVICE_EVENTS: SearchTable = SearchTable {
    name: "DeviceEvents",
    device: DeviceIdentity::IdAndName,
    users: INITIATOR,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
        INITIATOR_FILE_NAME,
        REMOTE_IP,
        LOCAL_IP,
        column("FileOriginIP", Holds::Address(Side::Remote)),
        REMOTE_URL,
        LOOKED_UP_NAME,
        column("FileOriginUrl", Holds::Link),
        REMOTE_DEVICE,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
        PROCESS_SESSION_IP,
        PROCESS_SESSION_DEVICE,
    ],
};

const DEVICE_LOGON_EVENTS: SearchTable = SearchTable {
    name: "DeviceLogonEvents",
    device: DeviceIdentity::IdAndName,
    users: &["AccountName"],
    columns: &[
        // A logon comes from inside as often as from outside, so private addresses are searched here, too.
        column("RemoteIP", Holds::Address(Side::Either)),
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        REMOTE_DEVICE,
        INITIATOR_FILE_NAME,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
    ],
};

const DEVICE_REGISTRY_EVENTS: SearchTable = SearchTable {
    name: "DeviceRegistryEvents",
    device: DeviceIdentity::IdAndName,
    users: INITIATOR,
    columns: &[
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        INITIATOR_FILE_NAME,
        PARENT_FILE_NAME,
        INITIATOR_UPN,
        SESSION_IP,
        SESSION_DEVICE,
    ],
};

const DEVICE_FILE_CERTIFICATE_INFO: SearchTable = SearchTable {
    name: "DeviceFileCertificateInfo",
    device: DeviceIdentity::IdAndName,
    users: &[],
    columns: &[
        SHA1,
        column("SignerHash", Holds::Certificate),
        column("IssuerHash", Holds::Certificate),
        reading("CrlDistributionPointUrls", Holds::Link, Reading::List),
    ],
};

const DEVICE_INFO: SearchTable = SearchTable {
    name: "DeviceInfo",
    device: DeviceIdentity::IdAndName,
    users: &[],
    columns: &[DEVICE, column("PublicIP", Holds::Address(Side::Remote))],
};

const DEVICE_NETWORK_INFO: SearchTable = SearchTable {
    name: "DeviceNetworkInfo",
    device: DeviceIdentity::IdAndName,
    users: &[],
    columns: &[
        reading(
            "IPAddresses",
            Holds::Address(Side::Local),
            Reading::Property("IPAddress"),
        ),
        // Servers are the other end: those of an organisation itself stand in the rows of all its devices.
        reading("DnsAddresses", Holds::Address(Side::Remote), Reading::List),
        reading(
            "DefaultGateways",
            Holds::Address(Side::Remote),
            Reading::List,
        ),
        column("IPv4Dhcp", Holds::Address(Side::Remote)),
        column("IPv6Dhcp", Holds::Address(Side::Remote)),
    ],
};

const ALERT_EVIDENCE: SearchTable = SearchTable {
    name: "AlertEvidence",
    device: DeviceIdentity::IdAndName,
    users: ACCOUNT,
    columns: &[
        SHA256,
        SHA1,
        REMOTE_IP,
        LOCAL_IP,
        REMOTE_URL,
        ACCOUNT_UPN,
        DEVICE,
        FILE_NAME,
    ],
};

const BEHAVIOR_ENTITIES: SearchTable = SearchTable {
    name: "BehaviorEntities",
    device: DeviceIdentity::IdAndName,
    users: ACCOUNT,
    columns: &[
        SHA256,
        SHA1,
        REMOTE_IP,
        LOCAL_IP,
        REMOTE_URL,
        ACCOUNT_UPN,
        DEVICE,
        FILE_NAME,
    ],
};

const EMAIL_EVENTS: SearchTable = SearchTable {
    name: "EmailEvents",
    device: DeviceIdentity::None,
    users: &["RecipientEmailAddress"],
    columns: &[
        SENDER,
        column("SenderMailFromAddress", Holds::Mailbox),
        RECIPIENT,
        column("SenderFromDomain", Holds::Host),
        column("SenderMailFromDomain", Holds::Host),
        column("SenderIPv4", Holds::Address(Side::Remote)),
        column("SenderIPv6", Holds::Address(Side::Remote)),
    ],
};

const EMAIL_ATTACHMENT_INFO: SearchTable = SearchTable {
    name: "EmailAttachmentInfo",
    device: DeviceIdentity::None,
    users: &["RecipientEmailAddress"],
    columns: &[SHA256, FILE_NAME, SENDER, RECIPIENT],
};

const EMAIL_URL_INFO: SearchTable = SearchTable {
    name: "EmailUrlInfo",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[column("Url", Holds::Link), column("UrlDomain", Holds::Host)],
};

const URL_CLICK_EVENTS: SearchTable = SearchTable {
    name: "UrlClickEvents",
    device: DeviceIdentity::None,
    users: &["AccountUpn"],
    columns: &[
        column("Url", Holds::Link),
        // Where redirections led.
        reading("UrlChain", Holds::Link, Reading::List),
        column("IPAddress", Holds::Address(Side::Either)),
        ACCOUNT_UPN,
    ],
};

const IDENTITY_LOGON_EVENTS: SearchTable = SearchTable {
    name: "IdentityLogonEvents",
    device: DeviceIdentity::NameOnly,
    users: ACCOUNT,
    columns: &[
        IP_ADDRESS,
        DESTINATION_IP,
        ACCOUNT_UPN,
        DEVICE,
        DESTINATION_DEVICE,
        TARGET_DEVICE,
    ],
};

const CLOUD_APP_EVENTS: SearchTable = SearchTable {
    name: "CloudAppEvents",
    device: DeviceIdentity::None,
    users: &["AccountDisplayName"],
    columns: &[IP_ADDRESS],
};

const ENTRA_ID_SIGN_IN_EVENTS: SearchTable = SearchTable {
    name: "EntraIdSignInEvents",
    device: DeviceIdentity::NameOnly,
    users: &["AccountUpn"],
    columns: &[
        IP_ADDRESS,
        ACCOUNT_UPN,
        column("AlternateSignInName", Holds::Mailbox),
        DEVICE,
    ],
};

const EMAIL_POST_DELIVERY_EVENTS: SearchTable = SearchTable {
    name: "EmailPostDeliveryEvents",
    device: DeviceIdentity::None,
    users: &["RecipientEmailAddress"],
    columns: &[RECIPIENT],
};

const MESSAGE_EVENTS: SearchTable = SearchTable {
    name: "MessageEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[SENDER_EMAIL, RECIPIENTS],
};

const MESSAGE_POST_DELIVERY_EVENTS: SearchTable = SearchTable {
    name: "MessagePostDeliveryEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[SENDER_EMAIL, RECIPIENTS],
};

const MESSAGE_URL_INFO: SearchTable = SearchTable {
    name: "MessageUrlInfo",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[column("Url", Holds::Link), column("UrlDomain", Holds::Host)],
};

const IDENTITY_QUERY_EVENTS: SearchTable = SearchTable {
    name: "IdentityQueryEvents",
    device: DeviceIdentity::NameOnly,
    users: ACCOUNT,
    columns: &[
        IP_ADDRESS,
        DESTINATION_IP,
        ACCOUNT_UPN,
        TARGET_UPN,
        DEVICE,
        DESTINATION_DEVICE,
        TARGET_DEVICE,
        // The name that a controller was asked for, in rows of DNS queries.
        column("QueryTarget", Holds::Host),
    ],
};

const IDENTITY_DIRECTORY_EVENTS: SearchTable = SearchTable {
    name: "IdentityDirectoryEvents",
    device: DeviceIdentity::NameOnly,
    users: ACCOUNT,
    columns: &[
        IP_ADDRESS,
        DESTINATION_IP,
        ACCOUNT_UPN,
        TARGET_UPN,
        DEVICE,
        DESTINATION_DEVICE,
        TARGET_DEVICE,
    ],
};

const IDENTITY_EVENTS: SearchTable = SearchTable {
    name: "IdentityEvents",
    device: DeviceIdentity::None,
    users: &["AccountUpn"],
    columns: &[IP_ADDRESS, ACCOUNT_UPN],
};

const ENTRA_ID_SPN_SIGN_IN_EVENTS: SearchTable = SearchTable {
    name: "EntraIdSpnSignInEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[IP_ADDRESS],
};

const CLOUD_AUDIT_EVENTS: SearchTable = SearchTable {
    name: "CloudAuditEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[IP_ADDRESS],
};

const CLOUD_DNS_EVENTS: SearchTable = SearchTable {
    name: "CloudDnsEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[column("DnsQuery", Holds::Host)],
};

const CLOUD_PROCESS_EVENTS: SearchTable = SearchTable {
    name: "CloudProcessEvents",
    device: DeviceIdentity::None,
    users: &["AccountName"],
    columns: &[
        FILE_NAME,
        column("ProcessName", Holds::FileName),
        column("ParentProcessName", Holds::FileName),
        column("HostName", Holds::DeviceName),
    ],
};

const CLOUD_STORAGE_AGGREGATED_EVENTS: SearchTable = SearchTable {
    name: "CloudStorageAggregatedEvents",
    device: DeviceIdentity::None,
    users: &["AccountUpn"],
    columns: &[
        column("IpAddress", Holds::Address(Side::Either)),
        ACCOUNT_UPN,
        reading("HashReputationMd5List", Holds::Md5, Reading::List),
    ],
};

const GRAPH_API_AUDIT_EVENTS: SearchTable = SearchTable {
    name: "GraphAPIAuditEvents",
    device: DeviceIdentity::None,
    users: &[],
    columns: &[column("IpAddress", Holds::Address(Side::Either))],
};

const FILE_MALICIOUS_CONTENT_INFO: SearchTable = SearchTable {
    name: "FileMaliciousContentInfo",
    device: DeviceIdentity::None,
    users: &["FileOwnerUpn"],
    columns: &[
        SHA256,
        FILE_NAME,
        column("FileOwnerUpn", Holds::Mailbox),
        column("LastModifyingAccountUpn", Holds::Mailbox),
    ],
};

const DATA_SECURITY_EVENTS: SearchTable = SearchTable {
    name: "DataSecurityEvents",
    device: DeviceIdentity::IdAndName,
    users: &["AccountUpn"],
    columns: &[
        IP_ADDRESS,
        ACCOUNT_UPN,
        RECIPIENT,
        DEVICE,
        column("SourceUrlDomain", Holds::Host),
        column("TargetUrlDomain", Holds::Host),
        column("SiteUrl", Holds::Link),
    ],
};

const DATA_SECURITY_BEHAVIORS: SearchTable = SearchTable {
    name: "DataSecurityBehaviors",
    device: DeviceIdentity::None,
    users: &["AccountUpn"],
    columns: &[ACCOUNT_UPN, column("AccountEmail", Holds::Mailbox)],
};

const DISRUPTION_AND_RESPONSE_EVENTS: SearchTable = SearchTable {
    name: "DisruptionAndResponseEvents",
    device: DeviceIdentity::IdAndName,
    users: &["SourceUserName"],
    columns: &[
        column("SourceIpAddress", Holds::Address(Side::Either)),
        column("IpAddress", Holds::Address(Side::Either)),
        DEVICE,
        column("SourceDeviceName", Holds::DeviceName),
        TARGET_DEVICE,
        FILE_NAME,
        INITIATOR_FILE_NAME,
    ],
};
