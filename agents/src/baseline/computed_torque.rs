//! The reference on `reacher`: inverse kinematics and computed torque.
//!
//! The posture `q*` that puts the fingertip on the target follows in closed form; of the two, the one that is nearer in
//! time is taken.
//! With the error `e = q* − q` the arm follows
//!
//! ```text
//! τ = M(q) (k_p e − k_d q̇) + C(q, q̇) q̇ + d q̇
//! ```
//!
//! scaled down as one where a motor would saturate; `M`, `C` and the joint damping `d` are those of the nominal robot.

use mesolimb_envs::{Env, EnvSpec};
use nalgebra::{Matrix2, Vector2};
use serde::{Deserialize, Serialize};

use super::{action_ranges, inertia::moment_of_inertia, observation_idxs, seal, unsuited};
use crate::agent::{Agent, AgentError, Mode, Transition, check_finite};

const NAME: &str = "reacher-computed-torque";
const STATE: &str = "reacher-computed-torque/1";
