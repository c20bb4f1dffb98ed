//! Did you mean.

/// The candidate nearest to `word`, where one is near enough to be what was meant.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(word.chars().count()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_words_are_offered_and_far_ones_are_not() {
        let keys = ["storage", "resources", "replicas"];
        assert_eq!(closest("storrage", keys), Some("storage"));
        assert_eq!(closest("Replicas", keys), Some("replicas"));
        assert_eq!(closest("retention", keys), None);
    }
}
