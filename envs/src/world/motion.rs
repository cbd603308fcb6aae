//! The equations of motion of all that moves in a world, at one instant and in double precision.
//!
//! Every degree of freedom `k` has a column `s` of spatial motion: the angular velocity that it gives the links behind it,
//! and the velocity of their material at the origin of the world's axes moved to the tree. With spatial inertias `I` of the
//! links about that origin and `I^c` of all that hangs behind a joint:
//!
//! ```text
//! velocities     v = v_parent + Σ s q̇
//! mass matrix    M_kl = s_k · I^c_k s_l + armature          for l = k and before it on the way to the base
//! bias           a = a_parent + v_parent × Σ s q̇            with a = −gravity at the base
//!                f = I a + v ×* I v + those behind it        τ_k = s_k · f
//! ```
//!
//! `M` is factorised along the tree, `M = Lᵀ D L`, without fill-in.
//!
//! Source: Featherstone 2008, Rigid Body Dynamics Algorithms, chapters 2, 5, 6 and 8.

use nalgebra::{Matrix3, UnitQuaternion, Vector3};
use rapier3d::math::Vector;

use super::{World, constraint::dot};
use crate::robot::{JointKind, unit_quaternion};

/// A spatial vector: of motion, or of force (moment and force).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spatial {
    pub angular: Vector3<f64>,
    pub linear: Vector3<f64>,
}

/// Mass, first moment, and moments of inertia about an origin.
#[derive(Clone, Copy, Debug, Default)]
struct Inertia {
    mass: f64,
    first: Vector3<f64>,
    moments: Matrix3<f64>,
}

/// Where a link is and how it moves.
#[derive(Clone, Copy, Debug, Default)]
struct LinkMotion {
    /// Of its tree; spatial vectors of the tree are about it.
    origin: Vector3<f64>,
    velocity: Spatial,
    bias_acceleration: Spatial,
    /// Of the link alone.
    inertia: Inertia,
    /// The last degree of freedom that moves it.
    last_dof: usize,
}

/// The equations at one instant. Vectors and matrices are in the order of the velocities of the robot.
#[derive(Clone, Debug, Default)]
pub(super) struct Motion {
    links: Vec<LinkMotion>,
    columns: Vec<Spatial>,
    /// The degree of freedom before each on the way to the base.
    before: Vec<Option<usize>>,
    gravity: Vector3<f64>,
    /// Velocities of all joints.
    pub velocities: Vec<f64>,
    /// Row-major.
    pub mass: Vec<f64>,
    /// What the motion itself takes, in N·m or N.
    pub bias: Vec<f64>,
    composite: Vec<Inertia>,
    forces: Vec<Spatial>,
}

/// A mass matrix, factorised along the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Factor {
    lower: Vec<f64>,
    before: Vec<Option<usize>>,
}

impl Spatial {
    fn dot(&self, other: &Self) -> f64 {
        self.angular.dot(&other.angular) + self.linear.dot(&other.linear)
    }

    fn add(&mut self, other: &Self, factor: f64) {
        self.angular += other.angular * factor;
        self.linear += other.linear * factor;
    }

    /// Velocity of the material that is at `point`, which is given from the origin.
    fn at(&self, point: &Vector3<f64>) -> Vector3<f64> {
        self.linear + self.angular.cross(point)
    }

    /// The change of a motion that is carried along.
    fn cross_motion(&self, motion: &Self) -> Self {
        Self {
            angular: self.angular.cross(&motion.angular),
            linear: self.angular.cross(&motion.linear) + self.linear.cross(&motion.angular),
        }
    }

    /// The change of a momentum that is carried along.
    fn cross_force(&self, force: &Self) -> Self {
        Self {
            angular: self.angular.cross(&force.angular) + self.linear.cross(&force.linear),
            linear: self.angular.cross(&force.linear),
        }
    }
}

impl Inertia {
    /// Of a mass at `centre` with `moments` about it.
    fn new(mass: f64, centre: Vector3<f64>, moments: Matrix3<f64>) -> Self {
        let steiner = Matrix3::identity() * centre.norm_squared() - centre * centre.transpose();
        Self { mass, first: centre * mass, moments: moments + steiner * mass }
    }

    fn add(&mut self, other: &Self) {
        self.mass += other.mass;
        self.first += other.first;
        self.moments += other.moments;
    }

    /// Momentum of a motion.
    fn times(&self, motion: &Spatial) -> Spatial {
        Spatial {
            angular: self.moments * motion.angular + self.first.cross(&motion.linear),
            linear: motion.linear * self.mass - self.first.cross(&motion.angular),
        }
    }
}

impl Motion {
    /// Degrees of freedom.
    pub fn n(&self) -> usize {
        self.columns.len()
    }

    /// Takes in the state of a world.
    pub fn read(&mut self, world: &World) {
        self.find_links(world);
        self.find_mass(world);
        self.velocities.resize(self.n(), 0.0);
        let mut velocities = std::mem::take(&mut self.velocities);
        world.joint_velocities(&mut velocities);
        self.find_bias(world, &velocities);
        self.velocities = velocities;
    }

    /// Where the links are, from the bases to the tips.
    fn find_links(&mut self, world: &World) {
        self.gravity = double(world.parts.gravity);
        self.links.clear();
        self.columns.clear();
        self.before.clear();
        for (link_idx, compiled) in world.layout.links.iter().enumerate() {
            let pose = world.link(link_idx).1.local_to_world();
            let place = double(pose.translation);
            let rotation = unit_quaternion(pose.rotation.to_array().map(f64::from));
            let mut link = match compiled.parent {
                Some(parent) => self.links[parent],
                None => LinkMotion { origin: place, ..LinkMotion::default() },
            };
            let way = place - link.origin;
            let turn = |axis: Vector3<f64>| Spatial { angular: axis, linear: way.cross(&axis) };
            let push = |axis: Vector3<f64>| Spatial { angular: Vector3::zeros(), linear: axis };
            let [x, y, z] = [Vector3::x(), Vector3::y(), Vector3::z()];
            let mut last_dof = compiled.parent.map(|_| link.last_dof);
            let first_dof = self.columns.len();
            let axis = || rotation * Vector3::from(world.layout.robot.links[link_idx].joint.axis).normalize();
            match compiled.kind {
                JointKind::Hinge => self.columns.push(turn(axis())),
                JointKind::Slide => self.columns.push(push(axis())),
                JointKind::Planar => self.columns.extend([push(x), push(z), turn(y)]),
                JointKind::Free => self.columns.extend([push(x), push(y), push(z), turn(x), turn(y), turn(z)]),
            }
            for dof in first_dof..self.columns.len() {
                self.before.push(last_dof);
                last_dof = Some(dof);
            }
            link.last_dof = last_dof.unwrap_or(0);
            link.inertia = world.inertia(link_idx, &rotation, &way);
            self.links.push(link);
        }
    }

    fn find_mass(&mut self, world: &World) {
        let n = self.n();
        self.composite.clear();
        self.composite.extend(self.links.iter().map(|link| link.inertia));
        for link_idx in (0..self.links.len()).rev() {
            if let Some(parent) = world.layout.links[link_idx].parent {
                let behind = self.composite[link_idx];
                self.composite[parent].add(&behind);
            }
        }
        self.mass.clear();
        self.mass.resize(n * n, 0.0);
        let mut first_dof = 0;
        for (link_idx, compiled) in world.layout.links.iter().enumerate() {
            let armature = world.layout.robot.links[link_idx].joint.armature;
            for dof in first_dof..first_dof + compiled.kind.n_velocities() {
                let momentum = self.composite[link_idx].times(&self.columns[dof]);
                let mut other = Some(dof);
                while let Some(before) = other {
                    let entry = momentum.dot(&self.columns[before]);
                    self.mass[dof * n + before] = entry;
                    self.mass[before * n + dof] = entry;
                    other = self.before[before];
                }
                self.mass[dof * n + dof] += armature;
            }
            first_dof += compiled.kind.n_velocities();
        }
    }

    /// What a motion with these velocities takes, from the bases to the tips and back.
    pub fn find_bias(&mut self, world: &World, velocities: &[f64]) {
        self.forces.clear();
        for link_idx in 0..self.links.len() {
            self.find_velocity(world, link_idx, velocities);
            let LinkMotion { velocity, bias_acceleration, inertia, .. } = &self.links[link_idx];
            let mut force = inertia.times(bias_acceleration);
            force.add(&velocity.cross_force(&inertia.times(velocity)), 1.0);
            self.forces.push(force);
        }
        self.bias.clear();
        self.bias.resize(self.n(), 0.0);
        for (link, force) in self.links.iter().zip(&self.forces) {
            let mut dof = Some(link.last_dof);
            while let Some(at) = dof {
                self.bias[at] += self.columns[at].dot(force);
                dof = self.before[at];
            }
        }
    }

    /// Velocity of a link, and its acceleration while no joint accelerates. Those of its parent are known.
    fn find_velocity(&mut self, world: &World, link_idx: usize, velocities: &[f64]) {
        let at_rest = (Spatial::default(), Spatial { angular: Vector3::zeros(), linear: -self.gravity });
        let compiled = &world.layout.links[link_idx];
        let parent = compiled.parent.map(|parent| (self.links[parent].velocity, self.links[parent].bias_acceleration));
        let (of_parent, mut acceleration) = parent.unwrap_or(at_rest);
        let (mut velocity, mut pushed) = (of_parent, Spatial::default());
        let dofs = world.layout.first_dofs[link_idx]..;
        let of_joint = self.columns[dofs.clone()].iter().zip(&velocities[dofs]).take(compiled.kind.n_velocities());
        for (column, &speed) in of_joint {
            // The axes of a root stay as they are, and turn it about where it has been pushed to.
            let carried = if compiled.kind.is_axial() { &of_parent } else { &pushed };
            acceleration.add(&carried.cross_motion(column), speed);
            velocity.add(column, speed);
            if column.angular == Vector3::zeros() {
                pushed.add(column, speed);
            }
        }
        let link = &mut self.links[link_idx];
        (link.velocity, link.bias_acceleration) = (velocity, acceleration);
    }

    /// Centre of mass of a link, in the world, in m; its origin if it weighs nothing.
    pub fn centre(&self, link_idx: usize) -> Vector3<f64> {
        let LinkMotion { origin, inertia, .. } = &self.links[link_idx];
        if inertia.mass > 0.0 { origin + inertia.first / inertia.mass } else { *origin }
    }

    /// Adds `sign` times what each velocity moves the material of a link at `point` (world, m) along `direction`.
    pub fn add_row(&self, link_idx: usize, point: Vector3<f64>, direction: Vector3<f64>, sign: f64, row: &mut [f64]) {
        let link = &self.links[link_idx];
        let point = point - link.origin;
        let mut dof = Some(link.last_dof);
        while let Some(at) = dof {
            row[at] += sign * self.columns[at].at(&point).dot(&direction);
            dof = self.before[at];
        }
    }

    /// Kinetic energy where the links are, with these velocities, in J.
    pub fn kinetic(&self, velocities: &[f64]) -> f64 {
        let rows = self.mass.chunks_exact(self.n().max(1)).zip(velocities);
        0.5 * rows.map(|(row, v)| v * dot(row, velocities)).sum::<f64>()
    }

    /// Potential energy in the field of gravity, against the origin of the world, in J.
    pub fn potential(&self) -> f64 {
        let weights =
            self.links.iter().map(|link| (link.inertia.first + link.origin * link.inertia.mass).dot(&self.gravity));
        -weights.sum::<f64>()
    }

    /// `M + diagonal`, factorised.
    pub fn factorise(&self, diagonal: impl Fn(usize) -> f64, factor: &mut Factor) {
        let n = self.n();
        factor.lower.clone_from(&self.mass);
        factor.before.clone_from(&self.before);
        (0..n).for_each(|dof| factor.lower[dof * n + dof] += diagonal(dof));
        let lower = &mut factor.lower;
        for dof in (0..n).rev() {
            let mut next = self.before[dof];
            while let Some(row) = next {
                let share = lower[dof * n + row] / lower[dof * n + dof];
                let mut column = Some(row);
                while let Some(at) = column {
                    lower[row * n + at] -= share * lower[dof * n + at];
                    column = self.before[at];
                }
                lower[dof * n + row] = share;
                next = self.before[row];
            }
        }
    }
}

impl World {
    /// Inertia of a link that is turned by `rotation` and sits at `way` from the origin.
    fn inertia(&self, link_idx: usize, rotation: &UnitQuaternion<f64>, way: &Vector3<f64>) -> Inertia {
        let properties = &self.parts.bodies[self.layout.links[link_idx].body].mass_properties().local_mprops;
        let frame = rotation * unit_quaternion(properties.principal_inertia_local_frame.to_array().map(f64::from));
        let axes = frame.to_rotation_matrix();
        let moments = Matrix3::from_diagonal(&double(properties.principal_inertia()));
        let centre = way + rotation * double(properties.local_com);
        Inertia::new(properties.mass().into(), centre, axes.matrix() * moments * axes.matrix().transpose())
    }
}

/// A vector of Rapier's in double precision.
pub(super) fn double(vector: Vector) -> Vector3<f64> {
    Vector3::from(<[f32; 3]>::from(vector)).map(f64::from)
}

impl Factor {
    /// Solves for the accelerations under `x`, in place.
    pub fn solve(&self, x: &mut [f64]) {
        let n = x.len();
        for dof in (0..n).rev() {
            let mut next = self.before[dof];
            while let Some(row) = next {
                x[row] -= self.lower[dof * n + row] * x[dof];
                next = self.before[row];
            }
        }
        for dof in 0..n {
            x[dof] /= self.lower[dof * n + dof];
            let mut next = self.before[dof];
            while let Some(row) = next {
                x[dof] -= self.lower[dof * n + row] * x[row];
                next = self.before[row];
            }
        }
    }
}
