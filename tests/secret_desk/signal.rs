//! What is left when a signal ends an edit, and what a terminal sees.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::desk::{CANARY, Desk, FILE, PASSWORD, left_by};

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let mut desk = Desk::new();
    let ready = desk.outside("ready");
    let script = |trap: &str| {
        format!(
            "{trap}sed -i 's/{PASSWORD}/{CANARY}/' \"$1\"; cp \"$1\" \"$1~\"; echo $$ >{0}; while :; do sleep 0.05; done",
            ready.display()
        )
    };
    let before = desk.repository.read(FILE);
    for (signal, code, trap) in
        [("INT", 130, ""), ("TERM", 143, ""), ("HUP", 129, ""), ("QUIT", 131, ""), ("TERM", 143, "trap '' TERM INT; ")]
    {
        desk.editor(&script(trap));
        let child = desk.start(&["edit", "staging", "postgres-auth"], b"");
        let own = format!("gen-{}-", child.id());
        until("the editor starts", || ready.exists());
        assert_eq!(left_by(&own, Path::new("/nowhere")).len(), 1);
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let editor = std::fs::read_to_string(&ready).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("nothing was written") && !said.contains(CANARY), "{said}");
        assert_eq!(left_by(&own, &desk.outside("tmp")), Vec::<std::path::PathBuf>::new(), "{signal}");
        assert!(!Path::new("/proc").join(editor.trim()).exists(), "the editor still runs");
        assert_eq!(desk.repository.read(FILE), before);
        std::fs::remove_file(&ready).unwrap();
    }
}

#[test]
fn neither_arguments_nor_variables_of_a_child_hold_a_value() {
    let mut desk = Desk::new();
    let seen = desk.outside("seen");
    desk.editor(&format!(
        "tr '\\0' '\\n' </proc/$PPID/cmdline >{0}; tr '\\0' '\\n' </proc/$$/environ >>{0}",
        seen.display()
    ));
    desk.does(&["edit", "staging", "postgres-auth"], b"", &["unchanged"]);
    let text = std::fs::read_to_string(&seen).unwrap();
    assert!(text.contains("EDITOR=") && !text.contains(PASSWORD) && !text.contains("AGE-SECRET-KEY-1"), "{text}");
}

/// Runs `gen secret ...` on a terminal of its own (`script` of util-linux) that types `keys` once `ready` is on the screen.
fn on_a_terminal(desk: &Desk, arguments: &str, ready: &str, keys: &[u8]) -> Option<String> {
    if Command::new("script").arg("--version").output().is_err() {
        std::io::stderr().write_all(b"PASSED OVER: a terminal (there is no `script`)\n").unwrap();
        return None;
    }
    let screen = desk.outside("screen");
    let line = format!("{} secret {arguments}", env!("CARGO_BIN_EXE_gen"));
    let mut child = Command::new("script")
        .args(["-q", "-e", "-f", "-c", &line])
        .arg(&screen)
        .current_dir(desk.repository.root())
        .env_clear()
        .envs(desk.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let read = || String::from_utf8_lossy(&std::fs::read(&screen).unwrap_or_default()).into_owned();
    until("the terminal is ready", || read().contains(ready));
    child.stdin.as_mut().unwrap().write_all(keys).unwrap();
    child.wait().unwrap();
    Some(read())
}

#[test]
fn on_a_terminal_a_broken_edit_goes_back_to_the_editor() {
    let mut desk = Desk::new();
    let again = desk.outside("again");
    desk.editor(&format!(
        "if [ -e {0} ]; then cp \"$1\" {0}; sed -i 's/^broken: .$//; s/{PASSWORD}/{CANARY}/' \"$1\"\nelse : >{0}; echo 'broken: [' >>\"$1\"; fi",
        again.display()
    ));
    let Some(screen) = on_a_terminal(&desk, "edit staging postgres-auth", "back to the editor", b"\r") else { return };
    assert!(screen.contains("changed") && !screen.contains(PASSWORD), "{screen}");
    assert_eq!(desk.value("password"), CANARY.as_bytes());
    let text = std::fs::read_to_string(&again).unwrap();
    assert!(
        text.starts_with("#! gen: line 13: ") && text.contains("\napiVersion: v1\n") && text.ends_with("broken: [\n"),
        "{text}"
    );
    assert!(!String::from_utf8(desk.reveal(&["show", FILE])).unwrap().contains("gen:"));
}

#[test]
fn a_prompt_shows_nothing_of_what_is_typed() {
    let desk = Desk::new();
    let keys = format!("{CANARY}\r");
    let Some(screen) = on_a_terminal(&desk, "set staging postgres-auth password", "not shown", keys.as_bytes()) else {
        return;
    };
    assert!(screen.contains("`password` is changed") && !screen.contains(CANARY), "{screen}");
    assert_eq!(desk.value("password"), CANARY.as_bytes());
}
