//! What the comparisons with MuJoCo have in common: its tables, and worlds that go on.

use mesolimb_envs::{
    tasks,
    world::{Clock, Contacts, World},
};

/// Shows what is due to the law of contacts and stops alone.
pub const FINE: Clock = Clock { dt_secs: 0.0005, contacts: Contacts::Soft };

/// A CSV file.
pub struct Table {
    names: Vec<String>,
    pub rows: Vec<Vec<f64>>,
}

impl Table {
    pub fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let names = lines.next().expect("a head").split(',').map(str::to_owned).collect();
        let numbers = |line: &str| line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        Self { names, rows: lines.map(numbers).collect() }
    }

    pub fn column(&self, name: &str) -> usize {
        self.names.iter().position(|other| other == name).unwrap_or_else(|| panic!("no column {name}"))
    }
}

/// The clock of a task.
pub fn clock_of(task: &str) -> Clock {
    let entry = tasks().iter().find(|entry| entry.name == task).unwrap_or_else(|| panic!("there is a task {task}"));
    (entry.design)().clock()
}

/// How many strides make `secs`.
pub fn strides(clock: Clock, secs: f64) -> usize {
    let count = secs / clock.stride_secs();
    assert!((count - count.round()).abs() < 1e-6, "{secs} s are no whole number of strides");
    count.round() as usize
}

pub fn advance(world: &mut World, n_strides: usize) {
    for _ in 0..n_strides {
        world.step().unwrap_or_else(|fault| panic!("{fault}"));
    }
}

/// Positions, then velocities.
pub fn state(world: &World) -> [Vec<f64>; 2] {
    let mut positions = world.robot().zero_positions();
    let mut velocities = vec![0.0; world.robot().n_velocities()];
    world.joint_positions(&mut positions);
    world.joint_velocities(&mut velocities);
    [positions, velocities]
}
