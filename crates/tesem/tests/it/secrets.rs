//! Secrets are never printed, logged or written.

use std::path::Path;

use crate::world::World;

/// Every file below `folder` as text.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                return files(&path);
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            vec![(path.display().to_string(), text)]
        })
        .collect()
}

#[test]
fn no_secret_and_no_token_in_any_output() {
    let world = World::new();
    world.configure("[state]\nurl = \"sqlite:state.db\"\n");
    world.write("iocs.txt", "google.com\n");
    world.fault(&serde_json::json!({"path": "/api/*", "revoke": true, "calls": 1}));
    let commands: [&[&str]; 7] = [
        &["indicators", "plan", "iocs.txt"],
        &["indicators", "apply", "plan.json", "--yes"],
        &["indicators", "list"],
        &["hunt", "iocs.txt"],
        &["hunt", "iocs.txt", "--hunting", "defender"],
        &["kql", "run", "--tenant", "twin", "print x = 1"],
        &["doctor", "--format", "json"],
    ];
    let mut texts = Vec::new();
    for command in commands {
        // What the HTTP client and the runtime log is looked through, too.
        let run = world.tesem_in(command, &[("TESEM_LOG", "trace")]).exits(0);
        assert!(
            run.stderr().contains("TRACE"),
            "{command:?} logs all there is"
        );
        texts.push((format!("stdout of {command:?}"), run.stdout()));
        texts.push((format!("stderr of {command:?}"), run.stderr()));
    }
    texts.extend(files(world.folder.path()));
    for (name, text) in texts {
        assert!(!text.contains(&world.secret()), "the secret is in {name}");
        // Every JSON Web Token starts with this, which is `{"` in base64.
        assert!(!text.contains("eyJ"), "a token is in {name}");
    }
}

#[test]
fn a_wrong_secret_is_explained_without_showing_it() {
    let world = World::new();
    let configuration = std::fs::read_to_string(world.folder.path().join("tesem.toml")).unwrap();
    world.write("wrong.secret", "hunter2-is-wrong");
    let start = configuration.find("client_secret").unwrap();
    world.write(
        "tesem.toml",
        format!(
            "{}client_secret = {{ file = \"wrong.secret\" }}\n",
            &configuration[..start]
        ),
    );
    let run = world
        .tesem_with_input(&["hunt", "-", "-vvv"], b"google.com\n")
        .exits(1);
    assert!(run.stderr().contains("AADSTS7000215"), "{}", run.stderr());
    assert!(
        !run.stderr().contains("hunter2-is-wrong"),
        "{}",
        run.stderr()
    );
}
