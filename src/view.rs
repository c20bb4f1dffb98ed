//! What rules see of a tree: facts, whatever shape carries them. A Service's type is one fact in a manifest, in a chart's
//! values file, in the values of a HelmRelease and in a ConfigMap that it reads, so a rule is written once.

mod authentication;
mod backup;
mod balancer;
mod budget;
mod claim;
mod client;
mod compose;
mod console;
mod credential;
mod database;
mod encryption;
mod exposure;
mod foreign;
mod generated;
mod image;
pub mod lasting;
mod manifest;
mod network;
mod own;
mod path;
mod pod;
mod power;
mod product;
mod reach;
mod reference;
mod release;
mod route;
mod seal;
mod secret_key;
mod security;
mod spot;
mod storage;
mod template;
mod upkeep;
mod version;
mod wiring;
mod workload;

use crate::manifest::{Bundle, Object};

pub use authentication::{Door, OpenDoor};
pub use backup::Unsaved;
pub use balancer::OpenBalancer;
pub use budget::{Budget, BudgetFlaw};
pub use claim::{Claim, ClaimFlaw};
pub use client::{Lost, LostClient};
pub use compose::{Access, HostAccess};
pub use console::{OpenConsole, Showing};
pub use credential::Credential;
pub use encryption::{PlainConnection, Reason};
pub use exposure::{Exposure, Way};
pub use generated::Generated;
pub use image::Image;
pub use manifest::Manifest;
pub use network::{Gap, NetworkGap};
pub use own::OwnKinds;
pub use power::{Grant, Power};
pub use reach::{Caller, Direction, Labels, Policies, Port};
pub use reference::Reference;
pub use release::{Layer, Release};
pub use seal::BrokenSeal;
pub use secret_key::MissingKey;
pub use security::{Asked, Flaw, Insecure, Level, OpenNamespace, Refusal, Refused};
pub use storage::{Loss, Storage};
pub use upkeep::{PodFlaw, Upkeep};
pub use version::Version;
pub use wiring::{Fault, Weight};

pub use database::Database;

use self::{
    compose::Composed, database::Databases, foreign::Foreign, pod::Pod, release::Valued, spot::Spot, template::Template,
};

/// Where a fact stands.
#[derive(Clone)]
pub struct At<'a> {
    /// The object that carries it.
    pub object: &'a Object,
    /// The keys and list indices that lead to it.
    pub pointer: Vec<String>,
    /// Whether its key is the better place to point at.
    pub on_key: bool,
}

/// The facts of a tree.
pub struct View<'a> {
    /// The tree.
    pub bundle: &'a Bundle,
    /// Every Kubernetes object, those in lists and in the values of charts too.
    pub manifests: Vec<Manifest<'a>>,
    /// The kinds that its own CRDs define.
    pub own: OwnKinds<'a>,
    /// Releases of pinned charts, and loose values of them.
    pub releases: Vec<Release<'a>>,
    /// Where databases let people in without asking who they are.
    pub open_doors: Vec<OpenDoor<'a>>,
    /// Where connections to databases are not encrypted.
    pub plain_connections: Vec<PlainConnection<'a>>,
    /// Consoles of stores that are shown without TLS.
    pub open_consoles: Vec<OpenConsole<'a>>,
    /// Load balancers that take callers from anywhere.
    pub open_balancers: Vec<OpenBalancer<'a>>,
    /// Clients that do not reach their database.
    pub lost_clients: Vec<LostClient<'a>>,
    /// Namespaces that hold a database and deny nothing by default.
    pub undefended: Vec<At<'a>>,
    /// What Compose services may do to their machine.
    pub host_access: Vec<HostAccess<'a>>,
    /// The databases: their pods and ports.
    pub databases: Vec<Database>,
    /// Ways to reach a database from outside the cluster.
    pub exposures: Vec<Exposure<'a>>,
    /// Secrets in plain text.
    pub credentials: Vec<Credential<'a>>,
    /// Images.
    pub images: Vec<Image<'a>>,
    /// Where network policies leave a database open.
    pub network: Vec<NetworkGap<'a>>,
    /// Where stored data goes with its pod or its release.
    pub storage: Vec<Storage<'a>>,
    /// Names of objects that are not in the tree.
    pub references: Vec<Reference<'a>>,
    /// What is wrong with sealed objects.
    pub seals: Vec<BrokenSeal<'a>>,
    /// Keys that Secrets of the tree lack.
    pub missing_keys: Vec<MissingKey<'a>>,
    /// Pods for which the Pod Security Standards have a word.
    pub insecure: Vec<Insecure<'a>>,
    /// What pods lack to live well, or show to others.
    pub upkeep: Vec<Upkeep<'a>>,
    /// Databases of which nothing makes a backup.
    pub unsaved: Vec<Unsaved<'a>>,
    /// What is wrong with claims of databases.
    pub claims: Vec<Claim<'a>>,
    /// What is wrong with disruption budgets.
    pub budgets: Vec<Budget<'a>>,
    /// Roles that may do everything.
    pub powers: Vec<Power<'a>>,
    /// Namespaces that hold their pods to no level.
    pub open_namespaces: Vec<OpenNamespace<'a>>,
    /// Versions of charts and sources.
    pub versions: Vec<Version<'a>>,
    /// What a delivery engine will not do as it is meant.
    pub faults: Vec<Fault<'a>>,
    /// Passwords that charts make up.
    pub generated: Vec<Generated<'a>>,
    /// What lasts to the next tree, where somebody asks for it.
    pub lasting: lasting::Lasting<'a>,
}

impl<'a> View<'a> {
    /// The facts of a tree.
    #[must_use]
    pub fn of(bundle: &'a Bundle) -> View<'a> {
        View::read(bundle, false)
    }

    /// The facts of a tree, with those that last to the next one.
    #[must_use]
    pub fn with_lasting(bundle: &'a Bundle) -> View<'a> {
        View::read(bundle, true)
    }

    fn read(bundle: &'a Bundle, with_lasting: bool) -> View<'a> {
        let written = spot::bodies(bundle);
        let mut manifests = manifest::written(bundle, &written);
        let releases = release::releases(bundle, &written);
        let databases;
        let view = {
            let written_count = written.len();
            let mut bodies: Vec<Spot<'a, '_>> = written;
            let valued: Vec<Valued<'a, '_>> = releases.iter().map(Valued::of).collect();
            let extra: Vec<Spot<'a, '_>> = valued.iter().flat_map(Valued::extra_objects).collect();
            manifests.extend(extra.iter().map(manifest::extra));
            bodies.extend(extra);
            let pods = pod::pods(&bodies, &valued);
            let found = Databases::find(&bodies, &releases);
            let policies = Policies::among(&bodies);
            let templates = template::templates(&bodies, &valued);
            let composed = compose::services(bundle);
            let foreign = foreign::releases(&bodies);
            let tree = Tree {
                bundle,
                written: written_count,
                bodies: &bodies,
                pods: &pods,
                templates: &templates,
                releases: &valued,
                databases: &found,
                policies: &policies,
                composed: &composed,
                foreign: &foreign,
            };
            let exposures = exposure::find(&tree);
            let view = View {
                bundle,
                open_doors: authentication::find(&tree),
                plain_connections: encryption::find(&tree, &exposures),
                open_consoles: console::find(&tree),
                open_balancers: balancer::find(&tree),
                lost_clients: client::find(&tree),
                undefended: network::without_default(&tree),
                host_access: compose::accesses(&composed),
                exposures,
                credentials: credential::find(&tree),
                images: image::find(&tree),
                network: network::find(&tree),
                storage: storage::find(&tree),
                references: reference::find(&tree),
                seals: seal::find(bundle),
                missing_keys: secret_key::find(&tree),
                insecure: security::find(&tree),
                upkeep: upkeep::find(&tree),
                unsaved: backup::find(&tree),
                claims: claim::find(&tree),
                budgets: budget::find(&tree),
                powers: power::find(&tree),
                open_namespaces: security::namespaces(&tree),
                versions: version::find(&tree),
                faults: wiring::find(&tree),
                generated: generated::find(&tree),
                lasting: if with_lasting { lasting::Lasting::of(&tree) } else { lasting::Lasting::default() },
                releases: Vec::new(),
                databases: Vec::new(),
                own: own::find(&manifests),
                manifests,
            };
            databases = found.into_all();
            view
        };
        View { releases, databases, ..view }
    }
}

/// What facts are found in.
struct Tree<'a, 'v> {
    bundle: &'a Bundle,
    /// Every Kubernetes object, those in lists and in the values of charts too.
    bodies: &'v [Spot<'a, 'v>],
    /// How many of them, the first ones, stand in the tree as objects.
    written: usize,
    pods: &'v [Pod<'a, 'v>],
    /// Pods as Kubernetes would get them.
    templates: &'v [Template<'a, 'v>],
    releases: &'v [Valued<'a, 'v>],
    databases: &'v Databases,
    policies: &'v Policies<'a, 'v>,
    /// The services of Compose files.
    composed: &'v [Composed<'a, 'v>],
    /// Releases of charts that there is no model of.
    foreign: &'v [Foreign<'a, 'v>],
}
