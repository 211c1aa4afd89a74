//! Makes a scenario smaller for as long as it shows the same difference.

use proptest::strategy::ValueTree;

use super::Scenario;

/// The simplest scenario of `tree` that `judge` accepts, with what it returned; `None` if it accepts none.
/// `judge` returns `None` for a scenario that does not show the difference; it is asked about so many scenarios at most. The tree's
/// own scenario is known to show it.
pub async fn shrink<T>(
    tree: &mut dyn ValueTree<Value = Scenario>,
    tries: usize,
    mut judge: impl AsyncFnMut(usize, &Scenario) -> Option<T>,
) -> Option<(Scenario, T)> {
    let mut smallest: Option<(Scenario, T)> = None;
    let mut last = tree.current();
    let mut changed = tree.simplify();
    let mut attempt = 0;
    while changed && attempt < tries {
        let scenario = tree.current();
        // Values can be simpler and the scenario the same: a quirk that is left out anyway.
        let shows = if scenario == last {
            true
        } else {
            let judged = judge(attempt, &scenario).await;
            attempt += 1;
            let shows = judged.is_some();
            if let Some(judged) = judged {
                last = scenario.clone();
                smallest = Some((scenario, judged));
            }
            shows
        };
        changed = if shows { tree.simplify() } else { tree.complicate() };
    }
    smallest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::explore::Generator;

    use super::*;

    #[tokio::test]
    async fn what_does_not_matter_is_taken_away() {
        let generator = Generator::default();
        // No sequence of steps has one of these.
        let is_told =
            |step: &serde_json::Value| step["delete"].as_str().is_some_and(|path| path.starts_with("imagestreamtags/"));
        let deletes = |scenario: &Scenario| scenario.steps.iter().any(is_told);
        let seed = (0..).find(|seed| {
            let scenario = generator.draw(*seed).current();
            deletes(&scenario) && scenario.steps.len() > 3
        });
        let mut tree = generator.draw(seed.unwrap());
        let judged = shrink(tree.as_mut(), 120, async |_, scenario| deletes(scenario).then_some(())).await;
        let (scenario, ()) = judged.unwrap();
        assert_eq!(scenario.steps.len(), 1, "{scenario:?}");
        assert!(deletes(&scenario));
    }
}
