//! The search finds what there is to find, and does so as it is written down, on any number of threads.

use mesolimb_envs::Env;

use super::{
    testing::{FakeEnv, LENGTH, Trick},
    *,
};

fn cartpole() -> Result<Box<dyn Env>, AgentError> {
    Ok(mesolimb_envs::make("cartpole")?)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn most_searches_learn_to_balance_a_pole() {
    let found = |seed| {
        let mut search = Search::new(cartpole, SearchConfig::default(), seed).unwrap();
        let before = mean(&search.evaluate(8));
        (0..25).for_each(|_| search.round());
        [before, mean(&search.evaluate(8))]
    };
    let found: Vec<[f64; 2]> = (0..3).map(found).collect();
    let n_good = found.iter().filter(|[before, after]| *before < 150.0 && *after > 400.0).count();
    assert!(n_good >= 2, "returns before and after: {found:?}");
}

#[test]
fn what_is_found_does_not_depend_on_the_number_of_threads() {
    let found = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut search = Search::new(cartpole, SearchConfig::default(), 5).unwrap();
            (0..4).for_each(|_| search.round());
            let returns = search.evaluate(3);
            (search.policy().clone(), search.steps(), search.extremes().clone(), returns)
        })
    };
    assert!(found(1) == found(2));
    let other = Search::new(cartpole, SearchConfig::default(), 6).map(|mut search| {
        (0..4).for_each(|_| search.round());
        search.policy().clone()
    });
    assert!(other.unwrap() != found(2).0, "another seed finds another policy");
}

/// The search once more, one episode after the other, in plain loops.
fn by_hand(config: &SearchConfig, seed: u64, n_rounds: u64) -> Vec<f64> {
    let mut env = FakeEnv::make(Trick::Honest).unwrap();
    let limit = f64::from(env.spec().actions[0].high);
    let mut rng = stream(seed, "search directions");
    let (mut weights, mut all_seen) = (vec![0.0; 4], Vec::<[f32; 4]>::new());
    for round in 0..n_rounds {
        let n = all_seen.len() as f64;
        let column = |channel: usize| all_seen.iter().map(move |seen: &[f32; 4]| f64::from(seen[channel]));
        let mean = |channel| if n == 0.0 { 0.0 } else { column(channel).sum::<f64>() / n };
        let deviation = |channel| match n {
            0.0 => 1.0,
            _ => (column(channel).map(|x| (x - mean(channel)).powi(2)).sum::<f64>() / (n - 1.0)).sqrt().max(1e-3),
        };
        let (means, deviations): (Vec<f64>, Vec<f64>) = (0..4).map(|c| (mean(c), deviation(c))).unzip();
        let deltas: Vec<Vec<f64>> =
            (0..config.directions).map(|_| (0..4).map(|_| standard_normal(&mut rng)).collect()).collect();
        let mut tried = Vec::new();
        for (direction, delta) in deltas.into_iter().enumerate() {
            let mut returns = [0.0; 2];
            for (earned, sign) in returns.iter_mut().zip([1.0, -1.0]) {
                env.reset(episode_seed(seed, "search", round * config.directions as u64 + direction as u64));
                for _ in 0..LENGTH {
                    let mut seen = [0.0; 4];
                    env.observe(&mut seen);
                    all_seen.push(seen);
                    let terms = (0..4).map(|c| {
                        (weights[c] + sign * config.noise * delta[c]) * (f64::from(seen[c]) - means[c]) / deviations[c]
                    });
                    let action = limit * terms.sum::<f64>().clamp(-1.0, 1.0);
                    *earned += env.step(&[action as f32]).reward - config.alive_bonus;
                }
            }
            tried.push((returns, delta));
        }
        tried.sort_by(|a, b| b.0[0].max(b.0[1]).total_cmp(&a.0[0].max(a.0[1])));
        tried.truncate(config.kept);
        let returns: Vec<f64> = tried.iter().flat_map(|(returns, _)| *returns).collect();
        let middle = returns.iter().sum::<f64>() / returns.len() as f64;
        let sigma = (returns.iter().map(|r| (r - middle).powi(2)).sum::<f64>() / returns.len() as f64).sqrt();
        for (returns, delta) in &tried {
            for (weight, delta) in weights.iter_mut().zip(delta) {
                *weight += config.step / (config.kept as f64 * sigma) * (returns[0] - returns[1]) * delta;
            }
        }
    }
    weights
}

#[test]
fn rounds_are_as_they_are_written_down() {
    let config = SearchConfig { alive_bonus: 0.5, ..SearchConfig::default() };
    let mut search = Search::new(|| FakeEnv::make(Trick::Honest), config, 3).unwrap();
    (0..5).for_each(|_| search.round());
    let expected = by_hand(&config, 3, 5);
    for (weight, expected) in search.policy().weights[0].iter().zip(&expected) {
        assert!((weight - expected).abs() < 1e-6, "{:?}, expected {expected:?}", search.policy().weights);
    }
    assert!(expected[0] > 0.01, "the policy has learned to push along: {expected:?}");
    assert_eq!((search.rounds(), search.steps()), (5, 5 * 16 * u64::from(LENGTH)));
}

#[test]
fn the_worst_episodes_of_a_search_are_remembered() {
    let mut search = Search::new(|| FakeEnv::make(Trick::FreeEnergy), SearchConfig::default(), 0).unwrap();
    (0..20).for_each(|_| search.round());
    let case = search.extremes().worst_step.as_ref().unwrap();
    assert!(case.lived.account.worst_step.share > 0.02, "{:?}", case.lived.account.worst_step);
    let again = Runner::new(FakeEnv::make(Trick::FreeEnergy).unwrap()).run(&case.policy, case.seed, |_| ()).unwrap();
    assert_eq!(again, case.lived);
    let honest = Search::new(|| FakeEnv::make(Trick::Honest), SearchConfig::default(), 0).map(|mut search| {
        search.round();
        search.extremes().worst_step.as_ref().unwrap().lived.account.worst_step.share
    });
    assert_eq!(honest.unwrap(), 0.0);
}

#[test]
fn settings_that_find_nothing_are_refused() {
    for (config, expected) in [
        (SearchConfig { directions: 0, ..SearchConfig::default() }, "search.directions is 0"),
        (SearchConfig { kept: 9, ..SearchConfig::default() }, "search.kept is 9, expected at least 1"),
        (SearchConfig { step: f64::NAN, ..SearchConfig::default() }, "search.step is NaN"),
        (SearchConfig { noise: 0.0, ..SearchConfig::default() }, "search.noise is 0"),
    ] {
        let error = Search::new(cartpole, config, 0).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
