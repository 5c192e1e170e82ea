//! What an alert is about.

use jiff::Timestamp;

use crate::wire::{entity, open_enum};

open_enum! {
    /// What a piece of evidence is.
    pub enum EvidenceKind {
        /// A user.
        User = "User",
        /// A process.
        Process = "Process",
        /// A file.
        File = "File",
        /// An IP address.
        Ip = "Ip",
        /// An address of the web.
        Url = "Url",
        /// A key of the registry.
        Registry = "Registry",
    }
}

entity! {
    /// A piece of evidence. What does not fit its kind is absent.
    pub struct Evidence {
        /// What it is.
        kind: Option<EvidenceKind> = "entityType",
        /// When it was added.
        created: Option<Timestamp> = "evidenceCreationTime",
        /// SHA-1 of a file.
        sha1: Option<String> = "sha1",
        /// SHA-256 of a file; the empty text where it is not known.
        sha256: Option<String> = "sha256",
        /// The file's name.
        file_name: Option<String> = "fileName",
        /// Its folder.
        file_path: Option<String> = "filePath",
        /// The process's id.
        process_id: Option<i64> = "processId",
        /// Its command line.
        process_command_line: Option<String> = "processCommandLine",
        /// When it began.
        process_created: Option<Timestamp> = "processCreationTime",
        /// The parent's id.
        parent_process_id: Option<i64> = "parentProcessId",
        /// When the parent began.
        parent_process_created: Option<Timestamp> = "parentProcessCreationTime",
        /// The parent's file.
        parent_process_file_name: Option<String> = "parentProcessFileName",
        /// Its folder.
        parent_process_file_path: Option<String> = "parentProcessFilePath",
        /// The address.
        ip_address: Option<String> = "ipAddress",
        /// The address of the web.
        url: Option<String> = "url",
        /// The registry's key.
        registry_key: Option<String> = "registryKey",
        /// Its hive.
        registry_hive: Option<String> = "registryHive",
        /// The value's kind.
        registry_value_type: Option<String> = "registryValueType",
        /// The value.
        registry_value: Option<String> = "registryValue",
        /// The value's name.
        registry_value_name: Option<String> = "registryValueName",
        /// The account.
        account_name: Option<String> = "accountName",
        /// Its domain.
        domain_name: Option<String> = "domainName",
        /// Its security id.
        user_sid: Option<String> = "userSid",
        /// Its id in Entra.
        aad_user_id: Option<String> = "aadUserId",
        /// Its name in Entra.
        user_principal_name: Option<String> = "userPrincipalName",
        /// Whether it was only detected or also stopped.
        detection_status: Option<String> = "detectionStatus",
    }
}
