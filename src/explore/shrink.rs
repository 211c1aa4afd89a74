//! Makes a scenario smaller for as long as it shows the same difference.

use proptest::strategy::ValueTree;

use super::Scenario;

/// The most scenarios that are tried for one cause.
const TRIES: usize = 80;

/// The simplest scenario of `tree` that `judge` accepts, with what it returned; `None` if it accepts not even the first.
/// `judge` returns `None` for a scenario that does not show the difference.
pub async fn shrink<T, E>(
    tree: &mut dyn ValueTree<Value = Scenario>,
    mut judge: impl AsyncFnMut(usize, &Scenario) -> Result<Option<T>, E>,
) -> Result<Option<(Scenario, T)>, E> {
    let mut smallest = None;
    for attempt in 0..TRIES {
        let scenario = tree.current();
        let judged = judge(attempt, &scenario).await?;
        let shows = judged.is_some();
        if let Some(judged) = judged {
            smallest = Some((scenario, judged));
        } else if attempt == 0 {
            return Ok(None);
        }
        if !(if shows { tree.simplify() } else { tree.complicate() }) {
            break;
        }
    }
    Ok(smallest)
}
