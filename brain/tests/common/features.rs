//! What electrophysiologists read off a row of spikes.

/// Intervals between spikes.
pub fn intervals(spikes: &[f64]) -> Vec<f64> {
    spikes.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Spikes in groups: those closer than `within_ms` belong together. Sizes of the groups in their order.
pub fn groups(spikes: &[f64], within_ms: f64) -> Vec<usize> {
    let mut sizes = Vec::new();
    for (i, spike) in spikes.iter().enumerate() {
        match sizes.last_mut() {
            Some(size) if spike - spikes[i - 1] < within_ms => *size += 1,
            _ => sizes.push(1),
        }
    }
    sizes
}

/// Standard deviation over mean.
pub fn variation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt() / mean
}

/// Mean rate in Hz over the second half of a stimulus.
pub fn late_rate(spikes: &[f64], onset_ms: f64, end_ms: f64) -> f64 {
    let middle = 0.5 * (onset_ms + end_ms);
    spikes.iter().filter(|t| (middle..end_ms).contains(*t)).count() as f64 / (end_ms - middle) * 1e3
}

/// Last interval over first one: more than 1 for adaptation. 1 for fewer than three spikes.
pub fn adaptation(spikes: &[f64]) -> f64 {
    let isi = intervals(spikes);
    if isi.len() < 2 { 1.0 } else { isi[isi.len() - 1] / isi[0] }
}

/// What a cell does under a step of current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Silent,
    PhasicSpiking,
    PhasicBursting,
    TonicSpiking,
    TonicBursting,
    MixedMode,
    Adapting,
    /// Any other.
    Other,
}

/// Reads a response to a step that lasts until `end_ms`. Spikes less than 10 ms apart are a burst from three on.
pub fn step(spikes: &[f64], end_ms: f64) -> Step {
    let isi = intervals(spikes);
    let Some(last) = spikes.last() else { return Step::Silent };
    let groups = groups(spikes, 10.0);
    let late = isi[isi.len() / 2..].iter().copied().fold(0.0, f64::max);
    let goes_on = isi.len() > 1 && end_ms - last < 1.5 * late;
    let steady = |isi: &[f64]| isi.len() > 1 && variation(isi) < 0.1;
    match (goes_on, &groups[..]) {
        (false, [1]) => Step::PhasicSpiking,
        (false, [n]) if *n > 2 => Step::PhasicBursting,
        // The last burst may be cut short by the end of the stimulus.
        (true, [complete @ .., _]) if complete.len() > 1 && complete.iter().all(|n| *n > 2) => Step::TonicBursting,
        (true, [first, singles @ ..]) if *first > 2 && !singles.is_empty() && singles.iter().all(|n| *n == 1) => {
            if isi.windows(2).all(|pair| pair[1] > pair[0]) {
                Step::Adapting
            } else if steady(&isi[groups[0]..]) {
                Step::MixedMode
            } else {
                Step::Other
            }
        }
        (true, _) if isi.len() > 2 && steady(&isi[isi.len() - 2..]) => Step::TonicSpiking,
        _ => Step::Other,
    }
}

/// The firing patterns that Naud et al. 2008 name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naud {
    Silent,
    Tonic,
    Adaptation,
    InitialBurst,
    RegularBursting,
    DelayedAccelerating,
    DelayedBursting,
    Transient,
    Irregular,
}

/// Reads a response to a step of current from 0 to `end_ms`.
pub fn naud(spikes: &[f64], end_ms: f64) -> Naud {
    let isi = intervals(spikes);
    let Some(last) = spikes.last() else { return Naud::Silent };
    if *last < 0.5 * end_ms || isi.len() < 4 {
        return Naud::Transient;
    }
    let late = &isi[isi.len() / 2..];
    let mut sorted = late.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Short and long intervals with nothing between them.
    let cleft = sorted.windows(2).map(|pair| pair[1] / pair[0]).fold(1.0, f64::max);
    if cleft > 3.0 {
        let pause = sorted[sorted.len() - 1];
        return if spikes[0] > 0.5 * pause { Naud::DelayedBursting } else { Naud::RegularBursting };
    }
    if variation(late) > 0.2 {
        return Naud::Irregular;
    }
    if isi.windows(2).any(|pair| pair[1] > 3.0 * pair[0]) {
        return Naud::InitialBurst;
    }
    match adaptation(spikes) {
        ratio if ratio > 1.5 => Naud::Adaptation,
        ratio if ratio < 0.7 => Naud::DelayedAccelerating,
        _ => Naud::Tonic,
    }
}
