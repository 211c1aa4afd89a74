//! Requests that a server carries out after the run has given up waiting, and servers that fail to delete, or do not let a run
//! end.

use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use http::{HeaderMap, Method, StatusCode, Uri, header::AUTHORIZATION, header::CONTENT_TYPE};
use tokio::sync::watch;

use super::{
    cluster::Cluster,
    command::{FOLDER, finish, shown, start},
};

/// Stands before a cluster, and holds some requests back.
struct Front {
    url: String,
    seen: watch::Sender<Vec<Asked>>,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    method: Method,
    path: String,
    body: Bytes,
}

impl Asked {
    /// Whether it changes the configuration of the cluster.
    fn is_change(&self) -> bool {
        self.method != Method::GET && self.path.contains("/config.openshift.io/")
    }

    /// Whether it is an import of a case, and not of the probes before it.
    fn imports(&self, case: &str) -> bool {
        self.method == Method::POST
            && self.path.ends_with("/imagestreamimports")
            && String::from_utf8_lossy(&self.body).contains(&format!("\"{case}-"))
    }

    /// Whether it deletes what is named after a case.
    fn deletes(&self, case: &str) -> bool {
        self.method == Method::DELETE && self.path.contains(&format!("/{case}-"))
    }
}

#[derive(Clone)]
struct Passing {
    target: String,
    client: reqwest::Client,
    rule: Rule,
    deletions: watch::Sender<usize>,
    seen: watch::Sender<Vec<Asked>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// An import is carried out once the run has deleted its stream.
    ImportsAfterTheCleanUp,
    /// A deletion is not answered once the configuration of the cluster was changed.
    NoDeletions,
    /// A deletion fails, and succeeds when it is sent a second time.
    DeletionsFailOnce,
    /// A deletion is answered with success, and not carried out.
    DeletionsAreClaimed,
}

impl Front {
    async fn start(cluster: &Cluster, rule: Rule) -> Self {
        let seen = watch::Sender::new(Vec::new());
        let passing = Passing {
            target: cluster.url().to_owned(),
            client: cluster.client.clone(),
            rule,
            deletions: watch::Sender::new(0),
            seen: seen.clone(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(passing);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen }
    }

    /// Waits until what was asked for so far fulfils a condition.
    async fn until(&self, is_met: impl FnMut(&Vec<Asked>) -> bool) {
        let mut seen = self.seen.subscribe();
        let met = tokio::time::timeout(std::time::Duration::from_secs(60), seen.wait_for(is_met)).await;
        assert!(met.is_ok(), "{:#?}", self.seen.borrow());
    }
}

async fn pass(
    State(passing): State<Passing>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let asked = Asked { method: method.clone(), path: uri.path().to_owned(), body: body.clone() };
    let is_first = !passing.seen.borrow().contains(&asked);
    passing.seen.send_modify(|seen| seen.push(asked.clone()));
    let is_configured = passing.seen.borrow().iter().any(Asked::is_change);
    let instead = match passing.rule {
        Rule::DeletionsFailOnce if is_first => Some((StatusCode::SERVICE_UNAVAILABLE, "Failure")),
        Rule::DeletionsAreClaimed => Some((StatusCode::OK, "Success")),
        _ => None,
    };
    if let Some((code, status)) = instead.filter(|_| method == Method::DELETE) {
        let status = format!(r#"{{"kind":"Status","apiVersion":"v1","status":"{status}"}}"#);
        return (code, [(CONTENT_TYPE, "application/json")], Bytes::from(status));
    }
    let is_deletion = asked.deletes("quick");
    let is_late = asked.imports("quick") && passing.rule == Rule::ImportsAfterTheCleanUp;
    if method == Method::DELETE && is_configured && passing.rule == Rule::NoDeletions {
        std::future::pending::<()>().await;
    }
    // As a server does: what was begun is carried out, whether its client is still there or not.
    let carried_out = tokio::spawn(async move {
        if is_late {
            passing.deletions.subscribe().wait_for(|count| *count > 0).await.unwrap();
        }
        let mut request = passing.client.request(method, format!("{}{uri}", passing.target));
        for name in [AUTHORIZATION, CONTENT_TYPE] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let response = request.body(body).send().await.unwrap();
        let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
        let answer = (status, [(CONTENT_TYPE, "application/json")], response.bytes().await.unwrap());
        if is_deletion {
            passing.deletions.send_modify(|count| *count += 1);
        }
        answer
    });
    carried_out.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_appears_after_the_clean_up_is_removed_at_the_end() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let front = Front::start(&cluster, Rule::ImportsAfterTheCleanUp).await;
    let arguments = ["run", FOLDER, "--run", "quick", "--timeout", "2", "--namespace", "team"];
    let run = finish(&front.url, &arguments).await;
    assert_eq!(run.exit, Some(1), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("no answer within 2s"), "{}", run.stdout);
    let deletions = front.seen.borrow().iter().filter(|asked| asked.deletes("quick")).count();
    assert!(deletions >= 2, "{:#?}", front.seen.borrow());
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_says_what_is_left() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let front = Front::start(&cluster, Rule::NoDeletions).await;
    let arguments = ["run", FOLDER, "--run", "slow-under-a-change", "--allow", "cluster-configuration"];
    let run = start(&front.url, &arguments);
    // The second import is the slow one; the first was answered by then.
    front.until(|seen| seen.iter().filter(|asked| asked.imports("slow-under-a-change")).count() == 2).await;
    run.signal("INT");
    front
        .until(|seen| seen.iter().skip_while(|asked| !asked.is_change()).any(|asked| asked.method == Method::DELETE))
        .await;
    run.signal("INT");
    let run = run.finished().await;
    assert_eq!(run.exit, Some(3), "{}", run.stderr);
    insta::assert_snapshot!("at-once", shown(&run, &front.url));
    let id = run.stderr.split("--run ").nth(1).unwrap()[..8].to_owned();
    let cleaned = finish(cluster.url(), &["clean", "--run", &id]).await;
    assert_eq!(cleaned.exit, Some(0), "{}{}", cleaned.stdout, cleaned.stderr);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_fails_is_sent_again() {
    let cluster = Cluster::start().await;
    let before = cluster.state().await;
    let front = Front::start(&cluster, Rule::DeletionsFailOnce).await;
    let run = finish(&front.url, &["run", FOLDER, "--run", "quick"]).await;
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("left behind"), "{}", run.stderr);
    cluster.assert_as(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_there_after_its_deletion_succeeded_is_told() {
    let cluster = Cluster::start().await;
    let front = Front::start(&cluster, Rule::DeletionsAreClaimed).await;
    let run = finish(&front.url, &["run", FOLDER, "--run", "quick"]).await;
    insta::assert_snapshot!("claimed", shown(&run, &front.url));
}
