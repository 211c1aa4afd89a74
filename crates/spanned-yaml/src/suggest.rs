//! "Did you mean": the known name nearest to one that is not known.

/// The known name that `found` was probably meant to be, if one is near enough to be worth saying.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.8;
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(found, name), name))
        .filter(|(similarity, _)| *similarity >= NEAR_ENOUGH)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name_or_none() {
        assert_eq!(nearest("s2-bsic", ["s2-second", "s2-basic"]), Some("s2-basic"));
        assert_eq!(nearest("xyz", ["s2-second", "s2-basic"]), None);
    }
}
