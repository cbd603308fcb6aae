//! The known name that a user most likely meant.

/// The candidate with the smallest edit distance to `name`, unless even that one differs too much to be a slip.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .map(|(_, candidate)| candidate.to_owned())
}

/// `; did you mean '…'?` with the candidate nearest to `name`, or nothing.
#[must_use]
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean '{near}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let tasks = ["cartpole", "reacher"];
        assert_eq!(nearest("cartpol", tasks).as_deref(), Some("cartpole"));
        assert_eq!(nearest("raecher", tasks).as_deref(), Some("reacher"));
        assert_eq!(nearest("humanoid", tasks), None);
    }
}
