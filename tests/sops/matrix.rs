//! What works with which version: judged, and compared with the table of docs/sops.md.

use std::{env, fs, path::Path};

use crate::driver::{Sops, VERSIONS};

pub(crate) type Version = (u64, u64, u64);

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    Read,
    Encrypt,
    Show,
    SopsSet,
    SopsUnset,
    SopsEdit,
    SopsRotate,
    SopsUpdateKeys,
    Seal,
    Edit,
    Renew,
    Rewrap,
}

/// In the table's order, with what they are called there. `Read` is the beginning of every walk and has no row.
const ROWS: [(Operation, &str); 11] = [
    (Operation::Encrypt, "gen opens what `sops encrypt` wrote"),
    (Operation::Show, "gen prints what `sops decrypt` prints"),
    (Operation::SopsSet, "gen opens what `sops set` changed"),
    (Operation::SopsUnset, "gen opens what `sops unset` changed"),
    (Operation::SopsEdit, "gen opens what `sops edit` changed"),
    (Operation::SopsRotate, "gen opens what `sops rotate` wrote"),
    (Operation::SopsUpdateKeys, "gen opens what `sops updatekeys` wrapped anew"),
    (Operation::Seal, "sops opens what gen sealed"),
    (Operation::Edit, "sops opens what gen changed"),
    (Operation::Renew, "sops opens what gen gave a new data key"),
    (Operation::Rewrap, "sops opens what gen wrapped anew"),
];

/// How one step of one walk ended.
pub(crate) struct Outcome {
    pub(crate) version: Version,
    pub(crate) shape: &'static str,
    pub(crate) operation: Operation,
    pub(crate) fault: Option<String>,
}

/// A mistake of sops' own, by name.
struct Excuse {
    first: Version,
    last: Version,
    shape: &'static str,
    operation: Operation,
    why: &'static str,
}

const EXCUSES: &[Excuse] = &[excuse(Operation::Show), excuse(Operation::Seal)];

const fn excuse(operation: Operation) -> Excuse {
    Excuse {
        first: (3, 9, 0),
        last: (3, 10, 2),
        shape: "a text of one line end",
        operation,
        why: "up to 3.10 sops prints it as an empty text, and seals that after an edit",
    }
}

impl Excuse {
    fn covers(&self, outcome: &Outcome) -> bool {
        (self.first..=self.last).contains(&outcome.version)
            && self.shape == outcome.shape
            && self.operation == outcome.operation
    }
}

/// Fails with every fault that is not excused, with every excuse that nothing needs, and where the table is another.
pub(crate) fn judge(versions: &[Sops], outcomes: &[Outcome]) {
    let mut faults: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !EXCUSES.iter().any(|excuse| excuse.covers(outcome)))
        .filter_map(|outcome| {
            let Outcome { version: (major, minor, patch), shape, operation, fault } = outcome;
            fault.as_ref().map(|fault| format!("{major}.{minor}.{patch}, {shape}, {operation:?}: {fault}"))
        })
        .collect();
    faults.sort();
    faults.dedup();
    for excuse in EXCUSES {
        let tried = outcomes.iter().any(|outcome| excuse.covers(outcome));
        if tried && !outcomes.iter().any(|outcome| excuse.covers(outcome) && outcome.fault.is_some()) {
            faults.push(format!("nothing needs the excuse for {}, {:?}", excuse.shape, excuse.operation));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    compare(versions, &table(outcomes));
}

fn table(outcomes: &[Outcome]) -> Vec<Vec<String>> {
    let head = VERSIONS.iter().map(|(major, minor, patch)| format!("{major}.{minor}.{patch}"));
    let mut rows = vec![std::iter::once("what, over how many shapes".to_owned()).chain(head).collect::<Vec<_>>()];
    for (operation, what) in ROWS {
        let cell = |version: Version| {
            let steps =
                || outcomes.iter().filter(|outcome| outcome.operation == operation && outcome.version == version);
            let mut shapes: Vec<&str> = steps().map(|outcome| outcome.shape).collect();
            let mut bad: Vec<&str> =
                steps().filter(|outcome| outcome.fault.is_some()).map(|outcome| outcome.shape).collect();
            for names in [&mut shapes, &mut bad] {
                names.sort_unstable();
                names.dedup();
            }
            if bad.is_empty() {
                shapes.len().to_string()
            } else {
                format!("{} of {}", shapes.len() - bad.len(), shapes.len())
            }
        };
        rows.push(std::iter::once(what.to_owned()).chain(VERSIONS.into_iter().map(cell)).collect());
    }
    rows
}

/// Compares the columns of the versions that there are with the page's, or writes the page where all are there and it is asked for.
fn compare(versions: &[Sops], rows: &[Vec<String>]) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sops.md");
    let text = fs::read_to_string(&page).unwrap();
    let (begin, end) = ("<!-- matrix: UPDATE_DOCS=1 just test-peers -->\n", "<!-- end of matrix -->");
    let from = text.find(begin).unwrap() + begin.len();
    let to = from + text[from..].find(end).unwrap();
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|---|{}\n", "---:|".repeat(VERSIONS.len()));
    let mut why: Vec<String> = EXCUSES.iter().map(|excuse| format!("* {}: {}.\n", excuse.shape, excuse.why)).collect();
    why.dedup();
    let notes = format!("\nWhat is missing is sops' own doing:\n\n{}", why.concat());
    let made = row(&rows[0]) + &rule + &rows[1..].iter().map(|cells| row(cells)).collect::<String>() + &notes;
    if env::var_os("UPDATE_DOCS").is_some() && versions.len() == VERSIONS.len() {
        fs::write(&page, format!("{}{made}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    let written: Vec<Vec<&str>> = text[from..to].lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    for (cells, made) in
        written.iter().filter(|cells| cells.len() > VERSIONS.len() && !cells[1].starts_with("---")).zip(rows)
    {
        assert_eq!(cells[1], made[0], "docs/sops.md has another table: UPDATE_DOCS=1 just test-peers");
        for (column, version) in VERSIONS.iter().enumerate() {
            if versions.iter().any(|sops| sops.version == *version) {
                assert_eq!(
                    cells[column + 2],
                    made[column + 1],
                    "docs/sops.md, {}: UPDATE_DOCS=1 just test-peers",
                    made[0]
                );
            }
        }
    }
}
