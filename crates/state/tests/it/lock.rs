use tesem_state::journal::{LockError, RunLock};

#[test]
fn a_run_is_locked_once_and_free_after_the_drop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.lock");
    let lock = RunLock::acquire(&path, "process 4711").unwrap();
    let error = RunLock::acquire(&path, "process 4712").unwrap_err();
    assert!(matches!(error, LockError::Held { .. }), "{error}");
    assert!(error.to_string().contains("the run is in use"), "{error}");
    if cfg!(unix) {
        assert!(error.to_string().contains("by process 4711"), "{error}");
    }
    drop(lock);
    RunLock::acquire(&path, "process 4712").unwrap();
}

#[test]
fn a_lock_that_cannot_be_made_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("no such directory").join("run.lock");
    let error = RunLock::acquire(&path, "process 1").unwrap_err();
    assert!(matches!(error, LockError::File { .. }), "{error}");
    assert!(error.to_string().contains("no such directory"), "{error}");
}
