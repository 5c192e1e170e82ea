//! A PostgreSQL server of the tests' own: its folder is temporary, its socket lies in it, and it is stopped by the last
//! test that used it.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;
use tesem_state::store::StateUrl;

/// Set where a missing server is a failure and no reason to leave tests out.
const REQUIRED: &str = "TESEM_REQUIRE_POSTGRES";

/// The users that the server may run as when the tests run as root, whom it refuses.
const SERVER_USERS: [&str; 2] = ["postgres", "nobody"];

pub(crate) struct PostgresServer {
    programs: PathBuf,
    folder: TempDir,
    owner: Option<u32>,
    databases: Mutex<u32>,
}

static RUNNING: Mutex<Weak<PostgresServer>> = Mutex::new(Weak::new());

/// The server, started if no other test uses it; nothing, with a line that says so, where there is none.
pub(crate) fn postgres_server() -> Option<Arc<PostgresServer>> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let Some(programs) = programs() else {
        #[expect(clippy::disallowed_methods, reason = "the project's test task sets it")]
        let is_required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
        assert!(
            !is_required,
            "PostgreSQL's initdb is missing, and {REQUIRED} is set"
        );
        say_left_out();
        return None;
    };
    let server = Arc::new(PostgresServer::start(programs));
    *running = Arc::downgrade(&server);
    Some(server)
}

#[expect(
    clippy::print_stdout,
    reason = "tells the person at the terminal what was not tested"
)]
fn say_left_out() {
    println!("left out: PostgreSQL is not installed (`cargo xtask prepare` installs it)");
}

/// Debian keeps `initdb` and `pg_ctl` out of the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut folders: Vec<PathBuf> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    folders.sort();
    #[expect(
        clippy::disallowed_methods,
        reason = "looks for a program where a shell would"
    )]
    let path = std::env::var("PATH").unwrap_or_default();
    folders.reverse();
    folders.extend(std::env::split_paths(&path));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

impl PostgresServer {
    fn start(programs: PathBuf) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tesem-pg-")
            .tempdir()
            .unwrap();
        let owner = server_user();
        if let Some(owner) = owner {
            chown(folder.path(), Some(owner), None).unwrap();
        }
        let server = Self {
            programs,
            folder,
            owner,
            databases: Mutex::new(0),
        };
        let data = server.data();
        let data = data.to_str().unwrap();
        server.run(
            "initdb",
            &[
                "-D",
                data,
                "-U",
                "tesem",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
                "--locale=C",
            ],
        );
        let socket = server.folder.path().to_str().unwrap();
        let options =
            format!("-c listen_addresses='' -c fsync=off -c max_connections=200 -k {socket}");
        let log = server.folder.path().join("log");
        server.run(
            "pg_ctl",
            &[
                "-D",
                data,
                "-w",
                "-l",
                log.to_str().unwrap(),
                "-o",
                &options,
                "start",
            ],
        );
        server
    }

    /// A new, empty database.
    pub(crate) fn database(&self) -> StateUrl {
        self.database_address().parse().unwrap()
    }

    /// The address of a new, empty database, as another process takes it.
    pub(crate) fn database_address(&self) -> String {
        let number = {
            let mut databases = self
                .databases
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *databases += 1;
            *databases
        };
        let name = format!("state{number}");
        let socket = self.folder.path().to_str().unwrap();
        self.run("createdb", &["-h", socket, "-U", "tesem", &name]);
        let host = socket.replace('/', "%2F");
        format!("postgres://tesem@{host}/{name}")
    }

    /// Ends every connection to a database, as a restart would.
    pub(crate) fn end_connections(&self, url: &StateUrl) {
        let socket = self.folder.path().to_str().unwrap();
        let shown = url.to_string();
        let (_, database) = shown.rsplit_once('/').unwrap();
        let end = format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        let arguments = [
            "-h", socket, "-U", "tesem", "-d", "postgres", "-q", "-c", &end,
        ];
        self.run("psql", &arguments);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.program(program));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        if let Some(owner) = self.owner {
            command.uid(owner);
        }
        // The server inherits these and would keep a pipe open.
        let errors = self.folder.path().join(format!("{program}.err"));
        command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&errors).unwrap());
        let status = command.status().unwrap();
        assert!(
            status.success(),
            "{program}: {}",
            std::fs::read_to_string(&errors).unwrap()
        );
    }

    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let data = self.data();
        // The process that is ended is the one whose id the server wrote into its own folder.
        self.run(
            "pg_ctl",
            &[
                "-D",
                data.to_str().unwrap(),
                "-w",
                "-m",
                "immediate",
                "stop",
            ],
        );
    }
}

/// Whom to run the server as: nobody in particular, unless these tests run as root.
fn server_user() -> Option<u32> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| {
        use std::os::unix::fs::MetadataExt;
        process.uid() == 0
    });
    is_root.then(|| SERVER_USERS.iter().find_map(|name| user_id(name)).unwrap())
}

fn user_id(name: &str) -> Option<u32> {
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}
