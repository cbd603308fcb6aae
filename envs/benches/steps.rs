//! Control steps per second of every task, and what a reset, a save and a load cost.

#![allow(missing_docs, reason = "the macros of criterion write undocumented functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mesolimb_envs::tasks;

fn steps(criterion: &mut Criterion) {
    for task in tasks() {
        let mut env = (task.make)();
        let mut observation = vec![0.0; env.spec().observations.len()];
        let mut sign = 1.0;
        let highest: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
        let mut action = highest.clone();
        let mut group = criterion.benchmark_group(task.name);
        group.throughput(Throughput::Elements(1));
        group.bench_function("step", |bencher| {
            bencher.iter(|| {
                sign = -sign;
                action.iter_mut().zip(&highest).for_each(|(value, high)| *value = 0.3 * sign * high);
                let step = env.step(&action);
                env.observe(&mut observation);
                if step.ended() {
                    env.reset(0);
                }
                black_box(step.reward)
            });
        });
        group.bench_function("reset", |bencher| bencher.iter(|| env.reset(black_box(1))));
        let saved = env.save();
        group.bench_function("save", |bencher| bencher.iter(|| black_box(env.save())));
        group.bench_function("load", |bencher| bencher.iter(|| env.load(black_box(&saved))));
        group.finish();
    }
}

criterion_group!(benches, steps);
criterion_main!(benches);
