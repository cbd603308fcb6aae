//! Rigid-body dynamics of a tree of links on a fixed base, for controllers that know their robot.
//!
//! Recursive Newton–Euler, all vectors along the world's axes. From the base to the tips, with joint axis `z`, joint
//! position `q`, way `r` from the origin of the parent and centre of mass `c` from the origin of the link:
//!
//! ```text
//! hinge: ω = ωₚ + z q̇    α = αₚ + z q̈ + ωₚ × z q̇       a = aₚ + αₚ × r + ωₚ × (ωₚ × r)
//! slide: ω = ωₚ          α = αₚ                         a = aₚ + αₚ × r + ωₚ × (ωₚ × r) + z q̈ + 2 ωₚ × z q̇
//! F = m (a + α × c + ω × (ω × c))        N = I α + ω × I ω        a of the base = −gravity
//! ```
//!
//! and back, with `f` and `n` what a joint transmits, `s` the way to the origin of a child:
//!
//! ```text
//! f = F + Σ f of children        n = N + c × F + Σ (n + s × f) of children
//! τ = z·n (hinge), z·f (slide), + armature q̈ + damping q̇ + stiffness (q − rest)
//! ```
//!
//! The mass matrix comes column by column from unit accelerations. Dry friction is left out: it is no function of the
//! motion at rest. Everything is that of the robot as described, whatever became of it since.
//!
//! Sources: Luh, Walker, Paul 1980 (J Dyn Syst Meas Control 102:69); Siciliano et al. 2009, Robotics, section 7.5;
//! Featherstone 2008, Rigid Body Dynamics Algorithms, chapters 5 and 6.

use nalgebra::{Isometry3, Matrix3, Point3, SMatrix, SVector, Translation3, Unit, UnitQuaternion, Vector3};

use super::{JointKind, LinkSpec, RobotSpec, inertia::unit_quaternion};
use crate::{env::EnvError, world::STANDARD_GRAVITY};

/// The dynamics of a tree with `N` hinges and slides.
#[derive(Clone, Debug)]
pub struct TreeDynamics<const N: usize> {
    bodies: [Body; N],
    /// Indices of the joints in the robot.
    joint_idxs: [usize; N],
    gravity: Vector3<f64>,
}

/// Positions (rad, m) and velocities (rad/s, m/s) of the joints of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion<const N: usize> {
    /// Positions.
    pub q: SVector<f64, N>,
    /// Velocities.
    pub v: SVector<f64, N>,
}

/// A point on one of the links.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreePoint {
    body_idx: usize,
    in_link: Vector3<f64>,
}

/// How a point moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointMotion<const N: usize> {
    /// Where it is in the world, in m.
    pub position: Vector3<f64>,
    /// Its velocity, in m/s.
    pub velocity: Vector3<f64>,
    /// Its velocity for each unit of joint velocity.
    pub jacobian: SMatrix<f64, 3, N>,
    /// Its acceleration while no joint accelerates, in m/s².
    pub drift: Vector3<f64>,
}

/// A link with its joint.
#[derive(Clone, Copy, Debug)]
struct Body {
    parent: Option<usize>,
    parent_from_joint: Isometry3<f64>,
    /// Along the joint, in the frame of the link; of length one.
    axis: Vector3<f64>,
    is_hinge: bool,
    mass_kg: f64,
    centre: Vector3<f64>,
    /// About the centre of mass, along the axes of the link.
    inertia: Matrix3<f64>,
    damping: f64,
    armature: f64,
    stiffness: f64,
    spring_rest: f64,
}

/// How a link moves, along the world's axes.
#[derive(Clone, Copy, Debug)]
struct LinkMotion {
    world_from_link: Isometry3<f64>,
    axis: Vector3<f64>,
    angular_velocity: Vector3<f64>,
    velocity: Vector3<f64>,
    angular_acceleration: Vector3<f64>,
    acceleration: Vector3<f64>,
}

impl<const N: usize> TreeDynamics<N> {
    /// The tree that hangs on the link `root`, under the gravity of the earth.
    ///
    /// # Errors
    /// If the robot is not physical, has no such link, or the tree is not made of `N` hinges and slides.
    pub fn of(robot: &RobotSpec, root: &str) -> Result<Self, EnvError> {
        robot.validate()?;
        let refused = |reason: String| EnvError::Robot { robot: robot.name.clone(), reason };
        let root_idx = robot.link_idx(root).ok_or_else(|| refused(format!("it has no link '{root}'")))?;
        if let Some(parent) = &robot.links[root_idx].parent {
            return Err(refused(format!("link '{root}' hangs on '{parent}', expected the root of a tree")));
        }
        let (mut joint_idxs, mut bodies) = (Vec::new(), Vec::new());
        for link_idx in robot.branch(root_idx) {
            let link = &robot.links[link_idx];
            let parent = robot.parent_idx(link_idx);
            let parent = parent.and_then(|parent| joint_idxs.iter().position(|&joint_idx| joint_idx == parent));
            if !link.joint.kind.is_axial() {
                return Err(refused(format!("joint '{}' is no hinge or slide", link.joint.name)));
            }
            joint_idxs.push(link_idx);
            bodies.push(Body::of(link, parent));
        }
        let counted = |found: usize| refused(format!("{found} joints hang on '{root}', expected {N}"));
        Ok(Self {
            bodies: bodies.try_into().map_err(|bodies: Vec<_>| counted(bodies.len()))?,
            joint_idxs: joint_idxs.try_into().map_err(|idxs: Vec<_>| counted(idxs.len()))?,
            gravity: Vector3::new(0.0, 0.0, -STANDARD_GRAVITY),
        })
    }

    /// Which joints of the robot these are.
    #[must_use]
    pub fn joint_idxs(&self) -> [usize; N] {
        self.joint_idxs
    }

    /// The site `name` of `robot`, which is the robot that this tree is of; none if it is not on this tree.
    #[must_use]
    pub fn site(&self, robot: &RobotSpec, name: &str) -> Option<TreePoint> {
        let site = &robot.sites[robot.site_idx(name)?];
        let link_idx = robot.link_idx(&site.link)?;
        let body_idx = self.joint_idxs.iter().position(|&joint_idx| joint_idx == link_idx)?;
        Some(TreePoint { body_idx, in_link: site.translation.into() })
    }

    /// Torques (N·m) and forces (N) that give the joints the accelerations `a` (rad/s², m/s²).
    #[must_use]
    pub fn inverse(&self, motion: &Motion<N>, a: &SVector<f64, N>) -> SVector<f64, N> {
        let torques = self.transmitted(&self.link_motions(motion, a, self.gravity));
        SVector::from_fn(|joint, _| {
            let body = &self.bodies[joint];
            torques[joint]
                + body.armature * a[joint]
                + body.damping * motion.v[joint]
                + body.stiffness * (motion.q[joint] - body.spring_rest)
        })
    }

    /// What the motion itself takes: [`TreeDynamics::inverse`] without acceleration.
    #[must_use]
    pub fn bias(&self, motion: &Motion<N>) -> SVector<f64, N> {
        self.inverse(motion, &SVector::zeros())
    }

    /// Torques and forces for each unit of acceleration, with armature.
    #[must_use]
    pub fn mass_matrix(&self, q: &SVector<f64, N>) -> SMatrix<f64, N, N> {
        let still = Motion { q: *q, v: SVector::zeros() };
        let mut mass = SMatrix::<f64, N, N>::zeros();
        for joint in 0..N {
            let mut unit = SVector::zeros();
            unit[joint] = 1.0;
            mass.set_column(joint, &self.transmitted(&self.link_motions(&still, &unit, Vector3::zeros())));
            mass[(joint, joint)] += self.bodies[joint].armature;
        }
        mass
    }

    /// Accelerations under these torques and forces; none if a joint moves no mass.
    #[must_use]
    pub fn forward(&self, motion: &Motion<N>, torques: &SVector<f64, N>) -> Option<SVector<f64, N>> {
        Some(self.mass_matrix(&motion.q).cholesky()?.solve(&(torques - self.bias(motion))))
    }

    /// How a point moves.
    #[must_use]
    pub fn point(&self, motion: &Motion<N>, point: TreePoint) -> PointMotion<N> {
        let links = self.link_motions(motion, &SVector::zeros(), Vector3::zeros());
        let link = &links[point.body_idx];
        let position = (link.world_from_link * Point3::from(point.in_link)).coords;
        let arm = position - link.origin();
        let mut jacobian = SMatrix::<f64, 3, N>::zeros();
        let mut body_idx = Some(point.body_idx);
        while let Some(idx) = body_idx {
            let LinkMotion { axis, .. } = links[idx];
            let column = if self.bodies[idx].is_hinge { axis.cross(&(position - links[idx].origin())) } else { axis };
            jacobian.set_column(idx, &column);
            body_idx = self.bodies[idx].parent;
        }
        PointMotion {
            position,
            velocity: link.velocity + link.angular_velocity.cross(&arm),
            jacobian,
            drift: link.acceleration_at(&arm),
        }
    }

    /// From the base to the tips.
    fn link_motions(&self, motion: &Motion<N>, a: &SVector<f64, N>, gravity: Vector3<f64>) -> [LinkMotion; N] {
        let mut links = [LinkMotion::of_base(gravity); N];
        for (idx, body) in self.bodies.iter().enumerate() {
            let parent = body.parent.map_or_else(|| LinkMotion::of_base(gravity), |parent| links[parent]);
            links[idx] = body.moved(&parent, motion.q[idx], motion.v[idx], a[idx]);
        }
        links
    }

    /// From the tips to the base: what accelerates the links, as the joints feel it.
    fn transmitted(&self, links: &[LinkMotion; N]) -> SVector<f64, N> {
        let (mut forces, mut moments) = ([Vector3::zeros(); N], [Vector3::zeros(); N]);
        let mut torques = SVector::zeros();
        for idx in (0..N).rev() {
            let (body, link) = (&self.bodies[idx], &links[idx]);
            let world_from_link = link.world_from_link.rotation.to_rotation_matrix();
            let centre = world_from_link * body.centre;
            let inertia = world_from_link.matrix() * body.inertia * world_from_link.matrix().transpose();
            let force = link.acceleration_at(&centre) * body.mass_kg;
            let moment =
                inertia * link.angular_acceleration + link.angular_velocity.cross(&(inertia * link.angular_velocity));
            forces[idx] += force;
            moments[idx] += moment + centre.cross(&force);
            torques[idx] = link.axis.dot(if body.is_hinge { &moments[idx] } else { &forces[idx] });
            if let Some(parent) = body.parent {
                let way = link.origin() - links[parent].origin();
                let (force, moment) = (forces[idx], moments[idx]);
                forces[parent] += force;
                moments[parent] += moment + way.cross(&force);
            }
        }
        torques
    }
}

impl Body {
    fn of(link: &LinkSpec, parent: Option<usize>) -> Self {
        let (joint, inertia) = (&link.joint, link.inertia());
        let axes = unit_quaternion(inertia.rotation).to_rotation_matrix();
        let moments = Matrix3::from_diagonal(&Vector3::from(inertia.principal_moments));
        Self {
            parent,
            parent_from_joint: Isometry3::from_parts(
                Translation3::from(Vector3::from(joint.anchor)),
                unit_quaternion(joint.rotation),
            ),
            axis: Vector3::from(joint.axis).normalize(),
            is_hinge: joint.kind == JointKind::Hinge,
            mass_kg: link.mass_kg,
            centre: inertia.centre_of_mass.into(),
            inertia: axes.matrix() * moments * axes.matrix().transpose(),
            damping: joint.damping,
            armature: joint.armature,
            stiffness: joint.stiffness,
            spring_rest: joint.spring_rest,
        }
    }

    /// The motion of the link, given that of its parent and that of its joint.
    fn moved(&self, parent: &LinkMotion, q: f64, v: f64, a: f64) -> LinkMotion {
        let in_joint = if self.is_hinge {
            Isometry3::from_parts(
                Translation3::identity(),
                UnitQuaternion::from_axis_angle(&Unit::new_unchecked(self.axis), q),
            )
        } else {
            Isometry3::from_parts(Translation3::from(self.axis * q), UnitQuaternion::identity())
        };
        let world_from_link = parent.world_from_link * self.parent_from_joint * in_joint;
        let axis = world_from_link.rotation * self.axis;
        let way = world_from_link.translation.vector - parent.origin();
        let across = parent.angular_velocity.cross(&axis) * v;
        let mut link = LinkMotion {
            world_from_link,
            axis,
            velocity: parent.velocity + parent.angular_velocity.cross(&way),
            acceleration: parent.acceleration_at(&way),
            ..*parent
        };
        if self.is_hinge {
            link.angular_velocity += axis * v;
            link.angular_acceleration += axis * a + across;
        } else {
            link.velocity += axis * v;
            link.acceleration += axis * a + across * 2.0;
        }
        link
    }
}

impl LinkMotion {
    /// A base that accelerates upwards feels what a base under gravity feels.
    fn of_base(gravity: Vector3<f64>) -> Self {
        Self {
            world_from_link: Isometry3::identity(),
            axis: Vector3::zeros(),
            angular_velocity: Vector3::zeros(),
            velocity: Vector3::zeros(),
            angular_acceleration: Vector3::zeros(),
            acceleration: -gravity,
        }
    }

    fn origin(&self) -> Vector3<f64> {
        self.world_from_link.translation.vector
    }

    /// Acceleration of the point that is `way` away from the origin of the link.
    fn acceleration_at(&self, way: &Vector3<f64>) -> Vector3<f64> {
        let spin = self.angular_velocity;
        self.acceleration + self.angular_acceleration.cross(way) + spin.cross(&spin.cross(way))
    }
}
