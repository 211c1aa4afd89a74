//! The table of all operations, from which requests are routed and the document is made.

use http::{Method, StatusCode};

use super::{
    behaviour::{self, Advance, BehaviourChange, ClockInfo, Faults},
    content::{self, BuiltImages, DigestOfContent, ImageName, Repositories, TagTarget},
    document,
    journal::{self, Findings, Journal},
    members::MemberInfo,
    operation::{Operation, Run},
    registries::{self, NewRegistry, Registries},
    snapshots::{self, Snapshots},
};
use crate::{
    fixture::{Fault, ImageFile, ImageSignature},
    registry::{Behaviour, FaultState, Held, HeldRepository, HeldTag},
};

const GET: &Method = &Method::GET;
const PUT: &Method = &Method::PUT;
const POST: &Method = &Method::POST;
const PATCH: &Method = &Method::PATCH;
const DELETE: &Method = &Method::DELETE;

const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;

/// Where the registries are.
const ALL: &str = "/registries";
const ONE: &str = "/registries/{registry}";
const REPOSITORIES: &str = "/registries/{registry}/repositories";
const REPOSITORY: &str = "/registries/{registry}/repositories/{repository}";
const TAG: &str = "/registries/{registry}/repositories/{repository}/tags/{tag}";
const IMAGES: &str = "/registries/{registry}/repositories/{repository}/images";
const MANIFEST: &str = "/registries/{registry}/repositories/{repository}/manifests/{reference}";
const BLOBS: &str = "/registries/{registry}/repositories/{repository}/blobs";
const BLOB: &str = "/registries/{registry}/repositories/{repository}/blobs/{digest}";
const ARCHIVE: &str = "/registries/{registry}/repositories/{repository}/archive";
const RECIPES: &str = "/registries/{registry}/recipes";
const SIGNATURES: &str = "/registries/{registry}/signatures";
const FAULTS: &str = "/registries/{registry}/faults";
const FAULT: &str = "/registries/{registry}/faults/{fault}";
const BEHAVIOUR: &str = "/registries/{registry}/behaviour";
const CLOCK: &str = "/registries/{registry}/clock";
const JOURNAL: &str = "/registries/{registry}/journal";
const WAIT: &str = "/registries/{registry}/journal/wait";
const FINDINGS: &str = "/registries/{registry}/findings";
const SNAPSHOTS: &str = "/registries/{registry}/snapshots";
const SNAPSHOT: &str = "/registries/{registry}/snapshots/{snapshot}";
const RESET: &str = "/registries/{registry}/snapshots/{snapshot}/reset";

const TAKEN: (StatusCode, &str) = (StatusCode::CONFLICT, "The name or the address is taken.");
pub(super) const TOO_LARGE: (StatusCode, &str) =
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than a manifest may be.");
const IN_VAIN: (StatusCode, &str) = (StatusCode::REQUEST_TIMEOUT, "The requests did not come in time.");

/// All operations.
pub(super) const OPERATIONS: &[Operation] = &[
    op(GET, "/openapi.json", "getDocument", "This document.", Run::Now(document::get)).gives::<serde_json::Value>(OK),
    op(GET, ALL, "listRegistries", "All registries of the process.", Run::Now(registries::list))
        .gives::<Registries>(OK),
    op(
        POST,
        ALL,
        "createRegistry",
        "Starts a registry on a port of its own.",
        Run::Later(|call| Box::pin(registries::create(call))),
    )
    .json::<NewRegistry>()
    .gives::<MemberInfo>(CREATED)
    .fails(&[TAKEN]),
    op(GET, ONE, "getRegistry", "A registry and where it is.", Run::Now(registries::get)).gives::<MemberInfo>(OK),
    op(
        DELETE,
        ONE,
        "removeRegistry",
        "Stops a registry and forgets it.",
        Run::Later(|call| Box::pin(registries::remove(call))),
    ),
    op(GET, REPOSITORIES, "listRepositories", "All repositories and what is in them.", Run::Now(content::list))
        .gives::<Repositories>(OK),
    op(GET, REPOSITORY, "getRepository", "A repository and what is in it.", Run::Now(content::get))
        .gives::<HeldRepository>(OK),
    op(PUT, REPOSITORY, "addRepository", "Adds a repository, unless it is there.", Run::Now(content::add_repository))
        .gives::<HeldRepository>(OK),
    op(
        DELETE,
        REPOSITORY,
        "removeRepository",
        "Removes a repository with all that is in it.",
        Run::Now(content::remove_repository),
    ),
    op(
        PUT,
        TAG,
        "putTag",
        "Lets a tag name an image: one of the recipes, or a manifest that the repository holds.",
        Run::Now(content::tag),
    )
    .json::<TagTarget>()
    .gives::<HeldTag>(OK),
    op(DELETE, TAG, "removeTag", "Removes a tag. What it named stays.", Run::Now(content::untag)),
    op(POST, IMAGES, "addImage", "Adds an image without a tag.", Run::Now(content::add_image))
        .json::<ImageName>()
        .gives::<DigestOfContent>(CREATED),
    op(
        PUT,
        MANIFEST,
        "putManifest",
        "Uploads a manifest under a tag or its digest. `Content-Type` is its media type.",
        Run::Now(content::put_manifest),
    )
    .bytes()
    .gives::<Held>(OK)
    .fails(&[TOO_LARGE]),
    op(
        DELETE,
        MANIFEST,
        "removeManifest",
        "Removes a tag, or a manifest with its tags.",
        Run::Now(content::remove_manifest),
    ),
    op(POST, BLOBS, "addBlob", "Uploads a blob.", Run::Now(content::add_blob))
        .bytes()
        .gives::<DigestOfContent>(CREATED),
    op(DELETE, BLOB, "removeBlob", "Removes a blob.", Run::Now(content::remove_blob)),
    op(
        POST,
        ARCHIVE,
        "addArchive",
        "Uploads the images of a `.tar`, plain or compressed: of `docker save`, of an OCI layout, or of a skopeo `dir:`.",
        Run::Later(|call| Box::pin(content::add_archive(call))),
    )
    .bytes()
    .gives::<HeldRepository>(OK),
    op(
        POST,
        RECIPES,
        "addRecipes",
        "Adds recipes of images. A recipe takes the place of one of the same name.",
        Run::Now(content::add_recipes),
    )
    .json::<ImageFile>()
    .gives::<BuiltImages>(CREATED),
    op(POST, SIGNATURES, "addSignature", "Signs an image that a repository holds.", Run::Now(content::sign))
        .json::<ImageSignature>(),
    op(
        GET,
        FAULTS,
        "listFaults",
        "The armed faults, in the order in which they are tried.",
        Run::Now(behaviour::list_faults),
    )
    .gives::<Faults>(OK),
    op(POST, FAULTS, "armFault", "Adds a fault behind those that are armed.", Run::Now(behaviour::arm))
        .json::<Fault>()
        .gives::<FaultState>(CREATED),
    op(DELETE, FAULTS, "disarmFaults", "Removes all faults.", Run::Now(behaviour::disarm_all)),
    op(DELETE, FAULT, "disarmFault", "Removes a fault, by its `id`.", Run::Now(behaviour::disarm)),
    op(GET, BEHAVIOUR, "getBehaviour", "Quirks, credentials, and how tags are listed.", Run::Now(behaviour::get))
        .gives::<Behaviour>(OK),
    op(
        PUT,
        BEHAVIOUR,
        "replaceBehaviour",
        "Replaces the behaviour; what is not said is as in a registry without a fixture.",
        Run::Now(behaviour::replace),
    )
    .json::<Behaviour>()
    .gives::<Behaviour>(OK),
    op(
        PATCH,
        BEHAVIOUR,
        "changeBehaviour",
        "Changes parts of the behaviour. Tokens that were given stay valid.",
        Run::Now(behaviour::change),
    )
    .json::<BehaviourChange>()
    .gives::<Behaviour>(OK),
    op(GET, CLOCK, "getClock", "The clock of the registry.", Run::Now(behaviour::clock)).gives::<ClockInfo>(OK),
    op(
        POST,
        CLOCK,
        "advanceClock",
        "Moves the clock ahead: tokens expire, quotas and outages end.",
        Run::Now(behaviour::advance),
    )
    .json::<Advance>()
    .gives::<ClockInfo>(OK),
    op(GET, JOURNAL, "listJournal", "What the registry was asked, oldest first.", Run::Now(journal::list))
        .query(journal::LIST)
        .gives::<Journal>(OK),
    op(DELETE, JOURNAL, "clearJournal", "Forgets what was asked. Numbers go on.", Run::Now(journal::clear)),
    op(
        GET,
        WAIT,
        "waitForRequests",
        "Waits until so many requests match, those that were made already included.",
        Run::Later(|call| Box::pin(journal::wait(call))),
    )
    .query(journal::WAIT)
    .gives::<Journal>(OK)
    .fails(&[IN_VAIN]),
    op(
        GET,
        FINDINGS,
        "listFindings",
        "What does not add up: faults that have not fired, requests that no registry answers.",
        Run::Now(journal::findings),
    )
    .gives::<Findings>(OK),
    op(GET, SNAPSHOTS, "listSnapshots", "The names of the snapshots.", Run::Now(snapshots::list))
        .gives::<Snapshots>(OK),
    op(
        PUT,
        SNAPSHOT,
        "takeSnapshot",
        "Remembers the registry as it is: content, behaviour, faults with their counts, and the clock.",
        Run::Now(snapshots::take),
    ),
    op(
        POST,
        RESET,
        "resetToSnapshot",
        "Makes the registry what it was, and empties the journal.",
        Run::Now(snapshots::reset),
    ),
    op(DELETE, SNAPSHOT, "removeSnapshot", "Forgets a snapshot.", Run::Now(snapshots::remove)),
];

const fn op(method: &'static Method, path: &'static str, id: &'static str, about: &'static str, run: Run) -> Operation {
    Operation::new(method, path, id, about, run)
}
