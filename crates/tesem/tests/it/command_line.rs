//! What a person sees who types something.

use crate::world::World;

#[test]
fn help_starts_with_an_example() {
    let world = World::new();
    let run = world.tesem(&["hunt", "--help"]).exits(0);
    assert!(
        run.stdout()
            .contains("tesem hunt indicators.txt --tenant demo"),
        "{}",
        run.stdout()
    );
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    let world = World::new();
    let cases: &[(&[&str], &str)] = &[(
        &["lake", "ingest", "x"],
        "`tesem lake` is not in this version",
    )];
    for (arguments, expected) in cases {
        let run = world.tesem(arguments).exits(2);
        assert!(
            run.stderr().contains(expected),
            "{arguments:?}: {}",
            run.stderr()
        );
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let world = World::new();
    world.write(
        "bad.toml",
        "[tenants.a]\ntenant_id = \"x\"\nclient_secrt = 1\n",
    );
    let cases: &[(&[&str], &str)] = &[
        (&["hunt"], "nothing to hunt for"),
        (
            &["hunt", "-", "--tenant", "nobody"],
            "there is no tenant `nobody`",
        ),
        (
            &["hunt", "-", "--tz", "Mars/Olympus"],
            "`Mars/Olympus` is no IANA time zone",
        ),
        (&["hunt", "-", "--days", "0"], "is no number of days"),
        (
            &["hunt", "-", "--config", "missing.toml"],
            "missing.toml cannot be read",
        ),
        (&["hunt", "-", "--config", "bad.toml"], "line 3"),
        (&["hunt", "-", "--query-bytes", "10"], "100"),
        (&["huntt"], "unrecognized subcommand"),
    ];
    for (arguments, expected) in cases {
        let run = world.tesem_with_input(arguments, b"google.com").exits(2);
        assert!(
            run.stderr().contains(expected),
            "{arguments:?}: {}",
            run.stderr()
        );
        assert_eq!(run.stdout(), "", "{arguments:?}");
    }
}

#[test]
fn indicators_are_taken_out_of_a_text() {
    let world = World::new();
    let run = world.tesem_with_input(
        &["feeds", "extract", "--format", "list"],
        b"see hxxp://evil[.]com/a, 203.0.113[.]7 and 203.0.113.7; 999.999.999.999 is none",
    );
    assert_eq!(run.exits(0).stdout(), "http://evil.com/a\n203.0.113.7\n");
}

#[test]
fn completions_and_manual_pages_are_generated() {
    let world = World::new();
    assert!(
        world
            .tesem(&["completions", "bash"])
            .exits(0)
            .stdout()
            .contains("_tesem")
    );
    assert!(
        world
            .tesem(&["man"])
            .exits(0)
            .stdout()
            .contains(".TH tesem 1")
    );
}

#[test]
fn a_tenant_is_written_as_a_directory_and_never_over_another() {
    let world = World::new();
    let arguments = [
        "twin",
        "generate",
        "--out",
        "tenant",
        "--devices",
        "4",
        "--days",
        "1",
        "--until",
        "2026-10-15T00:00:00Z",
    ];
    let run = world.tesem(&arguments).exits(0);
    assert!(
        run.stderr().contains("with 4 devices and"),
        "{}",
        run.stderr()
    );
    assert_eq!(run.stdout(), "");
    let again = world.tesem(&arguments).exits(1);
    assert!(
        again.stderr().contains("is not empty"),
        "{}",
        again.stderr()
    );
}
