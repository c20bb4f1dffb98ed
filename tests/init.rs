//! `gen init`, `gen secret init` and `gen secret bootstrap`: from nothing to a repository that builds, in folders and homes of their
//! own, and with the tools that people use on it.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "init/bootstrap.rs"]
mod bootstrap;
#[path = "init/holders.rs"]
mod holders;
#[path = "init/peers.rs"]
mod peers;
#[path = "init/refusals.rs"]
mod refusals;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// A folder to begin in, called `shop`, and a home directory.
pub(crate) struct World {
    folder: TempDir,
}

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        fs::create_dir(folder.path().join("shop")).unwrap();
        World { folder }
    }

    /// With a repository of one environment, `staging`.
    pub(crate) fn ready() -> World {
        let world = World::new();
        world.good(&["init"]);
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("shop")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("home")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.home().join(".config/sops/age/keys.txt")
    }

    pub(crate) fn cluster_key(&self) -> PathBuf {
        self.home().join(".config/sops/age/shop-staging.agekey")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        command.args(arguments).current_dir(self.root()).env_clear().env("HOME", self.home()).env("USER", "Ann");
        command
    }

    pub(crate) fn gen_(&self, arguments: &[&str]) -> Run {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// A run that must succeed without a word on stderr; gives what it printed.
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let run = self.gen_(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}\n{}", run.stdout);
        run.stdout
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root().join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Every file below a folder, with its bytes.
    pub(crate) fn files(&self, folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(
                        found
                            .insert(path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap()),
                    ),
                }
            }
        }
        found
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.files(&self.root()).into_keys().collect()
    }

    /// No private key, and no `contains` of one, stands in the repository or in `said`.
    pub(crate) fn keeps_its_secrets(&self, said: &str) {
        for (file, bytes) in self.files(&self.home()) {
            let text = String::from_utf8(bytes).unwrap();
            for key in text.lines().filter(|line| line.starts_with("AGE-SECRET-KEY-")) {
                assert!(!said.contains(key), "{file} was printed");
                for (name, bytes) in self.files(&self.root()) {
                    assert!(!String::from_utf8_lossy(&bytes).contains(key), "{file} stands in {name}");
                }
            }
        }
    }
}

/// What `flux bootstrap` leaves behind.
pub(crate) fn bootstrapped(world: &World, cluster: &str) {
    let sync = format!(
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: platform\n  namespace: \
         gitops-system\nspec:\n  interval: 1m0s\n  ref:\n    branch: main\n  url: ssh://git@example.com/x\n---\napiVersion: \
         kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: platform\n  namespace: gitops-system\nspec:\n  \
         interval: 10m0s\n  path: ./clusters/{cluster}\n  prune: true\n  sourceRef:\n    kind: GitRepository\n    name: platform\n"
    );
    world.write(&format!("clusters/{cluster}/flux-system/gotk-sync.yaml"), &sync);
    let components = "---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v2.8.3\n";
    world.write(&format!("clusters/{cluster}/flux-system/gotk-components.yaml"), components);
}

const MADE: &[&str] = &[
    ".gitattributes",
    ".gitignore",
    ".sops.yaml",
    "clusters/staging/staging.yaml",
    "environments/base.yaml",
    "environments/staging.yaml",
    "environments/staging/secrets/postgres-auth.sops.yaml",
    "gen.yaml",
    "schemas/environment.schema.json",
];

#[test]
fn a_repository_from_nothing_builds_and_checks_at_once() {
    let world = World::new();
    let said = world.good(&["init"]);
    assert_eq!(world.names(), MADE);
    world.keeps_its_secrets(&said);
    assert!(world.good(&["build", "staging"]).starts_with("gitops/staging: 14 created, "), "{said}");
    assert_eq!(world.good(&["check"]).lines().filter(|line| line.contains("warning")).count(), 0);
    let tree = world.files(&world.root());
    for (line, steps) in [
        ("clusters/staging/staging.yaml", "path: ./gitops/staging/flux\n"),
        ("environments/staging.yaml", "namespace: shop-staging\n"),
        ("environments/staging.yaml", "database: shop\n"),
        ("environments/staging.yaml", "    ann: age1"),
        ("environments/staging.yaml", "    flux: age1"),
        (".gitattributes", "*.sops.yaml -merge\n"),
        (".gitignore", "*.agekey\n"),
    ] {
        assert!(String::from_utf8_lossy(&tree[line]).contains(steps), "{line} lacks {steps}");
    }
}

#[test]
fn private_keys_lie_outside_for_their_owner_only() {
    let world = World::ready();
    for file in [world.keys(), world.cluster_key()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("# created: 20") && lines[0].ends_with('Z'), "{}", lines[0]);
        let public = lines[1].strip_prefix("# public key: ").unwrap();
        assert!(lines[2].starts_with("AGE-SECRET-KEY-1") && lines.len() == 3);
        assert!(world.read("environments/staging.yaml").contains(public));
        assert!(world.read("environments/staging/secrets/postgres-auth.sops.yaml").contains(public));
        assert!(world.read(".sops.yaml").contains(public));
    }
    for folder in [".config", ".config/sops", ".config/sops/age"] {
        let mode = fs::metadata(world.home().join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn the_next_steps_are_said_in_their_order() {
    let world = World::new();
    let said = world.good(&["init", "--environment", "staging", "--environment", "production", "--name", "store"]);
    let steps = [
        "\nnext:\n",
        "gen build staging production && gen check\n",
        "git init --initial-branch=main && git add --all && git commit",
        "git push --set-upstream origin main\n",
        "flux bootstrap git --url=URL --branch=main --path=clusters/staging\n",
        "gen secret bootstrap staging | kubectl apply --server-side -f -\n",
        "--path=clusters/production\n",
        "gen secret bootstrap production | kubectl",
    ];
    let places: Vec<usize> =
        steps.iter().map(|step| said.find(step).unwrap_or_else(|| panic!("{step}\n{said}"))).collect();
    assert!(places.is_sorted(), "{said}");
    assert!(world.read("environments/production.yaml").contains("profile: production"));
    world.good(&["build", "--all"]);
    world.good(&["check"]);
    let first = world.home().join(".config/sops/age/store-staging.agekey");
    let second = world.home().join(".config/sops/age/store-production.agekey");
    assert_ne!(fs::read(first).unwrap(), fs::read(second).unwrap(), "two clusters share a key");
}

#[test]
fn a_folder_is_made_and_named_in_the_first_step() {
    let world = World::new();
    let said = world.good(&["init", "new/my shop"]);
    assert!(said.contains("  cd 'new/my shop'\n"), "{said}");
    assert!(world.read("new/my shop/environments/staging.yaml").contains("namespace: my-shop-staging\n"));
    assert!(world.read("new/my shop/environments/staging.yaml").contains("database: my_shop\n"));
    world.good(&["-C", "new/my shop", "build", "staging"]);
    world.good(&["-C", "new/my shop", "check"]);
}

#[test]
fn flux_that_is_there_is_followed() {
    let world = World::new();
    bootstrapped(&world, "eu");
    world.write("clusters/eu/kustomization.yaml", "resources: [flux-system]\n");
    let before = world.files(&world.root());
    let said = world.good(&["init"]);
    for (file, bytes) in &before {
        assert_eq!(&fs::read(world.root().join(file)).unwrap(), bytes, "{file} was changed");
    }
    let base = world.read("environments/base.yaml");
    for line in [
        "version: \"2.8\"",
        "source: {kind: GitRepository, name: platform, namespace: gitops-system}",
        "decryptionSecret: gen-sops-age",
    ] {
        assert!(base.contains(line), "{line}\n{base}");
    }
    assert!(world.read("environments/staging.yaml").contains("cluster: eu\n"));
    let pointer = world.read("clusters/eu/staging.yaml");
    assert!(pointer.contains("  namespace: gitops-system\n") && pointer.contains("name: platform\n"), "{pointer}");
    assert!(!said.contains("flux bootstrap"), "{said}");
    assert!(said.contains("list staging.yaml under `resources:` in clusters/eu/kustomization.yaml"), "{said}");
    world.good(&["build", "staging"]);
    world.good(&["check"]);
    assert!(world.read("gitops/staging/flux/postgres.yaml").contains("name: gen-sops-age"));
}

#[test]
fn several_clusters_are_told_apart() {
    let world = World::new();
    bootstrapped(&world, "eu");
    bootstrapped(&world, "us");
    let run = world.gen_(&["init"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("eu, us: say --cluster for `staging`"), "{}", run.stderr);
    world.good(&["init", "--cluster", "us"]);
    assert!(world.root().join("clusters/us/staging.yaml").exists());
    // An environment that is called like a cluster lives there.
    world.good(&["init", "--environment", "eu"]);
    assert!(world.root().join("clusters/eu/eu.yaml").exists());
    world.good(&["build", "--all"]);
    world.good(&["check"]);
}

#[test]
fn a_folder_of_a_git_repository_knows_its_place() {
    let world = World::new();
    fs::create_dir(world.root().join(".git")).unwrap();
    bootstrapped(&world, "eu");
    let said = world.good(&["init", "platform/data"]);
    assert!(world.read("platform/data/environments/base.yaml").contains("    path: platform/data\n"));
    assert!(world.read("clusters/eu/staging.yaml").contains("path: ./platform/data/gitops/staging/flux\n"));
    assert!(!said.contains("git init"), "{said}");
    world.good(&["-C", "platform/data", "build", "staging"]);
    world.good(&["-C", "platform/data", "check"]);
    assert!(
        world
            .read("platform/data/gitops/staging/flux/postgres.yaml")
            .contains("path: ./platform/data/gitops/staging/postgres")
    );
}

#[test]
fn a_second_run_changes_nothing_and_adds_what_is_missing() {
    let world = World::ready();
    let before = world.files(&world.root());
    let home = world.files(&world.home());
    let said = world.good(&["init"]);
    assert!(said.contains(": 0 created\n"), "{said}");
    assert_eq!(world.files(&world.root()), before);
    fs::remove_file(world.root().join(".sops.yaml")).unwrap();
    fs::remove_file(world.root().join("clusters/staging/staging.yaml")).unwrap();
    world.write("environments/staging.yaml", &(world.read("environments/staging.yaml") + "# mine\n"));
    let said = world.good(&["init"]);
    assert!(said.contains(": 2 created\n") && !said.contains("left as it is"), "{said}");
    assert!(world.read("environments/staging.yaml").ends_with("# mine\n"));
    world.good(&["init", "--environment", "production"]);
    world.good(&["build", "--all"]);
    world.good(&["check"]);
    // The person's key is used again, the new cluster has one of its own.
    let after = world.files(&world.home());
    assert!(home.iter().all(|(file, bytes)| after[file] == *bytes) && after.len() == home.len() + 1);
}

#[test]
fn files_of_others_stay_and_what_they_lack_is_said() {
    let world = World::new();
    world.write(".gitignore", "/target\n*.agekey\n");
    world.write(".gitattributes", "* text=auto\n");
    world.write("README.md", "mine\n");
    let said = world.good(&["init"]);
    assert_eq!(world.read(".gitignore"), "/target\n*.agekey\n");
    assert_eq!(world.read(".gitattributes"), "* text=auto\n");
    let list = said.split(".gitignore: left as it is; add these lines\n").nth(1).unwrap();
    assert!(list.contains("    keys.txt\n") && !list.contains("*.agekey"), "{said}");
    assert!(said.contains("    *.sops.yaml -merge\n"), "{said}");
    world.good(&["build", "staging"]);
}

#[test]
fn somebody_elses_sops_rules_stay_and_are_judged() {
    let world = World::new();
    let rules = "creation_rules:\n  - path-regex: ^apps/\n    age: age1x\n";
    world.write(".sops.yaml", rules);
    let run = world.gen_(&["init"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(world.read(".sops.yaml"), rules);
    assert!(run.stdout.contains("error[bad-sops-config]: unknown key `path-regex`"), "{}", run.stdout);
}

#[test]
fn this_repository_has_the_rules_that_gen_writes() {
    use gitops_gen::{
        environment::Repository,
        scaffold::sops_config,
        tree::{FileTree, Limits},
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = FileTree::read(root, "environments", &Limits::default()).unwrap();
    inputs.insert("gen.yaml", fs::read(root.join("gen.yaml")).unwrap()).unwrap();
    let repository = Repository::load(inputs);
    let recipients = |name: &str| {
        let recipients = repository.resolve(name).unwrap().spec.secrets.recipients;
        recipients.iter().map(|(holder, key)| (holder.to_string(), key.to_string())).collect()
    };
    let all = repository.environments().into_iter().map(|name| (name.to_owned(), recipients(name))).collect();
    assert_eq!(fs::read_to_string(root.join(".sops.yaml")).unwrap(), sops_config(&all).unwrap());
}

#[test]
fn a_home_under_git_is_no_repository_of_its_own() {
    let world = World::new();
    fs::create_dir(world.home().join(".git")).unwrap();
    let shop = world.home().join("shop");
    let said = world.good(&["init", shop.to_str().unwrap()]);
    assert!(said.contains("git init --initial-branch=main"), "{said}");
    assert!(!fs::read_to_string(shop.join("environments/base.yaml")).unwrap().contains("path: shop"));
    fs::create_dir(shop.join(".git")).unwrap();
    let inner = shop.join("key.txt");
    let run = world.gen_(&["-C", shop.to_str().unwrap(), "secret", "init", "--identity", inner.to_str().unwrap()]);
    assert!(run.code == 2 && run.stderr.contains("is committed sooner or later"), "{}", run.stderr);
}
