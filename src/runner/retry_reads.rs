//! Retries reads that a watch cache may answer with an older state.
//!
//! openshift-apiserver reads `imagestreamimages` and `imagestreams/layers` from a watch cache, and each replica has one of its
//! own. Directly after an import it can answer 404, 500 with the reason `ServerTimeout`, or 200 with `imageMissing: true`,
//! where it answers as expected a moment later.

use std::time::{Duration, Instant};

use http::Method;

use super::target::{Answered, NoAnswer, Prepared, Target};
use crate::suite::User;

/// How long such a read may be behind; clients of a cluster wait longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before asking again. Nothing tells when the cache has caught up.
const PAUSE: Duration = Duration::from_millis(100);

/// Sends a request. A read from a watch cache is sent again until the answer is `settled`, for 5 s at most.
///
/// # Errors
/// When there is no answer, or no end of it.
pub(super) async fn send(
    target: &Target,
    request: &Prepared,
    user: User,
    settled: impl Fn(&Answered) -> bool,
) -> Result<Answered, NoAnswer> {
    let begun = Instant::now();
    loop {
        let answered = target.send(request, user).await?;
        if !may_be_behind(request) || settled(&answered) || begun.elapsed() >= PATIENCE {
            return Ok(answered);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn may_be_behind(request: &Prepared) -> bool {
    let path = request.uri.split('?').next().unwrap_or_default();
    request.method == Method::GET && (path.contains("/imagestreamimages/") || path.ends_with("/layers"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::{
        runner::target::{Credential, Identity, Users},
        suite::Request,
    };

    async fn statuses(path: &str, expected: u16) -> (u16, usize) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(404)).up_to_n_times(2).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(no_tls()).build().unwrap();
        let target = Target {
            url: server.uri(),
            alias: None,
            users: Users::new(Identity::new(client.clone(), Credential::None), || Ok::<_, ()>(client.clone())).unwrap(),
            patience: PATIENCE,
        };
        let request = Prepared::new(&Request::new(Method::GET, path), "demo").unwrap();
        let answered = send(&target, &request, User::User, |answered| answered.status == expected).await.unwrap();
        (answered.status, server.received_requests().await.unwrap().len())
    }

    fn no_tls() -> rustls::ClientConfig {
        rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    }

    #[rstest]
    #[case::of_a_cache("imagestreamimages/a@sha256:1", 200, (200, 3))]
    #[case::layers("imagestreams/a/layers", 200, (200, 3))]
    #[case::of_the_store("imagestreams/a", 200, (404, 1))]
    #[case::not_to_be_there("imagestreamimages/a@sha256:1", 404, (404, 1))]
    #[tokio::test]
    async fn only_what_may_be_behind_is_asked_again(
        #[case] path: &str,
        #[case] expected: u16,
        #[case] outcome: (u16, usize),
    ) {
        assert_eq!(statuses(path, expected).await, outcome);
    }
}
