//! A control step allocates nothing.

#![allow(unsafe_code, reason = "a counting allocator can only be written with unsafe code")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use mesolimb_envs::{Env, RobotEnv, Scene, Task, cartpole, forage, reacher, set_shift, task::Design, tasks};

struct Counting;

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        N_ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn n_allocations(run: impl FnOnce()) -> usize {
    let before = N_ALLOCATIONS.with(Cell::get);
    run();
    N_ALLOCATIONS.with(Cell::get) - before
}

/// Rapier allocates within its own step, so the same physics is run under a slow and a fast control clock:
/// if a control step allocated anything itself, more control steps would allocate more.
fn check_steps<T: Task>(task: T, design: &Design, n_physics_steps: usize) {
    let mut counts = [1, 4].map(|physics_per_control: usize| {
        let control_dt_secs = design.physics_dt_secs * physics_per_control as f64;
        let mut env = RobotEnv::new(task.clone(), Design { control_dt_secs, ..design.clone() }).unwrap();
        let action: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high * 0.1).collect();
        let step = |env: &mut RobotEnv<T>| {
            for _ in 0..n_physics_steps / physics_per_control {
                env.step(&action);
            }
        };
        step(&mut env);
        n_allocations(|| step(&mut env))
    });
    counts.sort_unstable();
    assert_eq!(counts[0], counts[1], "a control step of {} allocates", design.name);
}

#[test]
fn a_control_step_allocates_nothing_besides_rapier() {
    check_steps(cartpole::Cartpole, &cartpole::design(), 400);
    check_steps(reacher::Reacher::default(), &reacher::design(), 400);
    check_steps(forage::Forage::default(), &forage::design(), 400);
    check_steps(set_shift::SetShift::default(), &set_shift::design(), 400);
}

#[test]
fn observe_and_scene_allocate_nothing() {
    assert!(!tasks().is_empty());
    for task in tasks() {
        let mut env = (task.make)();
        let mut observation = vec![0.0; env.spec().observations.len()];
        let mut scene = Scene::default();
        env.scene(&mut scene);
        env.reset(1);
        let in_observe = n_allocations(|| env.observe(&mut observation));
        let in_scene = n_allocations(|| env.scene(&mut scene));
        assert_eq!((in_observe, in_scene), (0, 0), "allocations in observe and scene of {}", task.name);
    }
}
