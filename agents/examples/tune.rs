//! throw-away
use mesolimb_agents::*;
use mesolimb_envs::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let task = args[1].clone();
    let steps: u64 = args[2].parse().unwrap();
    let seeds: Vec<u64> = args[3].split(',').map(|s| s.parse().unwrap()).collect();
    let config: SpikingConfig = toml::from_str(&args.get(4).cloned().unwrap_or_default().replace(';', "\n")).unwrap();
    let changes: Vec<Change> = args.get(5).map(|s| { #[derive(serde::Deserialize)] struct C { changes: Vec<Change> } toml::from_str::<C>(s).unwrap().changes }).unwrap_or_default();
    for seed in seeds {
        let env = make(&task).unwrap();
        let spec = env.spec().clone();
        let agent = Box::new(SpikingActorCritic::new(&config, &spec, seed).unwrap());
        let sched = ChangeSchedule::new(changes.clone(), env.params(), seed).unwrap();
        let mut r = Rollout::new(env, agent, sched, seed);
        let t = std::time::Instant::now();
        let mut out = vec![];
        let (mut sum, mut n) = (0.0, 0);
        for s in 0..steps {
            if let Some(e) = r.step().unwrap().episode { sum += e.total_reward; n += 1; }
            if (s + 1) % (steps / 20) == 0 { out.push(format!("{:.0}/{:.2}", sum / n as f64, r.agent().insight().recalibration)); sum = 0.0; n = 0; }
        }
        let us = t.elapsed().as_secs_f64() * 1e6 / steps as f64;
        let state = r.agent_mut().save();
        let ev = evaluate(|_| { let mut a = SpikingActorCritic::new(&config, &spec, seed)?; a.load(&state)?; Ok((make(&task).unwrap(), Box::new(a))) }, r.env().params(), seed, 20).unwrap();
        let mean = ev.iter().sum::<f64>() / ev.len() as f64;
        println!("seed {seed}: train {:.1} eval {mean:.1} sigma {:.2} us/step {us:.0} | {}", r.training_return().unwrap(), r.agent().insight().exploration, out.join(" "));
    }
}
