//! `invoke FileProfile()`, and the functions of the services that are refused by name.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, Engine, EngineError, FileProfiles};

use crate::canonical::{self, run};

/// Rows that name two files that are known, one that is not, and one hash that is none.
const EVENTS: &str = "let events = datatable(Id: long, SHA1: string, InitiatingProcessSHA256: string)[
    1, '1111111111111111111111111111111111111111', '',
    2, '3333333333333333333333333333333333333333', '',
    3, 'no hash', '',
    4, '2222222222222222222222222222222222222222', 'ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB',
    5, '1111111111111111111111111111111111111111', '']; ";

fn profiles() -> FileProfiles {
    let entities = json!([
        {
            "sha1": "1".repeat(40), "sha256": "ab".repeat(32), "md5": "c".repeat(32), "size": 42, "globalPrevalence": 7,
            "globalFirstObserved": "2020-01-02T03:04:05.1234567Z", "globalLastObserved": "2024-01-01T00:00:00Z",
            "signer": "Contoso", "issuer": "Contoso CA", "signerHash": "d".repeat(40), "isValidCertificate": true,
            "isPeFile": true, "determinationType": "Malware", "determinationValue": "Trojan:Win32/X",
            "filePublisher": "Contoso Ltd", "fileProductName": "Tool",
        },
        {"sha1": "2".repeat(40), "size": 5_000_000_000_u64, "globalPrevalence": 90, "signer": null},
    ]);
    let entities = entities.as_array().unwrap().iter();
    FileProfiles::from_entities(entities.map(|entity| entity.as_object().unwrap())).unwrap()
}

fn engine() -> Engine {
    let mut database = Database::defender();
    database.set_file_profiles(profiles());
    canonical::engine(database)
}

fn answer(engine: &Engine, query: &str) -> Json {
    let result =
        run(engine, &format!("{EVENTS}{query}")).unwrap_or_else(|error| panic!("{query}: {error}"));
    canonical::rows(&result)
        .into_iter()
        .map(Json::from)
        .collect()
}

#[test]
fn rows_get_the_profiles_of_their_files() {
    let engine = engine();
    let known = json!([
        [1, 7, "Available"],
        [2, null, "Missing"],
        [3, null, ""],
        [4, 90, "Available"],
        [5, 7, "Available"]
    ]);
    let by_process = json!([[1, ""], [2, ""], [3, ""], [4, "Available"], [5, ""]]);
    let cases = [
        ("events | invoke FileProfile() | project Id, GlobalPrevalence, ProfileAvailability", known.clone()),
        ("events | invoke FileProfile(SHA1, 1000) | project Id, GlobalPrevalence, ProfileAvailability", known.clone()),
        ("events | invoke FileProfile('SHA1') | project Id, GlobalPrevalence, ProfileAvailability", known.clone()),
        ("let c = 'SHA1'; let n = 3; events | invoke FileProfile(c, n) | project Id, GlobalPrevalence, ProfileAvailability", known),
        // Files are counted once, and what is no hash is not counted.
        (
            "events | invoke FileProfile(SHA1, 2) | project Id, ProfileAvailability",
            json!([[1, "Available"], [2, "Missing"], [3, ""], [4, ""], [5, "Available"]]),
        ),
        (
            "events | sort by Id desc | invoke FileProfile(SHA1, 1) | where ProfileAvailability != '' | project Id",
            json!([[5], [1]]),
        ),
        ("events | invoke FileProfile('InitiatingProcessSHA256', 10) | project Id, ProfileAvailability", by_process),
        ("events | invoke FileProfile(SHA1, 1000) | where GlobalPrevalence < 15 | count", json!([[2]])),
        ("events | take 0 | invoke FileProfile() | count", json!([[0]])),
        (
            "events | where Id == 1 | invoke FileProfile() | project FileSize, GlobalFirstSeen, GlobalLastSeen, Signer, Issuer,
               IsCertificateValid, IsRootSignerMicrosoft, SignatureState, IsExecutable, ThreatName, Publisher, SoftwareName",
            json!([[
                42, "2020-01-02T03:04:05.1234567Z", "2024-01-01T00:00:00Z", "Contoso", "Contoso CA", true, null,
                "SignedValid", true, "Trojan:Win32/X", "Contoso Ltd", "Tool"
            ]]),
        ),
        // 5 GB are no `int`.
        (
            "events | where Id == 4 | invoke FileProfile() | project FileSize, Signer, SignatureState, IsExecutable, ThreatName",
            json!([[null, "", "Unsigned", null, ""]]),
        ),
        (
            "events | where Id < 3 | invoke FileProfile() | project SHA1, SHA11, isempty(MD5)",
            json!([["1".repeat(40), "1".repeat(40), false], ["3".repeat(40), "", true]]),
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(answer(&engine, query), expected, "{query}");
    }
}

#[test]
fn the_columns_are_known_without_profiles_and_taken_names_get_a_number() {
    let engine = canonical::engine(Database::defender());
    let documented = "SHA256:string MD5:string FileSize:int GlobalPrevalence:int GlobalFirstSeen:datetime \
        GlobalLastSeen:datetime Signer:string Issuer:string SignerHash:string IsCertificateValid:bool \
        IsRootSignerMicrosoft:bool SignatureState:string IsExecutable:bool ThreatName:string Publisher:string \
        SoftwareName:string ProfileAvailability:string";
    let cases = [
        (
            "DeviceFileEvents | project SHA1 | invoke FileProfile()",
            format!("SHA1:string SHA11:string {documented}"),
        ),
        (
            "DeviceFileEvents | project FileSize, InitiatingProcessSHA1 | invoke FileProfile(InitiatingProcessSHA1, 1000)
             | project FileSize, FileSize1, SHA1",
            "FileSize:long FileSize1:int SHA1:string".to_owned(),
        ),
        (
            "DeviceFileEvents | invoke FileProfile() | invoke FileProfile(InitiatingProcessSHA1)
             | project GlobalPrevalence, GlobalPrevalence1",
            "GlobalPrevalence:int GlobalPrevalence1:int".to_owned(),
        ),
        (
            "DeviceFileEvents | invoke FileProfile() | project TimeGenerated",
            "TimeGenerated:datetime".to_owned(),
        ),
    ];
    for (query, expected) in cases {
        let columns = engine
            .check(query)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let columns = columns
            .iter()
            .map(|column| format!("{}:{}", column.name, column.scalar_type));
        assert_eq!(columns.collect::<Vec<_>>().join(" "), expected, "{query}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused_by_name() {
    let engine = canonical::engine(Database::defender());
    let cases = [
        (
            "DeviceFileEvents | invoke FileProfile()",
            "FileProfile() over a database without file profiles (put a `files.json` beside its tables)",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(MD5)",
            "FileProfile() of `MD5` (only of SHA1, SHA256, InitiatingProcessSHA1, InitiatingProcessSHA256)",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(x = SHA1)",
            "a named argument of FileProfile()",
        ),
        (
            "print x = FileProfile('a')",
            "FileProfile() outside of `invoke`",
        ),
        (
            "DeviceInfo | invoke SeenBy()",
            "SeenBy(), which answers from data of Microsoft Defender that is in no table,",
        ),
        (
            "AssignedIPAddresses('device', now()) | count",
            "AssignedIPAddresses(), which answers from data of Microsoft Defender that is in no table,",
        ),
        (
            "print IP = '10.0.0.1' | invoke DeviceFromIP()",
            "DeviceFromIP(), which answers from data of Microsoft Defender that is in no table,",
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(refusal(&engine, query), expected, "{query}");
    }
    let of_sentinel = [
        (
            "_GetWatchlist",
            "_GetWatchlist('names') | project SearchKey",
        ),
        (
            "_GetWatchlist",
            "let names = _GetWatchlist('names'); DeviceInfo | where DeviceName in (names)",
        ),
        (
            "_GetWatchlist",
            "DeviceInfo | where DeviceName in (_GetWatchlist('names'))",
        ),
        ("_GetWatchlistAlias", "_GetWatchlistAlias | count"),
        ("_Im_Dns", "_Im_Dns(starttime = ago(1d)) | count"),
        ("_ASim_WebSession", "union _ASim_WebSession, DeviceInfo"),
        ("imProcessCreate", "imProcessCreate | take 1"),
    ];
    for (name, query) in of_sentinel {
        let expected = format!(
            "{name}(), which belongs to Microsoft Sentinel and is not in advanced hunting's database here,"
        );
        assert_eq!(refusal(&engine, query), expected, "{query}");
    }
}

fn refusal(engine: &Engine, query: &str) -> String {
    match run(engine, query) {
        Err(EngineError::NotSupported { what, .. }) => what,
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn wrong_arguments_are_mistakes_of_the_query() {
    let engine = engine();
    let cases = [
        (
            "DeviceFileEvents | invoke FileProfile(SHA1, 0)",
            "the limit of FileProfile() goes from 1 to 1000",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(SHA1, 1001)",
            "the limit of FileProfile() goes from 1 to 1000",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(SHA1, -1)",
            "the limit of FileProfile() goes from 1 to 1000",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(SHA1, 'all')",
            "the limit of FileProfile() must be an integer, not string",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(SHA1, 5, 6)",
            "FileProfile() takes 0 to 2 arguments and was given 3",
        ),
        (
            "DeviceFileEvents | invoke FileProfile(7)",
            "the file ID column of FileProfile() must be a column name, not long",
        ),
        (
            "DeviceInfo | invoke FileProfile()",
            "there is no column `SHA1` for FileProfile()",
        ),
        (
            "print SHA1 = 7 | invoke FileProfile()",
            "`SHA1` must be a string, not long",
        ),
    ];
    for (query, expected) in cases {
        match run(&engine, query) {
            Err(EngineError::Semantic(findings)) => {
                assert_eq!(findings[0].diagnostic.message, expected, "{query}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn what_the_query_declares_comes_before_the_services() {
    let engine = engine();
    let query = "let SeenBy = (T: (Id: long)) { T | extend By = 1 }; events | where Id == 1 | invoke SeenBy() | project By";
    assert_eq!(answer(&engine, query), json!([[1]]));
    let query = "let imDns = datatable(x: long)[1, 2]; imDns | count";
    assert_eq!(answer(&engine, query), json!([[2]]));
}

#[test]
fn a_file_of_profiles_is_read_or_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("files.json");
    std::fs::write(
        &path,
        format!("\u{feff}[{{\"sha1\": \"{}\"}}]", "1".repeat(40)),
    )
    .unwrap();
    let mut database = Database::new();
    database.set_file_profiles(FileProfiles::read(&path).unwrap());
    let engine = canonical::engine(database);
    let query = "events | invoke FileProfile() | summarize count() by ProfileAvailability | where ProfileAvailability == 'Available'";
    assert_eq!(answer(&engine, query), json!([["Available", 2]]));
    for content in ["", "{}", "[7]", "[{\"size\": \"big\"}]"] {
        std::fs::write(&path, content).unwrap();
        let error = FileProfiles::read(&path).unwrap_err().to_string();
        assert!(error.contains("files.json"), "{content}: {error}");
    }
}
