//! Back and forth: what one side writes, the other reads, value for value and comment for comment, and what neither side changed
//! keeps its ciphertext.

use std::{env, fs, path::Path, time::SystemTime};

use gitops_gen::{
    sops::{Identity, Opened, Sealed, Selector, SelectorKind, seal},
    yaml::typed::{Leaf, Tree},
};
use rayon::prelude::*;

use crate::{
    corpus::{Shape, Who, shapes},
    driver::{Case, Sops},
    matrix::{self, Operation, Outcome},
    reading::{ciphertexts, difference, floats, lines, read, source},
};

#[test]
#[ignore = "needs peers: just peers test-peers"]
fn every_shape_goes_back_and_forth_with_every_version() {
    let versions = Sops::all();
    let shapes = shapes();
    let mut walks: Vec<(&Sops, &Shape, bool)> = Vec::new();
    for sops in &versions {
        for shape in shapes.iter().filter(|shape| (sops.version.0, sops.version.1) >= shape.needs) {
            walks.push((sops, shape, false));
            if shape.foreign.is_none() {
                walks.push((sops, shape, true));
            }
        }
    }
    let outcomes: Vec<Outcome> =
        walks.into_par_iter().flat_map_iter(|(sops, shape, gen_first)| walk(sops, shape, gen_first)).collect();
    matrix::judge(&versions, &outcomes);
}

/// One file on its way between the two sides.
struct Walk<'a> {
    case: Case<'a>,
    /// As it was sealed last.
    text: String,
    /// What it says, and the number in its token.
    says: Vec<String>,
    turn: usize,
    outcomes: Vec<Outcome>,
}

fn walk(sops: &Sops, shape: &Shape, gen_first: bool) -> Vec<Outcome> {
    let mut walk =
        Walk { case: Case::new(sops, shape), text: String::new(), says: Vec::new(), turn: 0, outcomes: Vec::new() };
    // The first fault ends the walk: what follows would only repeat it.
    let _ = walk.go(gen_first);
    walk.keep_as_seed();
    walk.outcomes
}

impl Walk<'_> {
    /// What was sealed last is a good beginning for the fuzz target `sealed`, where somebody asks for that; wrapped for the key that
    /// the target has, if it can be.
    fn keep_as_seed(&self) {
        let Some(folder) = env::var_os("GEN_FUZZ_SEEDS") else { return };
        let key = include_str!("../keys/test-platform.agekey");
        let recipient = Identity::parse_age(&key.into()).unwrap()[0].recipient().unwrap();
        let wrapped = self.open().and_then(|mut opened| {
            opened.rewrap(&[&recipient])?;
            opened.close(SystemTime::now())
        });
        let name =
            format!("{} {}.yaml", self.case.shape.name.replace(',', ""), self.case.sops.name()).replace(' ', "-");
        fs::write(Path::new(&folder).join(name), wrapped.unwrap_or_else(|_| self.text.clone())).unwrap();
    }

    /// Notes how a step ended.
    fn note<T>(&mut self, operation: Operation, result: Result<T, String>) -> Result<T, ()> {
        let (version, shape) = (self.case.sops.version, self.case.shape.name);
        let (fault, result) = match result {
            Ok(value) => (None, Ok(value)),
            Err(fault) => (Some(fault), Err(())),
        };
        self.outcomes.push(Outcome { version, shape, operation, fault });
        result
    }

    fn go(&mut self, gen_first: bool) -> Result<(), ()> {
        let plain = read(&self.case.shape.text);
        self.says = lines(&self.note(Operation::Read, plain)?);
        if gen_first {
            let sealed = self.seal();
            self.text = self.note(Operation::Seal, sealed)?;
            let same = self.sops_reads();
            self.note(Operation::Seal, same)?;
        } else {
            let sealed = self.case.encrypt(&self.case.shape.text);
            self.text = self.note(Operation::Encrypt, sealed)?;
            let same = self.gen_reads();
            self.note(Operation::Encrypt, same)?;
            let same = self.prints_the_same();
            self.note(Operation::Show, same)?;
        }
        for lap in 0..2 {
            let edited = self.gen_edits();
            self.note(Operation::Edit, edited)?;
            let (operation, edited) = match lap {
                0 => (Operation::SopsSet, self.sops_sets()),
                _ => (Operation::SopsEdit, self.sops_edits()),
            };
            self.note(operation, edited)?;
            let (operation, changed) = match lap {
                0 => (Operation::SopsSet, self.sops_adds()),
                _ => (Operation::SopsUnset, self.sops_removes()),
            };
            self.note(operation, changed)?;
            if self.case.shape.who != Who::Groups {
                self.recipients_change(lap)?;
            }
        }
        Ok(())
    }

    fn recipients_change(&mut self, lap: usize) -> Result<(), ()> {
        if lap == 0 {
            let rotated = self.sops_rotates();
            self.note(Operation::SopsRotate, rotated)?;
            let renewed = self.gen_renews();
            self.note(Operation::Renew, renewed)
        } else {
            let updated = self.sops_updates_keys();
            self.note(Operation::SopsUpdateKeys, updated)?;
            let wrapped = self.gen_rewraps();
            self.note(Operation::Rewrap, wrapped)
        }
    }

    fn seal(&self) -> Result<String, String> {
        let shape = self.case.shape;
        let (kind, pattern) = shape.selector.unwrap_or((SelectorKind::UnencryptedSuffix, "_unencrypted"));
        let selector = Selector::new(kind, pattern)?;
        seal(read(&shape.text)?, &self.case.keys.recipients(), &selector, SystemTime::now())
    }

    fn open(&self) -> Result<Opened, String> {
        let sealed =
            Sealed::parse(source(&self.text)).map_err(|findings| format!("gen cannot parse it: {findings:?}"))?;
        sealed.open(self.case.identities()).map_err(|error| format!("gen cannot open it: {error:?}"))
    }

    fn gen_reads(&self) -> Result<(), String> {
        difference(&self.says, &lines(self.open()?.stream())).map_or(Ok(()), |found| Err(format!("gen reads: {found}")))
    }

    fn sops_reads(&self) -> Result<(), String> {
        let plain = self.case.decrypt(&self.text)?;
        difference(&self.says, &lines(&read(&plain)?)).map_or(Ok(()), |found| Err(format!("sops reads: {found}")))
    }

    /// Spelling may differ: gen spells emoji and quotes doubtful texts, where sops escapes the ones and not the others.
    fn prints_the_same(&self) -> Result<(), String> {
        let ours = self.open()?.plain();
        let (theirs, ours) =
            (read(&self.case.decrypt(&self.text)?)?, read(ours.expose_text().ok_or("gen prints no text")?)?);
        difference(&lines(&theirs), &lines(&ours)).map_or(Ok(()), |found| Err(format!("gen prints: {found}")))
    }

    /// The next text of the token; what the file says follows.
    fn next_turn(&mut self) -> String {
        let next = format!("turn-{}", self.turn + 1);
        let (old, new) = (format!("{:?}", format!("turn-{}", self.turn)), format!("{next:?}"));
        for line in &mut self.says {
            *line = line.replace(&format!("= {old}"), &format!("= {new}"));
        }
        self.turn += 1;
        next
    }

    /// Whether `text` has so many new ciphertexts at the most. Fewer there may be: equal values of one list, or of one path in several
    /// documents, become one ciphertext as soon as sops touches the file.
    fn keeps(&self, text: &str, but: usize) -> Result<(), String> {
        let new = ciphertexts(text).difference(&ciphertexts(&self.text)).count();
        if new <= but { Ok(()) } else { Err(format!("{new} ciphertexts are new")) }
    }

    /// Takes a new text of the file, which may differ in so many ciphertexts.
    fn take(&mut self, text: String, but: usize) -> Result<(), String> {
        self.keeps(&text, but)?;
        self.text = text;
        Ok(())
    }

    /// What is not equal to itself, sops does not find again, and seals anew each time.
    fn never_found(&self) -> Result<usize, String> {
        Ok(floats(self.open()?.stream(), f64::is_nan))
    }

    fn gen_edits(&mut self) -> Result<(), String> {
        let next = self.next_turn();
        let mut opened = self.open()?;
        opened.stream_mut().documents[0].set(self.case.shape.token(), Tree::text(next.as_str()));
        let text = opened.close(SystemTime::now())?;
        self.take(text, 1)?;
        self.sops_reads()
    }

    fn sops_sets(&mut self) -> Result<(), String> {
        let next = self.next_turn();
        let text = self.case.set(&self.text, self.case.shape.token(), &format!("{next:?}"))?;
        self.take(text, 1 + self.never_found()?)?;
        self.gen_reads()
    }

    fn sops_edits(&mut self) -> Result<(), String> {
        let script = format!("s/turn-{}/turn-{}/", self.turn, self.turn + 1);
        self.next_turn();
        let text = self.case.edit(&self.text, &script)?;
        // The editor shows a float without a fraction as an integer, which sops then seals as one.
        let whole = floats(self.open()?.stream(), |value| value.fract() == 0.0);
        self.take(text, 1 + self.never_found()? + whole)?;
        self.gen_reads()
    }

    fn sops_adds(&mut self) -> Result<(), String> {
        let text = self.case.set(&self.text, &["added"], "5.5")?;
        self.take(text, 1 + self.never_found()?)?;
        let end = self.says.iter().rposition(|line| line.starts_with("0:")).map_or(0, |last| last + 1);
        self.says.insert(end, "0:[\"added\"] = float 5.5".to_owned());
        self.gen_reads()
    }

    fn sops_removes(&mut self) -> Result<(), String> {
        let text = self.case.unset(&self.text, &["added"])?;
        self.take(text, 1 + self.never_found()?)?;
        self.says.retain(|line| !line.starts_with("0:[\"added\"]"));
        self.gen_reads()
    }

    fn sops_rotates(&mut self) -> Result<(), String> {
        let text = self.case.rotate(&self.text)?;
        self.all_new(text)?;
        self.gen_reads()
    }

    fn gen_renews(&mut self) -> Result<(), String> {
        let mut opened = self.open()?;
        opened.renew_key(&self.case.keys.recipients())?;
        let text = opened.close(SystemTime::now())?;
        self.all_new(text)?;
        self.sops_reads()
    }

    fn all_new(&mut self, text: String) -> Result<(), String> {
        let kept = ciphertexts(&self.text).intersection(&ciphertexts(&text)).count();
        self.text = text;
        if kept == 0 { Ok(()) } else { Err(format!("{kept} ciphertexts are still those under the old data key")) }
    }

    /// Somebody joins by `sops updatekeys` and can open the file alone.
    fn sops_updates_keys(&mut self) -> Result<(), String> {
        self.case.configure(&[self.case.keys.with_next()]);
        let text = self.case.update_keys(&self.text)?;
        self.take(text, 0)?;
        self.gen_reads()?;
        self.case.move_on();
        self.gen_reads()
    }

    /// Everybody but who came last leaves.
    fn gen_rewraps(&mut self) -> Result<(), String> {
        let next = self.case.keys.next.recipient().ok_or("no recipient")?;
        let mut opened = self.open()?;
        opened.rewrap(&[&next])?;
        let text = opened.close(SystemTime::now())?;
        self.take(text, 0)?;
        let sealed = Sealed::parse(source(&self.text)).map_err(|findings| format!("{findings:?}"))?;
        if sealed.open(&self.case.keys.own).is_ok() {
            return Err("who left can still open the file".to_owned());
        }
        self.sops_reads()
    }
}

/// Without any peer: what gen seals, gen opens, whatever the shape.
#[test]
fn gen_opens_what_gen_seals() {
    let mut faults = Vec::new();
    let nobody = Sops::none();
    for shape in shapes().iter().filter(|shape| shape.foreign.is_none()) {
        let mut walk = Walk {
            case: Case::new(&nobody, shape),
            text: String::new(),
            says: Vec::new(),
            turn: 0,
            outcomes: Vec::new(),
        };
        let result = read(&shape.text).map(|stream| lines(&stream)).and_then(|says| {
            walk.says = says;
            walk.text = walk.seal()?;
            walk.gen_reads()
        });
        walk.keep_as_seed();
        if let Err(fault) = result {
            faults.push(format!("{}: {fault}", shape.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_shape_has_its_token() {
    for shape in shapes() {
        let stream = read(&shape.text).unwrap_or_else(|error| panic!("{}: {error}", shape.name));
        let token = stream.documents[0].get(shape.token());
        assert!(matches!(token, Some(Tree::Leaf(Leaf::Text(text))) if text.expose() == b"turn-0"), "{}", shape.name);
    }
}
