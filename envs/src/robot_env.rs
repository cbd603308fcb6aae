//! The environment around any [`Task`]: clocks, motors, parameters, sensors, faults, and saved states.

use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    books::Books,
    env::{Channel, Env, EnvError, EnvSpec, Fault, Step},
    late::{Late, MAX_REWARD_DELAY_STEPS},
    motors::{Line, Motors},
    params::Params,
    robot::{JointKind, RobotSpec},
    scene::Scene,
    seal::{seal, unseal},
    sensors::{Distortion, Sensors},
    streams::stream,
    task::{Design, Outcome, Task},
    world::{Clock, World},
};

use knobs::{Knob, Knobs, Whole};
use weather::Weather;

mod knobs;
mod stage;
mod weather;

/// A task on a robot, as an [`Env`].
///
/// A control step runs through these phases: refuse an action that is not finite, apply changed parameters, command
/// the motors, let the wind blow, step the physics, evaluate, sense.
pub struct RobotEnv<T> {
    spec: EnvSpec,
    design: Design,
    /// The compiled robot in the unchanged world; every episode starts from a copy of it.
    template: World,
    /// What each parameter acts on, in the order of the parameters.
    knobs: Knobs,
    sensor_scales: Vec<f32>,
    scene: Scene,
    /// Strides of the physics in a control step.
    n_strides: u32,
    command: Vec<f32>,
    truth: Vec<f32>,
    state: State<T>,
}

/// Everything that changes.
#[derive(Clone, Serialize, Deserialize)]
struct State<T> {
    task: T,
    world: World,
    params: Params,
    /// The values of the parameters that the world has now.
    applied: Vec<f64>,
    motors: Motors,
    sensors: Sensors,
    weather: Weather,
    rewards: Late,
    n_steps: u32,
    /// The physics broke in this episode.
    fault: Option<Fault>,
}

impl<T: Task> RobotEnv<T> {
    /// Compiles the robot and starts an episode with seed 0.
    ///
    /// # Errors
    /// If the robot is not physical or the clocks do not fit.
    pub fn new(task: T, design: Design) -> Result<Self, EnvError> {
        let n_strides = strides_between(design.clock(), design.control_dt_secs)?;
        let template = World::compile(&design.robot, design.floor, design.clock())?;
        let (entries, knobs) = Knobs::offered(&design, &T::own_params(), &template);
        let applied = entries.iter().map(|param| param.nominal).collect();
        let n_sensors = design.sensors.len();
        let state = State {
            task,
            world: template.clone(),
            params: Params::new(design.name, entries),
            applied,
            motors: Motors::new(design.robot.motors.len(), stream(0, MOTORS)),
            sensors: Sensors::new(n_sensors, sensor_stream(0)),
            weather: Weather::new(stream(0, WEATHER)),
            rewards: Late::new(1, MAX_REWARD_DELAY_STEPS),
            n_steps: 0,
            fault: None,
        };
        let mut env = Self {
            spec: spec(&design),
            sensor_scales: design.sensors.iter().map(|sensor| sensor.scale).collect(),
            scene: stage::scene(&design),
            command: vec![0.0; design.robot.motors.len()],
            truth: vec![0.0; n_sensors],
            n_strides,
            template,
            knobs,
            design,
            state,
        };
        env.reset(0);
        Ok(env)
    }

    /// The physical world, to look at.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.state.world
    }

    /// The task with what lasts within an episode.
    #[must_use]
    pub fn task(&self) -> &T {
        &self.state.task
    }

    fn apply_changed_params(&mut self) {
        let State { params, applied, world, task, .. } = &mut self.state;
        for (param_idx, applied) in applied.iter_mut().enumerate() {
            let value = params.at(param_idx).value;
            if value != *applied {
                match self.knobs.at(param_idx) {
                    Knob::Own(own_idx) => task.set_own_param(own_idx, value),
                    knob => self.knobs.apply(knob, value, world),
                }
                *applied = value;
            }
        }
    }

    fn command_motors(&mut self, action: &[f32]) {
        for (command, (wanted, channel)) in self.command.iter_mut().zip(action.iter().zip(&self.spec.actions)) {
            *command = wanted.clamp(channel.low, channel.high);
        }
        let State { motors, world, applied, .. } = &mut self.state;
        let value = |knob, otherwise| self.knobs.value(applied, knob).unwrap_or(otherwise);
        motors.command(self.command.iter().copied(), value(Whole::ActionRepeat, 1.0) as u32);
        let line = Line { noise: value(Whole::ActionNoise, 0.0), delay_steps: value(Whole::ActionDelay, 0.0) as usize };
        for (motor_idx, motor) in self.design.robot.motors.iter().enumerate() {
            let (_, half) = motor.middle_and_half();
            world.set_motor(motor_idx, motors.arrival(motor_idx, line, half));
        }
    }

    fn step_physics(&mut self) -> Result<(), Fault> {
        (0..self.n_strides).try_for_each(|_| self.state.world.step())
    }

    /// # Errors
    /// If a reading is not finite; the sensors keep their last one then.
    fn sense(&mut self) -> Result<(), Fault> {
        self.state.task.observe(&self.state.world, &mut self.truth);
        if !self.truth.iter().all(|reading| reading.is_finite()) {
            return Err(Fault::NonFiniteState);
        }
        let distortion = self.distortion();
        self.state.sensors.sense(&self.truth, &self.sensor_scales, distortion);
        Ok(())
    }

    fn distortion(&self) -> Distortion {
        let value = |knob| self.value(knob).unwrap_or(0.0);
        Distortion {
            noise: value(Whole::ObservationNoise),
            bias: value(Whole::ObservationBias),
            dropout: value(Whole::ObservationDropout),
            stuck: value(Whole::ObservationStuck),
            delay_steps: value(Whole::ObservationDelay) as usize,
            shift: value(Whole::ObservationShift) as usize,
        }
    }

    fn value(&self, knob: Whole) -> Option<f64> {
        self.knobs.value(&self.state.applied, knob)
    }

    /// Lets the wind blow for this control step.
    fn blow(&mut self) {
        let mean = [Whole::WindX, Whole::WindY].map(|knob| self.value(knob));
        let gust = self.value(Whole::Gust).unwrap_or(0.0);
        let force = self.state.weather.blow(mean, gust, self.spec.control_dt_secs);
        self.state.world.set_wind(self.knobs.exposed_link(), force);
    }

    /// What is told of a reward: another size, or later. The step that ends an episode tells all that is still due.
    fn told_reward(&mut self, reward: f64, is_last: bool) -> f64 {
        let reward = reward * self.value(Whole::RewardScale).unwrap_or(1.0);
        self.state.rewards.begin_row()[0] = reward as f32;
        let delay_steps = self.value(Whole::RewardDelay).unwrap_or(0.0) as usize;
        if delay_steps == 0 {
            return reward;
        }
        let due = if is_last { 0..=delay_steps } else { delay_steps..=delay_steps };
        due.map(|ago| f64::from(self.state.rewards.row(ago)[0])).sum()
    }

    fn advance(&mut self, action: &[f32]) -> Result<Outcome, Fault> {
        if let Some(fault) = self.state.fault {
            return Err(fault);
        }
        self.apply_changed_params();
        self.command_motors(action);
        self.blow();
        self.step_physics()?;
        let outcome = self.state.task.evaluate(&self.state.world, &self.command, &self.design);
        self.sense()?;
        let is_last = outcome.terminated || self.state.n_steps + 1 >= self.spec.time_limit_steps;
        Ok(Outcome { reward: self.told_reward(outcome.reward, is_last), ..outcome })
    }

    fn check_state(&self, state: &mut State<T>) -> Result<(), String> {
        state.world.adopt(&self.template)?;
        if !self.state.params.same_layout(&state.params) || state.applied.len() != self.knobs.len() {
            return Err("it has other parameters".into());
        }
        if !state.applied.iter().enumerate().all(|(idx, &value)| state.params.at(idx).check("", value).is_ok()) {
            return Err("a parameter in it is out of range".into());
        }
        if !state.motors.is_valid(self.design.robot.motors.len()) {
            return Err("its commands do not fit".into());
        }
        if !state.sensors.is_valid(self.design.sensors.len()) {
            return Err("its sensor readings do not fit".into());
        }
        if !state.rewards.is_valid(1, MAX_REWARD_DELAY_STEPS) || !state.weather.is_valid() {
            return Err("its rewards or its weather do not fit".into());
        }
        if !state.task.is_valid() {
            return Err("the state of the task in it is impossible".into());
        }
        Ok(())
    }
}

impl<T: Task> Env for RobotEnv<T> {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn robot(&self) -> &RobotSpec {
        &self.design.robot
    }

    fn reset(&mut self, seed: u64) {
        let robot = &self.design.robot;
        let (mut positions, mut velocities) = (robot.rest_positions(), vec![0.0; robot.n_velocities()]);
        self.state.task.start(&self.template, &mut positions, &mut velocities, &mut stream(seed, "start"));
        self.state.world = self.template.clone();
        for (param_idx, applied) in self.state.applied.iter_mut().enumerate() {
            *applied = self.state.params.at(param_idx).nominal;
            if let Knob::Own(own_idx) = self.knobs.at(param_idx) {
                self.state.task.set_own_param(own_idx, *applied);
            }
        }
        self.state.world.set_joints(&positions, &velocities);
        let nominal = self.design.floor.map(|_| self.state.world.lowest_point());
        self.apply_changed_params();
        // Longer legs would start in the floor.
        let sunk = nominal.map_or(0.0, |nominal| f64::from(nominal.min(0.0) - self.state.world.lowest_point()));
        if sunk > BEARABLE_DEPTH {
            self.design.robot.lift(&mut positions, sunk);
            self.state.world.set_joints(&positions, &velocities);
        }
        self.state.n_steps = 0;
        self.state.fault = None;
        self.state.weather = Weather::new(stream(seed, WEATHER));
        self.state.rewards.clear();
        self.state.task.observe(&self.state.world, &mut self.truth);
        self.state.motors.restart(stream(seed, MOTORS), self.design.robot.rest_commands(&positions));
        let distortion = self.distortion();
        self.state.sensors.restart(sensor_stream(seed), &self.truth, &self.sensor_scales, distortion);
    }

    fn step(&mut self, action: &[f32]) -> Step {
        assert_eq!(action.len(), self.spec.actions.len(), "length of the action of '{}'", self.spec.name);
        if !action.iter().all(|value| value.is_finite()) {
            return broken(Fault::NonFiniteAction);
        }
        match self.advance(action) {
            Ok(Outcome { reward, terminated }) => {
                self.state.n_steps = self.state.n_steps.saturating_add(1);
                let truncated = self.state.n_steps >= self.spec.time_limit_steps;
                Step { reward, terminated, truncated, fault: None }
            }
            Err(fault) => {
                self.state.fault = Some(fault);
                broken(fault)
            }
        }
    }

    fn observe(&self, out: &mut [f32]) {
        assert_eq!(out.len(), self.spec.observations.len(), "length of the observation of '{}'", self.spec.name);
        self.state.sensors.report(out);
    }

    fn params(&self) -> &Params {
        &self.state.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.state.params
    }

    fn books(&self) -> Books {
        self.state.world.books()
    }

    fn forward_m(&self) -> Option<f64> {
        let root = self.design.robot.free_root()?;
        Some(f64::from(self.state.world.link_pose(root).translation[0]))
    }

    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError> {
        let physics_dt_secs = self.design.physics_dt_secs / f64::from(factor);
        let contacts = self.design.contacts.without_skips();
        let design = Design { physics_dt_secs, contacts, ..self.design.clone() };
        let mut finer = Self::new(self.state.task.clone(), design)?;
        finer.state.params = self.state.params.clone();
        finer.reset(0);
        *self = finer;
        Ok(())
    }

    fn scene(&self, out: &mut Scene) {
        stage::draw(
            &self.scene,
            &self.design,
            &self.state.world,
            &|target_idx| self.state.task.target(target_idx),
            out,
        );
    }

    fn save(&self) -> Vec<u8> {
        seal(self.design.name, &self.state)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), EnvError> {
        let mut state = unseal(self.design.name, state)?;
        self.check_state(&mut state).map_err(|reason| EnvError::State { task: self.design.name.to_owned(), reason })?;
        self.state = state;
        Ok(())
    }
}

fn spec(design: &Design) -> EnvSpec {
    let actions = design.robot.motors.iter().map(|motor| {
        let joint = design.robot.motor_joint(motor);
        let slides = joint.is_some_and(|joint| joint.kind == JointKind::Slide);
        let unit = match (slides, motor.servo) {
            (false, None) => "N·m",
            (true, None) => "N",
            (false, Some(_)) => "rad",
            (true, Some(_)) => "m",
        };
        let [low, high] = motor.range().map(|bound| bound as f32);
        Channel { name: motor.name.clone(), unit: unit.to_owned(), low, high }
    });
    EnvSpec {
        name: design.name.to_owned(),
        observations: design.sensors.iter().map(|sensor| sensor.channel.clone()).collect(),
        actions: actions.collect(),
        control_dt_secs: design.control_dt_secs,
        physics_dt_secs: design.physics_dt_secs,
        time_limit_steps: design.time_limit_steps,
    }
}

/// Strides of the physics in a control step.
fn strides_between(clock: Clock, control_dt_secs: f64) -> Result<u32, EnvError> {
    let ratio = control_dt_secs / clock.stride_secs();
    let n_strides = ratio.round();
    let fits = clock.dt_secs > 0.0 && (1.0..1e6).contains(&n_strides) && (ratio - n_strides).abs() < 1e-9 * n_strides;
    let n_steps = clock.steps_of_a_stride();
    let misfit = EnvError::Clocks { control_dt_secs, physics_dt_secs: clock.dt_secs, n_steps };
    if fits { Ok(n_strides as u32) } else { Err(misfit) }
}

/// Depth in the floor with which an episode may begin, in m.
const BEARABLE_DEPTH: f64 = 1e-3;
/// Name of the random stream of the wind.
const WEATHER: &str = "weather";
/// Name of the random stream of the motors.
const MOTORS: &str = "motors";

fn sensor_stream(seed: u64) -> Pcg64 {
    stream(seed, "sensors")
}

fn broken(fault: Fault) -> Step {
    Step { reward: 0.0, terminated: false, truncated: false, fault: Some(fault) }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::{cartpole, reacher, streams::fnv1a, world::Contacts};

    #[test]
    fn clocks_that_do_not_fit_are_refused_with_both_numbers() {
        let design = Design { control_dt_secs: 0.012, physics_dt_secs: 0.005, ..cartpole::design() };
        let error = RobotEnv::new(cartpole::Cartpole, design).err().unwrap();
        assert_eq!(error, EnvError::Clocks { control_dt_secs: 0.012, physics_dt_secs: 0.005, n_steps: 1 });
        let error =
            strides_between(Clock { dt_secs: 0.0125, contacts: Contacts::Rigid { skips: 2 } }, 0.05).err().unwrap();
        assert_eq!(error.to_string(), "control step 0.05 s is not a whole multiple of 3 × the physics step 0.0125 s");
        assert!(strides_between(0.005.into(), 0.0).is_err() && strides_between(0.0.into(), 0.02).is_err());
        assert!(
            strides_between(f64::NAN.into(), 0.02).is_err() && strides_between(0.005.into(), f64::INFINITY).is_err()
        );
    }

    #[test]
    fn broken_physics_is_a_fault_that_lasts_until_reset_and_the_last_observation_stays() {
        for broken_value in [f64::NAN, f64::INFINITY] {
            let mut env = reacher::env().unwrap();
            env.step(&[1.0, 1.0]);
            let (mut before, mut after) = (vec![0.0; 10], vec![0.0; 10]);
            env.observe(&mut before);
            env.state.world.set_joints(&[0.0, 0.0], &[broken_value, broken_value]);
            let step = env.step(&[1.0, 1.0]);
            assert!(step.fault.is_some(), "velocity {broken_value} gives {step:?}");
            assert_eq!(step.reward, 0.0);
            env.observe(&mut after);
            assert_eq!(before, after);
            assert_eq!(env.step(&[0.0, 0.0]).fault, step.fault);
            env.reset(1);
            assert_eq!(env.step(&[0.0, 0.0]).fault, None);
        }
    }

    #[test]
    fn motor_gain_scales_the_push_exactly() {
        let speeds = |gain: f64, push: f32| {
            let mut env = cartpole::env().unwrap();
            env.params_mut().set("motor_gain/push", gain).unwrap();
            env.reset(3);
            env.step(&[push]);
            [env.world().joint_velocity(0), env.world().joint_velocity(1)]
        };
        assert_eq!(speeds(0.5, 8.0), speeds(1.0, 4.0));
        assert_eq!(speeds(-1.0, 8.0), speeds(1.0, -8.0));
        assert_eq!(speeds(0.0, 8.0), speeds(1.0, 0.0));
        assert_ne!(speeds(2.0, 10.0), speeds(1.0, 10.0));
    }

    #[test]
    fn equal_episodes_start_from_equal_targets_whatever_the_parameters() {
        let mut env = reacher::env().unwrap();
        env.reset(4);
        let target = env.task().target_xy();
        env.params_mut().set("observation_noise", 0.5).unwrap();
        env.reset(4);
        assert_eq!(env.task().target_xy(), target, "noise does not shift the stream of the starts");
    }

    /// Even where the checksum was made to fit, a state that was tampered with is decoded or refused. What Rapier's own
    /// bookkeeping makes of it later is not promised.
    #[test]
    fn a_forged_state_never_panics_on_load() {
        let mut env = reacher::env().unwrap();
        let saved = env.save();
        let mut rng = stream(0, "forgery");
        let mut n_refused = 0;
        for _ in 0..20_000 {
            let mut forged = saved[..saved.len() - 8].to_vec();
            let byte_idx = rng.random_range(0..forged.len());
            forged[byte_idx] = rng.random();
            forged.extend(fnv1a(&forged).to_le_bytes());
            n_refused += u32::from(env.load(&forged).is_err());
            env.load(&saved).unwrap();
        }
        assert!(n_refused > 0);
    }
}
