//! Servers that limit requests: 429 with `Retry-After`, as the priority and fairness of a cluster answers.
//!
//! Such an answer says nothing about the implementation: the request was not carried out. It is sent again when the server
//! says so, as client-go does, and the run says how often that was.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use http::header::RETRY_AFTER;

use super::{client::Answered, no_answer::NoAnswer};

/// How often a request is sent at most; as often as client-go does.
const MOST_TRIES: usize = 10;
/// A longer pause is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often a target has put requests off.
#[derive(Debug, Default)]
pub struct Throttling(AtomicUsize);

impl Throttling {
    /// How many requests were put off.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// How long to wait before a request that was sent `tries` times is sent again, if `answered` puts it off.
    ///
    /// # Errors
    /// When the server puts the request off again and again, or for too long.
    pub(super) fn pause(&self, answered: &Answered, tries: usize) -> Result<Option<Duration>, NoAnswer> {
        let seconds =
            answered.header(&RETRY_AFTER).and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
        let Some(pause) = seconds.filter(|_| answered.status == 429) else { return Ok(None) };
        self.0.fetch_add(1, Ordering::Relaxed);
        if tries < MOST_TRIES && pause <= LONGEST_PAUSE {
            Ok(Some(pause))
        } else {
            Err(NoAnswer::Throttled { tries, pause })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> Answered {
        let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
        Answered { status, headers: headers.into_iter().collect(), body: Vec::new(), duration: Duration::ZERO }
    }

    #[rstest]
    #[case::as_long_as_it_says(429, Some("2"), Some(2), 1)]
    #[case::without_a_time_it_is_an_answer(429, None, None, 0)]
    #[case::a_date_is_no_number(429, Some("Fri, 31 Dec 1999 23:59:59 GMT"), None, 0)]
    #[case::other_statuses_are_answers(503, Some("1"), None, 0)]
    fn a_request_that_is_put_off_is_sent_again(
        #[case] status: u16,
        #[case] retry_after: Option<&str>,
        #[case] seconds: Option<u64>,
        #[case] count: usize,
    ) {
        let throttling = Throttling::default();
        let pause = throttling.pause(&answered(status, retry_after), 1).unwrap();
        assert_eq!(pause, seconds.map(Duration::from_secs));
        assert_eq!(throttling.count(), count);
    }

    #[rstest]
    #[case::tries(MOST_TRIES, "1", "the server puts requests off: 429 to 10 tries, the last with `Retry-After: 1`")]
    #[case::pause(1, "3600", "the server puts requests off: 429 to 1 tries, the last with `Retry-After: 3600`")]
    fn there_is_an_end_to_it(#[case] tries: usize, #[case] retry_after: &str, #[case] says: &str) {
        let error = Throttling::default().pause(&answered(429, Some(retry_after)), tries).unwrap_err();
        assert_eq!(error.to_string(), says);
        assert_eq!(error.blame(), super::super::no_answer::Blame::Harness);
    }
}
