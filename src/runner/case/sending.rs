//! The requests of a step: sent, their answers judged, and what went over the wire kept.

use std::time::{Duration, Instant};

use super::attempt::Attempt;
use crate::{
    runner::{
        check,
        curl::curl,
        judge::Judge,
        mock::MockRegistry,
        target::{Answered, Blame, Prepared},
    },
    suite::{Action, Request, Step},
    verdict::{self, Exchange, StepName},
};

impl Attempt<'_> {
    /// Sends the request of a step, or those that are sent together, and judges the answers in the order they are written.
    pub(super) async fn requests(
        &self,
        index: usize,
        step: &Step,
        mock: &mut MockRegistry,
        judge: &mut Judge,
    ) -> Result<bool, String> {
        let members = match &step.action {
            Action::Together(members) => members.as_slice(),
            _ => std::slice::from_ref(step),
        };
        let requests: Vec<(&Request, &Step)> = members
            .iter()
            .filter_map(|member| match &member.action {
                Action::Request(request) => Some((request, member)),
                _ => None,
            })
            .collect();
        let unkept = |(request, _): &(&Request, &Step)| {
            request.kept_names().into_iter().find(|name| !judge.kept.contains_key(*name)).map(str::to_owned)
        };
        if let Some(name) = requests.iter().find_map(unkept) {
            self.unanswered(&format!("no answer had the value that is kept as `{name}`"));
            return Ok(false);
        }
        let answers = self.send(index, &requests, mock, judge).await?;
        if answers.len() < requests.len() {
            return Ok(false);
        }
        let mut asked = std::mem::take(&mut judge.asked);
        let counted = match self.recorded {
            Some(_) => Vec::new(),
            None => check::requests(&step.expect, &asked.made),
        };
        if requests.len() > 1 {
            // Which of them asked for what is not told apart, so that no golden speaks of it.
            asked.traffic.clear();
        }
        let was_asked = !asked.lines.is_empty();
        for ((request, member), (name, answered)) in requests.into_iter().zip(&answers) {
            let is_refused_import = was_asked && answered.status >= 300 && !request.method.is_safe();
            self.note_images(answered, is_refused_import);
            judge.begin(name);
            let checks = judge.step(&self.expected(), request, member, answered, &mut asked);
            self.with(|progress| progress.checks.extend(checks.into_iter().map(|check| check.at(name.clone()))));
        }
        self.with(|progress| progress.values = judge.values.clone());
        if let Some((name, _)) = answers.first() {
            self.with(|progress| progress.checks.extend(counted.into_iter().map(|check| check.at(name.clone()))));
        }
        Ok(true)
    }

    /// Sends requests at the same time. The answers are in the order of the requests; fewer if one was not answered, which
    /// is noted. What was asked of the registry meanwhile is kept in `judge`.
    pub(super) async fn send(
        &self,
        index: usize,
        requests: &[(&Request, &Step)],
        mock: &mut MockRegistry,
        judge: &mut Judge,
    ) -> Result<Vec<(StepName, Answered)>, String> {
        let mut prepared = Vec::new();
        for (position, (request, _)) in requests.iter().enumerate() {
            let mut name = StepName { number: index + 1, name: judge.describe(request) };
            if requests.len() > 1 {
                name.name += &format!(" ({} of {} together)", position + 1, requests.len());
            }
            let request = request.with_kept(&judge.kept);
            self.ledger.note(&request);
            let request = Prepared::new(&request, &self.session.namespace).map_err(|error| error.to_string())?;
            prepared.push((name, request));
        }
        self.with(|progress| progress.current = prepared.first().map(|(name, _)| name.clone()));
        let begun = Instant::now();
        let judging: &Judge = judge;
        let sending = requests.iter().zip(&prepared).enumerate().map(async |(position, (request, (_, prepared)))| {
            let (target, user) = (&self.session.target, request.1.user);
            let settled = |answered: &Answered| judging.holds(&self.expected(), position, *request, answered);
            let sent = if prepared.method.is_safe() {
                self.session.reads.send(target, prepared, user, settled).await
            } else {
                self.session.cleanup.late.send(target, prepared, user).await
            };
            (sent, begun.elapsed())
        });
        let sent = futures_util::future::join_all(sending).await;
        judge.asked = mock.asked();
        let mut answers = Vec::new();
        for (position, ((sent, duration), (name, prepared))) in sent.into_iter().zip(prepared).enumerate() {
            let lines = if position == 0 { judge.asked.lines.as_slice() } else { &[] };
            let exchange = self.exchange(&name, &prepared, requests[position].1, sent.as_ref().ok(), lines, duration);
            self.with(|progress| {
                progress.exchanges.push(exchange);
                progress.current = Some(name.clone());
            });
            match sent {
                Ok(answered) => answers.push((name, answered)),
                Err(problem) => match problem.blame() {
                    Blame::Implementation => self.unanswered(&problem.to_string()),
                    Blame::Harness => return Err(problem.to_string()),
                },
            }
        }
        Ok(answers)
    }

    fn exchange(
        &self,
        step: &StepName,
        prepared: &Prepared,
        written: &Step,
        answered: Option<&Answered>,
        registry: &[String],
        duration: Duration,
    ) -> Exchange {
        Exchange {
            step: step.clone(),
            request: verdict::Request {
                method: prepared.method.to_string(),
                path: prepared.uri.clone(),
                headers: prepared.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
                body: prepared.body.clone(),
            },
            response: answered.map(|answered| verdict::Response {
                status: answered.status,
                headers: answered.headers.clone(),
                body: String::from_utf8_lossy(&answered.body).into_owned(),
            }),
            curl: curl(&self.session.target, prepared, written.user),
            registry: registry.to_vec(),
            duration,
        }
    }

    /// Image objects are cluster-wide: those of this case's own images are removed too. They are those that the answer
    /// names, and all of them if it refuses what the registry was asked for: a server may have stored them before.
    fn note_images(&self, answered: &Answered, is_refused_import: bool) {
        let body = String::from_utf8_lossy(&answered.body);
        self.with(|progress| {
            for name in progress.images.iter().filter(|name| is_refused_import || body.contains(*name)) {
                self.ledger.note_image(name);
            }
        });
    }
}
