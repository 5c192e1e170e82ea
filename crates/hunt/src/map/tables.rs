//! The searched tables.
//!
//! Each table's columns are documented at
//! `https://learn.microsoft.com/defender-xdr/advanced-hunting-<table in lower case>-table`; what each column is said to
//! hold follows its description there.

use super::{DeviceIdentity, Holds, SearchColumn, SearchTable, Side};

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
    ALERT_EVIDENCE,
    BEHAVIOR_ENTITIES,
    EMAIL_EVENTS,
    EMAIL_ATTACHMENT_INFO,
    EMAIL_URL_INFO,
    URL_CLICK_EVENTS,
    IDENTITY_LOGON_EVENTS,
    CLOUD_APP_EVENTS,
    ENTRA_ID_SIGN_IN_EVENTS,
];

const fn column(name: &'static str, holds: Holds) -> SearchColumn {
    SearchColumn { name, holds }
}

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
const DEVICE: SearchColumn = column("DeviceName", Holds::DeviceName);

const DEVICE_NETWORK_EVENTS: SearchTable = SearchTable {
    name: "DeviceNetworkEvents",
    device: DeviceIdentity::IdAndName,
    columns: &[
        REMOTE_IP,
        LOCAL_IP,
        REMOTE_URL,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        INITIATOR_FILE_NAME,
    ],
};

const DEVICE_FILE_EVENTS: SearchTable = SearchTable {
    name: "DeviceFileEvents",
    device: DeviceIdentity::IdAndName,
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
    ],
};

const DEVICE_PROCESS_EVENTS: SearchTable = SearchTable {
    name: "DeviceProcessEvents",
    device: DeviceIdentity::IdAndName,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
        INITIATOR_FILE_NAME,
    ],
};

const DEVICE_IMAGE_LOAD_EVENTS: SearchTable = SearchTable {
    name: "DeviceImageLoadEvents",
    device: DeviceIdentity::IdAndName,
    columns: &[
        SHA256,
        SHA1,
        MD5,
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        FILE_NAME,
    ],
};

const DEVICE_EVENTS: SearchTable = SearchTable {
    name: "DeviceEvents",
    device: DeviceIdentity::IdAndName,
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
        column("FileOriginUrl", Holds::Link),
        REMOTE_DEVICE,
    ],
};

const DEVICE_LOGON_EVENTS: SearchTable = SearchTable {
    name: "DeviceLogonEvents",
    device: DeviceIdentity::IdAndName,
    columns: &[
        // A logon comes from inside as often as from outside, so private addresses are searched here, too.
        column("RemoteIP", Holds::Address(Side::Either)),
        INITIATOR_SHA256,
        INITIATOR_SHA1,
        INITIATOR_MD5,
        REMOTE_DEVICE,
    ],
};

const DEVICE_REGISTRY_EVENTS: SearchTable = SearchTable {
    name: "DeviceRegistryEvents",
    device: DeviceIdentity::IdAndName,
    columns: &[INITIATOR_SHA256, INITIATOR_SHA1, INITIATOR_MD5],
};

const DEVICE_FILE_CERTIFICATE_INFO: SearchTable = SearchTable {
    name: "DeviceFileCertificateInfo",
    device: DeviceIdentity::IdAndName,
    columns: &[
        SHA1,
        column("SignerHash", Holds::Certificate),
        column("IssuerHash", Holds::Certificate),
    ],
};

const DEVICE_INFO: SearchTable = SearchTable {
    name: "DeviceInfo",
    device: DeviceIdentity::IdAndName,
    columns: &[DEVICE],
};

const ALERT_EVIDENCE: SearchTable = SearchTable {
    name: "AlertEvidence",
    device: DeviceIdentity::IdAndName,
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
    columns: &[SHA256, SHA1, REMOTE_IP, LOCAL_IP, REMOTE_URL, ACCOUNT_UPN],
};

const EMAIL_EVENTS: SearchTable = SearchTable {
    name: "EmailEvents",
    device: DeviceIdentity::None,
    columns: &[
        column("SenderFromAddress", Holds::Mailbox),
        column("SenderMailFromAddress", Holds::Mailbox),
        column("RecipientEmailAddress", Holds::Mailbox),
        column("SenderFromDomain", Holds::Host),
        column("SenderMailFromDomain", Holds::Host),
        column("SenderIPv4", Holds::Address(Side::Remote)),
        column("SenderIPv6", Holds::Address(Side::Remote)),
    ],
};

const EMAIL_ATTACHMENT_INFO: SearchTable = SearchTable {
    name: "EmailAttachmentInfo",
    device: DeviceIdentity::None,
    columns: &[SHA256, FILE_NAME],
};

const EMAIL_URL_INFO: SearchTable = SearchTable {
    name: "EmailUrlInfo",
    device: DeviceIdentity::None,
    columns: &[column("Url", Holds::Link)],
};

const URL_CLICK_EVENTS: SearchTable = SearchTable {
    name: "UrlClickEvents",
    device: DeviceIdentity::None,
    columns: &[
        column("Url", Holds::Link),
        column("IPAddress", Holds::Address(Side::Either)),
        ACCOUNT_UPN,
    ],
};

const IDENTITY_LOGON_EVENTS: SearchTable = SearchTable {
    name: "IdentityLogonEvents",
    device: DeviceIdentity::NameOnly,
    columns: &[
        IP_ADDRESS,
        column("DestinationIPAddress", Holds::Address(Side::Either)),
        ACCOUNT_UPN,
        DEVICE,
        column("DestinationDeviceName", Holds::DeviceName),
    ],
};

const CLOUD_APP_EVENTS: SearchTable = SearchTable {
    name: "CloudAppEvents",
    device: DeviceIdentity::None,
    columns: &[IP_ADDRESS],
};

const ENTRA_ID_SIGN_IN_EVENTS: SearchTable = SearchTable {
    name: "EntraIdSignInEvents",
    device: DeviceIdentity::NameOnly,
    columns: &[IP_ADDRESS, ACCOUNT_UPN],
};
