//! What can be measured in a world besides positions: velocities, forces, distances.

use rapier3d::{math::Vector, prelude::*};

use super::{World, WorldPose};

impl World {
    /// Velocity of the origin of a link, in m/s, and its angular velocity, in rad/s, both along the world's axes.
    #[must_use]
    pub fn link_velocity(&self, link_idx: usize) -> ([f32; 3], [f32; 3]) {
        let (linear, angular) = self.velocity_at(link_idx, self.link(link_idx).1.local_to_world().translation);
        (linear.into(), angular.into())
    }

    /// Velocity of a site, in m/s, along the world's axes.
    #[must_use]
    pub fn site_velocity(&self, site_idx: usize) -> [f32; 3] {
        self.velocity_at(self.layout.site_links[site_idx], self.site(site_idx).translation).0.into()
    }

    /// Whether the joints let the centre of mass of a link move along an axis of the world, in some posture near the
    /// one it is in.
    #[must_use]
    pub fn can_move(&self, link_idx: usize, axis: usize) -> bool {
        let mut bent = self.clone();
        let (mut positions, still) = (self.layout.robot.rest_positions(), vec![0.0; self.layout.n_velocities]);
        for (joint_idx, link) in self.layout.robot.links.iter().enumerate() {
            if link.joint.kind.is_axial() {
                positions[self.layout.robot.position_range(joint_idx).start] += 0.3;
            }
        }
        bent.set_joints(&positions, &still);
        let (multibody, link) = bent.link(link_idx);
        multibody.body_jacobian(link.link_id()).row(axis).iter().any(|entry| entry.abs() > 1e-3)
    }

    /// Way along x and along z, in m, and angle about y, in rad, of the root of a planar robot.
    #[must_use]
    pub fn planar_position(&self) -> [f64; 3] {
        let coordinates = self.link(0).1.joint.coords();
        [coordinates[0], coordinates[2], coordinates[4]].map(f64::from)
    }

    /// A vector along the world's axes, along those of a link.
    #[must_use]
    pub fn into_link(&self, link_idx: usize, vector: [f32; 3]) -> [f32; 3] {
        (self.link(link_idx).1.local_to_world().rotation.inverse() * Vector::from(vector)).into()
    }

    /// Angle between the z axis of a link and the vertical, in rad.
    #[must_use]
    pub fn tilt(&self, link_idx: usize) -> f64 {
        let up = self.link(link_idx).1.local_to_world().rotation * Vector::Z;
        f64::from(up.z.clamp(-1.0, 1.0)).acos()
    }

    /// Centre of mass of all links together, in m.
    #[must_use]
    pub fn centre_of_mass(&self) -> [f32; 3] {
        let (mut weighted, mut mass) = (Vector::ZERO, 0.0);
        for (link_idx, compiled) in self.layout.links.iter().enumerate() {
            let properties = &self.parts.bodies[compiled.body].mass_properties().local_mprops;
            let centre = *self.link(link_idx).1.local_to_world() * properties.local_com;
            weighted += centre * properties.mass();
            mass += properties.mass();
        }
        (weighted / mass).into()
    }

    /// Force with which the contacts of a link pushed on it in the last [`World::step`], in N, along the world's axes;
    /// friction is not part of it.
    #[must_use]
    pub fn contact_force(&self, link_idx: usize) -> [f32; 3] {
        self.pushes.on_links[link_idx]
    }

    /// Whether a link touches something.
    #[must_use]
    pub fn touches(&self, link_idx: usize) -> bool {
        self.pushes.on_links[link_idx] != [0.0; 3]
    }

    /// Adds the points in which shapes touched at the last look for contacts, in m.
    pub fn contacts(&self, out: &mut Vec<[f32; 3]>) {
        for pair in self.parts.narrow_phase.contact_pairs() {
            let Some(collider) = self.parts.colliders.get(pair.collider1) else { continue };
            for manifold in pair.manifolds() {
                let points = manifold.points.iter().filter(|point| point.dist <= 1e-3);
                out.extend(points.map(|point| <[f32; 3]>::from(*collider.position() * point.local_p1)));
            }
        }
    }

    /// Distance from a site along its x axis, turned about its z axis by `angle` (rad), to the first shape that is not
    /// of the link, at most `max` (m).
    #[must_use]
    pub fn range(&self, site_idx: usize, angle: f32, max: f32) -> f32 {
        let pose = self.site(site_idx);
        let direction = pose.rotation * Vector::new(angle.cos(), angle.sin(), 0.0);
        let body = self.layout.links[self.layout.site_links[site_idx]].body;
        let query = self.parts.broad_phase.as_query_pipeline(
            self.parts.narrow_phase.query_dispatcher(),
            &self.parts.bodies,
            &self.parts.colliders,
            QueryFilter::default().exclude_rigid_body(body),
        );
        query.cast_ray(&Ray::new(pose.translation, direction), max, true).map_or(max, |(_, distance)| distance)
    }

    /// Height of the lowest point of the shapes of the robot that can touch something, in m; infinite without any.
    #[must_use]
    pub fn lowest_point(&self) -> f32 {
        (0..self.layout.robot.links.len()).map(|idx| self.lowest_point_of(idx)).fold(f32::INFINITY, f32::min)
    }

    /// The same of the shapes of one link.
    #[must_use]
    pub fn lowest_point_of(&self, link_idx: usize) -> f32 {
        let shapes = self.layout.robot.links[link_idx].shapes.iter().enumerate();
        let touching = shapes.filter(|(_, shape)| shape.contact_friction.is_some());
        let bottoms = touching.map(|(shape_idx, _)| {
            let (WorldPose { translation, rotation }, shape) = self.link_shape(link_idx, shape_idx);
            translation[2] - shape.half_height(rotation)
        });
        bottoms.fold(f32::INFINITY, f32::min)
    }

    /// Velocity of the point of a link that is at `point` in the world, and the angular velocity of the link.
    fn velocity_at(&self, link_idx: usize, point: Vector) -> (Vector, Vector) {
        let (multibody, link) = self.link(link_idx);
        let velocities = multibody.generalized_velocity();
        let mut spatial = [0.0; 6];
        for (column, velocity) in multibody.body_jacobian(link.link_id()).column_iter().zip(velocities.iter()) {
            spatial.iter_mut().zip(column.iter()).for_each(|(sum, entry)| *sum += entry * velocity);
        }
        let [vx, vy, vz, wx, wy, wz] = spatial;
        let (of_centre, angular) = (Vector::new(vx, vy, vz), Vector::new(wx, wy, wz));
        let local_com = self.parts.bodies[self.layout.links[link_idx].body].mass_properties().local_mprops.local_com;
        let centre = *link.local_to_world() * local_com;
        (of_centre + angular.cross(point - centre), angular)
    }
}
