//! What answers a request: who asks, what the path names, whether it is allowed, and the handler of the resource.

use std::sync::Arc;

use http::{
    Method, Response,
    header::{ACCEPT, CONTENT_LENGTH},
    request::Parts,
};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};

use super::{
    api::Api,
    discovery,
    dispatch::dispatch,
    error::{ApiError, Result},
    http::{
        answer::{Answer, AnswerBody},
        negotiate::negotiate_error,
        options,
        request::Request,
    },
    impersonation,
    journal::RecordedRequest,
    kinds::Verb,
    metrics,
    openapi::Documents,
    paths::{Route, route},
    resources,
    route::Target,
    selector::FieldSelector,
    user::User,
};

/// Answers a request, and records it.
pub(crate) async fn answer(api: &Arc<Api>, parts: Parts, body: Incoming) -> Response<AnswerBody> {
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let minor = api.options.api_version.kubernetes_minor();
    let user = api.authenticate(&parts.headers);
    let user = user.and_then(|user| impersonation::impersonate(&api.access, &parts, user, minor));
    let name = user.as_ref().ok().map(|user| user.name.clone());
    let response = match user {
        Ok(user) => answer_user(api, parts, body, user).await,
        Err(error) => {
            let request = Request::without_body(parts, User::anonymous(), api.next_replica());
            Answer::error(&error, negotiate_error(&request)).into_response()
        }
    };
    let response = if method == Method::HEAD { without_body(response) } else { response };
    let status = response.status().as_u16();
    api.journal.record(RecordedRequest { number: 0, method, path, query, user: name, status });
    response
}

/// The response to HEAD: the length of the body, without the body, which HTTP/2 would send otherwise.
fn without_body(mut response: Response<AnswerBody>) -> Response<AnswerBody> {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = Empty::new().boxed_unsync();
    response
}

async fn answer_user(api: &Arc<Api>, parts: Parts, body: Incoming, user: User) -> Response<AnswerBody> {
    let replica = api.next_replica();
    let request = Request::read(parts, body, user, api.behaviour.body_limit, replica).await;
    let form = negotiate_error(&request);
    let timeout = match options::timeout(&request, &api.behaviour) {
        Ok(timeout) => timeout,
        Err(error) => return Answer::error(&error, form).into_response(),
    };
    let routed = route(&request.path, api.options.api_version);
    let target = match &routed {
        Ok(Route::Objects(target)) => Some(target.clone()),
        _ => None,
    };
    let answer = match tokio::time::timeout(timeout, handle(api, &request, routed)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer::error(&error, form),
        Err(_) => Answer::error(&ApiError::timeout(), form),
    };
    let response = answer.with_warnings(request.take_warnings()).into_response();
    api.metrics.count(&request, target.as_ref(), response.status().as_u16());
    response
}

async fn handle(api: &Arc<Api>, request: &Request, routed: Result<Route>) -> Result<Answer> {
    let target = match routed {
        Ok(Route::Health) => return Ok(Answer::text("ok")),
        Ok(Route::Metrics) => return metrics::answer(api, request),
        Ok(Route::OpenApi(path)) => {
            let accept = request.header(ACCEPT).unwrap_or_default();
            return match Documents::of(api.options.api_version).find(&path, accept) {
                Some(page) => Ok(Answer::document(page.content_type, page.body.clone())),
                None if path.first().is_some_and(|version| version == "v3") => Err(ApiError::no_such_path()),
                None => discovery::answer(api, request, &Route::Paths { asked: false }),
            };
        }
        Ok(Route::Objects(target)) => target,
        Ok(discovered) => return discovery::answer(api, request, &discovered),
        Err(error) => return Err(error),
    };
    authorize(api, request, &target)?;
    let handler = target.handler(request)?;
    if target.asked(request) == Verb::Get && target.kind.stored.is_some() {
        resources::listing::check_version(&api.store.lock(), request, &api.behaviour)?;
    }
    dispatch(api, request, &target, handler).await
}

/// Access is decided before it is known whether the method exists.
fn authorize(api: &Api, request: &Request, target: &Target) -> Result<()> {
    let verb = target.asked(request).name();
    if api.access.allows(&request.user, verb, target.kind.group, target.kind.plural) {
        Ok(())
    } else {
        let selector = FieldSelector::parse(request.parameter("fieldSelector").unwrap_or_default()).unwrap_or_default();
        // Reading the one object that a selector names is told as reading that object.
        let selected = selector.only_name().filter(|_| matches!(target.asked(request), Verb::List | Verb::Watch));
        let name = target.name.as_deref().or(selected).unwrap_or_default();
        Err(target.forbidden(&request.user, verb, name))
    }
}
