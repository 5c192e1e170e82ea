//! Reading packs, and what may stand in them.

use tesem_hunt::pack::{IndicatorList, Pack, PackError, ParameterValue, PreparedQuery, prepare};

fn read(file: &str, text: &str) -> Result<Pack, PackError> {
    Pack::read(file, text.as_bytes())
}

fn checked(file: &str, text: &str) -> Result<Vec<PreparedQuery>, PackError> {
    prepare(&[read(file, text)?], &[])
}

fn error(file: &str, text: &str) -> String {
    checked(file, text).unwrap_err().to_string()
}

/// A pack of one query in our form.
fn toml(kql: &str) -> String {
    format!("[[query]]\nname = \"q\"\nkql = '''\n{kql}\n'''\n")
}

#[test]
fn our_form_holds_queries_with_parameters() {
    let text = r#"
[pack]
name = "usb"
description = "From removable drives"
version = "2"
[parameters]
extensions = ["exe", "dll"]
span = "7d"
least = 3
share = 0.5
path = "E:\\"
all = true
since = 2026-11-01T00:00:00Z
[[query]]
name = "started"
description = "Started from a drive"
labels = ["T1091"]
feed = "c2"
label = "worm"
kql = """
DeviceProcessEvents
| where Timestamp > ago({{span}}) and FolderPath startswith {{path}} and FileName has_any ({{ extensions }})
| summarize n = count() by SHA256 | where n >= {{least}}"""
[[query]]
name = "hashes"
kql = 'DeviceFileEvents | where SHA256 in~ ({{indicators.sha256}})'
"#;
    let pack = read("x/usb-pack.toml", text).unwrap();
    assert_eq!(
        (pack.name.as_str(), pack.version.as_deref()),
        ("usb", Some("2"))
    );
    assert_eq!(
        pack.parameters["span"],
        ParameterValue::Duration(7 * 864_000_000_000)
    );
    assert_eq!(
        pack.parameters["path"],
        ParameterValue::String("E:\\".to_owned())
    );
    assert_eq!(pack.parameters["least"], ParameterValue::Long(3));
    let lines: Vec<u64> = pack.queries.iter().map(|query| query.line).collect();
    assert_eq!(lines, [21, 26]);
    let first = &pack.queries[0];
    assert_eq!(
        (first.feed.as_deref(), first.label.as_deref()),
        (Some("c2"), Some("worm"))
    );
    let queries = prepare(&[pack], &[("least".to_owned(), "5".to_owned())]).unwrap();
    assert_eq!(queries[1].lists(), [IndicatorList::Sha256]);
}

#[test]
fn mistakes_in_our_form_point_at_their_line() {
    let cases = [
        ("[pack]\nnmae = \"x\"\n", "p.toml:2: unknown field `nmae`"),
        (
            "[[query]]\nname = \"q\"\nkql = 'T'\nseverity = \"high\"\n",
            "p.toml:4: unknown field `severity`",
        ),
        ("[[query]]\nname = \"q\"\n", "missing field `kql`"),
        (
            "[[query]]\nname = \" \"\nkql = 'T'\n",
            "p.toml:2: a query needs a name",
        ),
        (
            "[[query]]\nname = \"q\"\nkql = 'T'\n[[query]]\nname = \"q\"\nkql = 'T'\n",
            "p.toml:6: query `q` was named on line 3 before",
        ),
        ("[parameters]\n\"a b\" = 1\n", "p.toml:2: parameter `a b`"),
        (
            "[parameters]\nx = { y = 1 }\n",
            "p.toml:2: parameter `x` is a table",
        ),
        (
            "[parameters]\nx = [1]\n",
            "p.toml:2: parameter `x`: a list holds strings",
        ),
        ("[pack]\nname = \"x\"\n", "holds no query"),
        ("", "holds no query"),
    ];
    for (text, expected) in cases {
        let error = error("p.toml", text);
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn the_yaml_of_public_repositories_is_read() {
    let text = "\
id: 5d3a2b1c-0000-4000-8000-000000000001
name: Beacons by name
description: |
  Looks for pipes.
  Two lines.
requiredDataConnectors:
- connectorId: MicrosoftThreatProtection
  dataTypes:
  - DeviceEvents
tactics:
- CommandAndControl
relevantTechniques:
- T1071
entityMappings:
  - anything: [1, 2, {a: b}]
version: 1.0.0
query: |
  let pipes = dynamic([\"msagent_\"]);
  DeviceEvents
  | where ActionType == 'NamedPipeEvent' and RemoteIP in ({{indicators.ips}})
---
name: Second
query: |-

  DeviceInfo | take 5
---
# a document without a query
workbook: true
";
    let pack = read("beacons.yaml", text).unwrap();
    assert_eq!(pack.name, "beacons");
    let names: Vec<(&str, u64)> = pack
        .queries
        .iter()
        .map(|query| (query.name.as_str(), query.line))
        .collect();
    assert_eq!(names, [("Beacons by name", 18), ("Second", 24)]);
    assert_eq!(pack.queries[0].labels, ["CommandAndControl", "T1071"]);
    assert_eq!(
        checked("beacons.yml", text).unwrap()[0].lists(),
        [IndicatorList::Ip]
    );
}

#[test]
fn broken_yaml_points_at_its_line_and_bombs_are_refused() {
    assert!(error("p.yaml", "name: a\nquery: [\n").starts_with("p.yaml:"));
    assert!(error("p.yaml", "query: |\n  T\n").contains("p.yaml:2: a query needs a `name`"));
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        let many = vec![format!("*{of}"); 9].join(",");
        bomb.push_str(&format!("{name}: &{name} [{many}]\n"));
    }
    bomb.push_str("name: x\ntactics: *i\nquery: T\n");
    assert!(read("p.yaml", &bomb).is_err());
    let deep = format!("query: {}", "[".repeat(100_000));
    assert!(read("p.yaml", &deep).is_err());
}

#[test]
fn the_markdown_of_public_repositories_is_read() {
    let text = "\
# Rare pipes

## Query Information

Some prose with `kql` in it.

```
cmd.exe /c example
```

## Defender XDR
```KQL
DeviceEvents
| where ActionType == 'NamedPipeEvent'
```
## Sentinel
```KQL
DeviceEvents
| where TimeGenerated > ago(1d)
```
";
    let pack = read("pipes.md", text).unwrap();
    assert_eq!(pack.name, "Rare pipes");
    let names: Vec<(&str, u64)> = pack
        .queries
        .iter()
        .map(|query| (query.name.as_str(), query.line))
        .collect();
    assert_eq!(names, [("Rare pipes", 13)]);
    assert_eq!(pack.left_out.len(), 1);
    assert_eq!(
        (pack.left_out[0].name.as_str(), pack.left_out[0].line),
        ("Rare pipes", 18)
    );
}

#[test]
fn markdown_blocks_are_named_by_the_nearest_telling_heading() {
    let text = "\
# Lookups
## Addresses
### Defender For Endpoint
~~~
DeviceNetworkEvents | where RemoteIP in ({{indicators.ip}})
~~~
### Azure Sentinel
```
Perf
```
## Files
```kusto
DeviceFileEvents | take 1
```
```kql
DeviceFileEvents | take 2
```
```powershell
Get-Process
```
";
    let pack = read("lookups.markdown", text).unwrap();
    let names: Vec<&str> = pack
        .queries
        .iter()
        .map(|query| query.name.as_str())
        .collect();
    assert_eq!(names, ["Addresses", "Files", "Files (2)"]);
    assert_eq!(pack.left_out[0].name, "Addresses");
    let error = error("x.md", "# Only prose\n```bash\nls\n```\n");
    assert!(error.contains("holds no query"), "{error}");
}

#[test]
fn a_bare_query_is_named_as_its_file() {
    let pack = Pack::read_query("hunts/rare pipes.kql", b"DeviceEvents | take 5\n").unwrap();
    assert_eq!(pack.queries[0].name, "rare pipes");
    assert!(Pack::read_query("x.kql", b" \n").is_err());
    assert!(Pack::read_query("x.kql", b"\x00\x01\x02\xff\xfe\x00").is_err());
    assert!(error("x.exe", "").contains("a pack is a .toml"));
    let error = Pack::builtin("c3").unwrap_err().to_string();
    assert_eq!(error, "there is no pack `c3`; built in are c2, devices");
}

#[test]
fn built_in_packs_can_be_asked() {
    let pack = Pack::builtin("c2").unwrap();
    let queries = prepare(&[pack], &[]).unwrap();
    let names: Vec<&str> = queries.iter().map(|query| query.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "cobalt-strike-jarm",
            "cobalt-strike-product",
            "poshc2",
            "empire",
            "deimos"
        ]
    );
    assert!(
        queries
            .iter()
            .all(|query| query.lists() == [IndicatorList::Ip])
    );
}

#[test]
fn placeholders_stand_only_where_a_value_may_stand() {
    let cases = [
        (
            "T | where a == \"{{indicators.ip}}\"",
            "`{{indicators.ip}}` stands inside a constant",
        ),
        (
            "T | where a == '{{indicators.ip}}'",
            "stands inside a constant",
        ),
        (
            "T | where a == @'x{{ window.start }}'",
            "`{{window.start}}` stands inside a constant",
        ),
        (
            "T | where a == ```\n{{indicators.ip}}\n```",
            "stands inside a constant",
        ),
        (
            "T | where a > datetime({{window.start}})",
            "stands inside a constant",
        ),
        ("T // {{indicators.ip}}", "stands in a comment"),
        (
            "T | where a in ({{indicators.adress}})",
            "there is no placeholder `{{indicators.adress}}`; known are indicators.ip,",
        ),
        (
            "T | where a == {{nothing}}",
            "there is no placeholder `{{nothing}}`",
        ),
        ("T | where a == '{{nothing}}'", "stands inside a constant"),
        ("T | where a == {{}}", "begins a placeholder"),
        ("T | where a == {{indicators.ip}", "begins a placeholder"),
        ("T | where a == {{a b}}", "begins a placeholder"),
        (
            "T\n| wheer a in ({{indicators.ip}})",
            "p.toml:5:3: query `q`: `wheer` is not an operator (did you mean `where`?)",
        ),
        (
            "T | where a in ({{indicators.ip}}) and and b",
            "p.toml:4:40: query `q`:",
        ),
    ];
    for (kql, expected) in cases {
        let error = error("p.toml", &toml(kql));
        assert!(error.contains(expected), "{kql}: {error}");
        assert!(error.starts_with("p.toml:"), "{error}");
    }
}

#[test]
fn braces_of_strangers_inside_strings_are_text() {
    let text = "name: jinja\nquery: |\n  DeviceEvents | where AdditionalFields has '{{config}}' // {{x}}\n";
    assert_eq!(checked("p.yaml", text).unwrap()[0].lists(), []);
    let ours = "name: ours\nquery: |\n  DeviceEvents | where RemoteIP == '{{indicators.ip}}'\n";
    assert!(
        error("p.yaml", ours)
            .contains("p.yaml:3:35: query `ours`: `{{indicators.ip}}` stands inside a constant")
    );
}

#[test]
fn parameters_take_values_of_their_type_only() {
    let text = "[parameters]\nspan = \"7d\"\nleast = 3\nnames = [\"a\"]\nsince = 2026-11-01T00:00:00Z\n[[query]]\nname = \"q\"\nkql = 'T'\n";
    let pack = read("p.toml", text).unwrap();
    let set = |name: &str, value: &str| {
        prepare(
            std::slice::from_ref(&pack),
            &[(name.to_owned(), value.to_owned())],
        )
    };
    for (name, value) in [
        ("span", "01:30:00"),
        ("least", "-5"),
        ("names", "x, y"),
        ("since", "2026-01-01"),
    ] {
        assert!(set(name, value).is_ok(), "{name}={value}");
    }
    for (name, value) in [
        ("span", "soon"),
        ("least", "3.5"),
        ("least", "1 or true"),
        ("since", "yesterday"),
    ] {
        let error = set(name, value).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{value}` is no value for `{name}`")),
            "{error}"
        );
    }
    let error = set("spam", "1").unwrap_err().to_string();
    assert_eq!(
        error,
        "no pack has a parameter `spam`; there are least, names, since, span"
    );
}

#[test]
fn files_of_queries_never_share_a_name_or_leave_their_folder() {
    let text = ["../../x", "..\\x", "CON", "con ", "X", "é", ""]
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| format!("[[query]]\nname = '{name}'\nkql = 'T'\n"))
        .collect::<String>();
    let queries = checked("p.toml", &text).unwrap();
    let stems: Vec<&str> = queries
        .iter()
        .map(|query| query.file_stem.as_str())
        .collect();
    assert_eq!(
        stems,
        ["x", "x-2", "query-CON", "query-con-2", "X-3", "query"]
    );
}

#[test]
fn garbage_is_an_error_and_no_panic() {
    let pieces = [
        "{{",
        "}}",
        "[[query]]\n",
        "```kql\n",
        "name: ",
        "query: |\n  ",
        "\u{feff}",
        "'''",
        "\"",
        "é",
        "\0",
        "---\n",
        "//",
        "indicators.ip",
    ];
    for seed in 0_usize..400 {
        let text: String = (0..12)
            .map(|at| pieces[(seed * 31 + at * at * 7 + seed / 3 * at) % pieces.len()])
            .collect();
        for file in ["a.toml", "a.yaml", "a.md"] {
            let _ = checked(file, &text);
        }
        let _ = checked("p.toml", &toml(&text.replace("'''", "'")));
    }
}
