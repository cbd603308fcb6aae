//! Critic, actor and dopamine: from the rates of place cells to a value, a TD error and an action.
//!
//! ```text
//! V = value_per_hz (mean_i (Y_i ∗ kap) − zero_hz),   kap(t) = (e^(−t/200) − e^(−t/50))/150
//! δ = value_per_hz mean_i (Y_i ∗ kap′) − V/tau_r + r
//! dopamine = 1 + δ/delta_max, within [0, 2]
//! action = mean_k (Y_k ∗ gam) a_k,   gam(t) = (e^(−t/50) − e^(−t/20))/30
//! ```

use std::f64::consts::TAU;

use mesolimb_brain::{
    BrainError, CellSpec, Connectivity, Dist, ModulatorId, ModulatorSpec, Network, NetworkSpec, PlasticitySpec,
    PoissonSpec, PopulationSpec, PortId, PortKind, PortSpec, ProjectionSpec, Srm0Spec, SynapseSpec, TdLtpSpec,
};

/// What a learner is made of.
#[derive(Clone, Debug)]
pub struct LearnerSpec {
    /// Place cells.
    pub n_place: usize,
    /// Cells of the critic.
    pub n_critic: usize,
    /// Cells of the actor; none for a critic alone.
    pub n_actor: usize,
    /// Reward per Hz of the mean rate of the critic.
    pub value_per_hz: f64,
    /// Rate of a cell of the critic without input in Hz, refractoriness left out: it means a value of zero.
    pub idle_hz: f64,
    /// Time constant of discounting in ms.
    pub tau_r_ms: f64,
    /// Time constants of the filter that reads the critic in ms, the slow one first.
    pub tau_critic_ms: [f64; 2],
    /// Time constants of the filter that reads the actor in ms, the slow one first.
    pub tau_actor_ms: [f64; 2],
    /// Weights onto the critic at the start.
    pub critic_weights: Dist,
    /// Weights onto the actor at the start.
    pub actor_weights: Dist,
    /// Range of the weights onto the critic.
    pub critic_bounds: [f64; 2],
    /// Range of the weights onto the actor.
    pub actor_bounds: [f64; 2],
    /// Learning rate of the critic.
    pub eta_critic: f64,
    /// Learning rate of the actor.
    pub eta_actor: f64,
    /// What every cell of the actor does to all others, shared among them.
    pub w_inh: f64,
    /// What it does to its neighbours.
    pub w_exc: f64,
    /// How narrow the neighbourhood is.
    pub zeta: f64,
    /// TD error in reward per second at which the dopamine concentration is zero, or twice its tonic level.
    pub delta_max: f64,
    /// Time in ms, after place cells begin to fire, in which dopamine stays at its tonic level.
    pub settle_ms: u32,
    /// Keeps dopamine at its tonic level: the control.
    pub clamped: bool,
}

impl Default for LearnerSpec {
    fn default() -> Self {
        Self {
            n_place: 121,
            n_critic: 100,
            n_actor: 90,
            value_per_hz: 1.0 / 40.0,
            idle_hz: 12.0,
            tau_r_ms: 4000.0,
            tau_critic_ms: [200.0, 50.0],
            tau_actor_ms: [50.0, 20.0],
            critic_weights: 0.0.into(),
            actor_weights: Dist::uniform(0.3, 0.5),
            critic_bounds: [0.0, 1.0],
            actor_bounds: [0.25, 1.0],
            eta_critic: 60.0,
            eta_actor: 30.0,
            w_inh: -100.0,
            w_exc: 60.0,
            zeta: 8.0,
            delta_max: 5.0,
            settle_ms: 600,
            clamped: false,
        }
    }
}

/// What a learner says in a tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Value of where it is.
    pub value: f64,
    /// TD error in reward per second.
    pub delta: f64,
    /// Population vector of the actor in Hz.
    pub action: [f64; 2],
}

/// A critic, perhaps an actor, and dopamine.
pub struct Learner {
    spec: LearnerSpec,
    network: Network,
    place: PortId,
    dopamine: ModulatorId,
    /// Unit vector of each cell of the actor.
    directions: Vec<[f64; 2]>,
    value: Filter<1>,
    action: Filter<2>,
    /// Rate of the critic that means a value of zero, in Hz.
    zero_hz: f64,
    /// Ticks since no place cell fired.
    since_silence: u32,
}

impl Learner {
    /// Builds the network.
    ///
    /// # Errors
    /// If the spec cannot run.
    pub fn new(spec: &LearnerSpec, seed: u64) -> Result<Self, BrainError> {
        let network = Network::new(&network(spec), seed)?;
        let zero_hz = renewal_hz(&Srm0Spec::default(), spec.idle_hz);
        let (value, action) = filters(spec, zero_hz);
        let angle = |k: usize| TAU * k as f64 / spec.n_actor as f64;
        Ok(Self {
            place: network.port("place").expect("the spec has it"),
            dopamine: network.modulator_id("dopamine").expect("the spec has it"),
            directions: (0..spec.n_actor).map(|k| [angle(k).cos(), angle(k).sin()]).collect(),
            value,
            action,
            zero_hz,
            since_silence: 0,
            spec: spec.clone(),
            network,
        })
    }

    /// A tick of 1 ms: place cells fire at `rates` in Hz, and `reward` comes at so much per second.
    pub fn tick(&mut self, rates: &[f32], reward: f64) -> Step {
        self.network.set_port(self.place, rates);
        self.network.think(1);
        let (first_actor, n_actor) = (self.spec.n_place + self.spec.n_critic, self.spec.n_actor.max(1) as f64);
        let (mut critic, mut actor) = (0.0, [0.0; 2]);
        for spike in self.network.spikes().iter() {
            let cell = spike.cell as usize;
            if cell >= first_actor {
                let [x, y] = self.directions[cell - first_actor];
                actor = [actor[0] + x, actor[1] + y];
            } else if cell >= self.spec.n_place {
                critic += 1.0;
            }
        }
        self.value.tick([critic]);
        self.action.tick(actor);
        let hz = 1000.0 / self.spec.n_critic as f64;
        let value = self.spec.value_per_hz * (hz * self.value.value()[0] - self.zero_hz);
        // The kernel is differentiated, never the spike count.
        let slope = self.spec.value_per_hz * hz * self.value.slope()[0];
        let delta = 1000.0 * (slope - value / self.spec.tau_r_ms) + reward;
        self.since_silence = if rates.iter().all(|&rate| rate == 0.0) { 0 } else { self.since_silence + 1 };
        // After a jump of the input, the filters still tell of the jump, for which the cells that fire now are not to blame.
        let settled = self.since_silence == 0 || self.since_silence > self.spec.settle_ms;
        self.set_dopamine(if settled { delta } else { 0.0 });
        Step { value, delta, action: self.action.value().map(|sum| 1000.0 * sum / n_actor) }
    }

    /// Dopamine follows the TD error, around its tonic level, as far as a concentration can.
    fn set_dopamine(&mut self, delta: f64) {
        if !self.spec.clamped {
            let tonic = self.network.modulator(self.dopamine).tonic();
            self.network.hold(self.dopamine, tonic + (delta / self.spec.delta_max) as f32);
        }
    }

    /// Starts a new trial: membranes, traces and tags are at rest, dopamine at its tonic level; weights stay.
    pub fn rest(&mut self) {
        self.network.reset_state();
        self.set_dopamine(0.0);
        (self.value, self.action) = filters(&self.spec, self.zero_hz);
    }

    /// What the critic says of a place where place cells fire at `rates`, without learning from it: the mean over the
    /// second half of a second. Only between two trials.
    #[must_use]
    pub fn value_of(&mut self, rates: &[f32]) -> f64 {
        let (state, clamped) = (self.network.save(), self.spec.clamped);
        self.rest();
        self.spec.clamped = true;
        let values: Vec<f64> = (0..1000).map(|_| self.tick(rates, 0.0).value).collect();
        self.spec.clamped = clamped;
        self.network.load(&state).expect("it is its own state");
        values[500..].iter().sum::<f64>() / 500.0
    }

    /// Where the weights onto the actor point at a place: the drive of its cells, summed as vectors, in mV.
    #[must_use]
    pub fn preference_of(&self, rates: &[f32]) -> [f64; 2] {
        let area = TdLtpSpec::default().eps0_mv_ms;
        let mut sum = [0.0; 2];
        for synapse in self.network.synapses("places", "actor") {
            let drive = area * 1e-3 * f64::from(rates[synapse.source] * synapse.weight) / self.spec.n_actor as f64;
            let [x, y] = self.directions[synapse.target];
            sum = [sum[0] + drive * x, sum[1] + drive * y];
        }
        sum
    }

    /// The network, to look at.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }
}

/// The filters that read critic and actor at the start of a trial: nothing to expect, nothing to do.
fn filters(spec: &LearnerSpec, zero_hz: f64) -> (Filter<1>, Filter<2>) {
    let idle = spec.n_critic as f64 * zero_hz / 1000.0;
    (Filter::new(spec.tau_critic_ms, idle), Filter::new(spec.tau_actor_ms, 0.0))
}

/// Sums of spikes under the kernel `(e^(−t/slow) − e^(−t/fast))/(slow − fast)`, and their slope; per ms.
struct Filter<const N: usize> {
    tau_ms: [f64; 2],
    slow: [f64; N],
    fast: [f64; N],
}

impl<const N: usize> Filter<N> {
    /// A filter that has seen this many spikes a tick for long.
    fn new(tau_ms: [f64; 2], spikes: f64) -> Self {
        let [slow, fast] = tau_ms.map(|tau_ms| [spikes / -(-1.0 / tau_ms).exp_m1(); N]);
        Self { tau_ms, slow, fast }
    }

    fn tick(&mut self, spikes: [f64; N]) {
        for ((slow, fast), spikes) in self.slow.iter_mut().zip(&mut self.fast).zip(spikes) {
            *slow = *slow * (-1.0 / self.tau_ms[0]).exp() + spikes;
            *fast = *fast * (-1.0 / self.tau_ms[1]).exp() + spikes;
        }
    }

    fn value(&self) -> [f64; N] {
        let [slow, fast] = self.tau_ms;
        std::array::from_fn(|k| (self.slow[k] - self.fast[k]) / (slow - fast))
    }

    fn slope(&self) -> [f64; N] {
        let [slow, fast] = self.tau_ms;
        std::array::from_fn(|k| (self.fast[k] / fast - self.slow[k] / slow) / (slow - fast))
    }
}

fn network(spec: &LearnerSpec) -> NetworkSpec {
    let rule = TdLtpSpec::default();
    let potential = SynapseSpec::DoubleExponential {
        rise_ms: rule.tau_s_ms,
        tau_ms: rule.tau_m_ms,
        area_ms: rule.eps0_mv_ms,
        cancelled: true,
    };
    let cells = |name: &str, size: usize, cell: Srm0Spec| PopulationSpec::new(name, size, CellSpec::Srm0(cell));
    let cell = Srm0Spec::default();
    let [theta, delta_u, rho_0] = [&cell.theta_mv, &cell.delta_u_mv, &cell.rho_0_hz].map(Dist::centre);
    let at_zero = Srm0Spec { u_rest_mv: (theta + delta_u * (spec.idle_hz / rho_0).ln()).into(), ..cell.clone() };
    let sources = PoissonSpec { rate_hz: 0.0.into() };
    let learned = |target: &str, weights: &Dist, [w_min, w_max]: [f64; 2], eta: f64| {
        let rule = TdLtpSpec {
            eta,
            tau_k_ms: spec.tau_critic_ms[0],
            nu_k_ms: spec.tau_critic_ms[1],
            tau_r_ms: spec.tau_r_ms,
            w_min,
            w_max,
            ..rule.clone()
        };
        ProjectionSpec {
            synapse: Some(potential.clone()),
            plasticity: Some(PlasticitySpec::TdLtp(rule)),
            ..ProjectionSpec::new("places", target, weights.clone())
        }
    };
    let mut network = NetworkSpec {
        ports: vec![PortSpec { name: "place".into(), size: spec.n_place, kind: PortKind::Values, optional: false }],
        populations: vec![
            PopulationSpec::new("places", spec.n_place, CellSpec::Poisson(sources)),
            cells("critic", spec.n_critic, at_zero),
        ],
        projections: vec![
            ProjectionSpec { connectivity: Connectivity::OneToOne, ..ProjectionSpec::new("place", "places", 1.0) },
            learned("critic", &spec.critic_weights, spec.critic_bounds, spec.eta_critic),
        ],
        modulators: vec![ModulatorSpec {
            name: "dopamine".into(),
            tonic: 1.0,
            // It is held at a level that is set anew in each tick, so that uptake has nothing to do.
            uptake_tau_ms: 200.0,
            max: 2.0,
            clamped: spec.clamped,
            sources: Vec::new(),
        }],
        ..NetworkSpec::new()
    };
    if spec.n_actor > 0 {
        network.populations.push(cells("actor", spec.n_actor, cell));
        network.projections.push(learned("actor", &spec.actor_weights, spec.actor_bounds, spec.eta_actor));
        network.projections.extend(ring(spec, &potential));
    }
    network
}

/// The rate of a cell with constant input that would fire at `free_hz` if it were never refractory.
fn renewal_hz(cell: &Srm0Spec, free_hz: f64) -> f64 {
    let [chi, delta_u, tau_m] = [&cell.chi_mv, &cell.delta_u_mv, &cell.tau_m_ms].map(Dist::centre);
    let (mut survival, mut mean_ms) = (1.0, 0.0);
    for t in 0..100_000 {
        mean_ms += survival;
        let kernel = chi * (-f64::from(t + 1) / tau_m).exp();
        survival *= (-1e-3 * free_hz * (kernel / delta_u).exp()).exp();
    }
    1000.0 / mean_ms
}

/// Cells of similar directions help each other, all others compete: a projection for each distance on the ring.
fn ring(spec: &LearnerSpec, potential: &SynapseSpec) -> Vec<ProjectionSpec> {
    let n = spec.n_actor;
    let closeness = |distance: usize| (spec.zeta * ((TAU * distance as f64 / n as f64).cos() - 1.0)).exp();
    let mean = (0..n).map(closeness).sum::<f64>() / n as f64;
    let weight = |distance: usize| (spec.w_inh + spec.w_exc * closeness(distance) / mean) / n as f64;
    (1..n)
        .map(|distance| ProjectionSpec {
            connectivity: Connectivity::List((0..n).map(|k| [k as u32, ((k + distance) % n) as u32]).collect()),
            synapse: Some(potential.clone()),
            ..ProjectionSpec::new("actor", "actor", weight(distance))
        })
        .collect()
}
