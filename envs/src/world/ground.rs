//! The floor and what can become of it.
//!
//! Terrain is a height field that repeats itself and moves along under the robot by whole periods, so that it never
//! ends. Nothing rises above the level floor: bumps are what is left between hollows, so that terrain can appear under
//! a standing robot.

use rapier3d::{
    math::{Pose, Rotation, Vector},
    parry::utils::Array2,
    prelude::*,
};
use serde::{Deserialize, Serialize};

use super::{Parts, World, compile::surrounding};

/// Cells of a period of the terrain, along each side.
const PERIOD_CELLS: usize = 32;
/// Length of a cell, in m.
const CELL_LENGTH: f32 = 0.25;
const PERIOD: f32 = PERIOD_CELLS as f32 * CELL_LENGTH;
/// Cells of one plateau of the steps, along each side.
const PLATEAU_CELLS: usize = 4;

/// A level floor through the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// Coefficient of sliding friction. The larger of the two counts where two shapes touch.
    pub friction: f64,
}

/// What the floor is like besides its slope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Terrain {
    /// Depth of the hollows of a rough floor, in m.
    pub roughness: f32,
    /// Height of the steps between square plateaus, in m.
    pub step_height: f32,
}

/// Where the floor is found in the world.
pub(super) struct CompiledFloor {
    /// The level floor.
    pub plane: ColliderHandle,
    /// The height field of a floor that is not level.
    pub field: ColliderHandle,
    pub friction: f64,
}

impl World {
    /// Depth of the hollows of the floor, in m.
    pub fn set_roughness(&mut self, roughness: f64) {
        self.set_terrain(Terrain { roughness: roughness as f32, ..self.forces.terrain });
    }

    /// Height of the steps of the floor, in m.
    pub fn set_step_height(&mut self, step_height: f64) {
        self.set_terrain(Terrain { step_height: step_height as f32, ..self.forces.terrain });
    }

    /// Gives the floor another shape.
    pub fn set_terrain(&mut self, terrain: Terrain) {
        let Some(floor) = &self.layout.floor else { return };
        self.forces.terrain = terrain;
        let is_level = terrain == Terrain::default();
        if let Some(plane) = self.parts.colliders.get_mut(floor.plane) {
            plane.set_enabled(is_level);
        }
        if let Some(field) = self.parts.colliders.get_mut(floor.field) {
            field.set_shape(if is_level { nothing() } else { terrain.shape() });
            field.set_enabled(!is_level);
        }
        if !is_level {
            self.centre_terrain();
        }
    }

    /// Keeps terrain under the robot.
    pub(super) fn follow_with_terrain(&mut self) {
        if self.forces.terrain != Terrain::default() {
            self.centre_terrain();
        }
    }

    fn centre_terrain(&mut self) {
        let Some(floor) = &self.layout.floor else { return };
        let robot = self.link(0).1.local_to_world().translation;
        let Some(collider) = self.parts.colliders.get(floor.field) else { return };
        let now = collider.position().translation;
        // Moving by a whole period changes nothing under the robot.
        let nearest = |robot: f32, now: f32| {
            if (robot - now).abs() > 0.75 * PERIOD { (robot / PERIOD).round() * PERIOD } else { now }
        };
        let centre = Vector::new(nearest(robot.x, now.x), nearest(robot.y, now.y), 0.0);
        // Rapier's height field rises along y.
        let upright = Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2);
        let is_there = centre == now && collider.position().rotation == upright;
        if let Some(field) = self.parts.colliders.get_mut(floor.field).filter(|_| !is_there) {
            field.set_position(Pose::from_parts(centre, upright));
        }
    }
}

/// The level floor.
fn plane() -> SharedShape {
    SharedShape::halfspace(Vector::Z)
}

/// What stands in for the height field where the floor is level.
fn nothing() -> SharedShape {
    SharedShape::ball(CELL_LENGTH)
}

impl Parts {
    pub(super) fn insert_floor(&mut self, floor: Floor) -> CompiledFloor {
        let level = surrounding(ColliderBuilder::new(plane()), floor.friction);
        let field = surrounding(ColliderBuilder::new(nothing()), floor.friction).enabled(false);
        CompiledFloor {
            plane: self.colliders.insert(level),
            field: self.colliders.insert(field),
            friction: floor.friction,
        }
    }
}

impl Terrain {
    /// Three periods along each side.
    fn shape(self) -> SharedShape {
        let n = 3 * PERIOD_CELLS + 1;
        let heights = Array2::from_fn(n, n, |row, column| self.height(row, column));
        SharedShape::heightfield(heights, Vector::new(3.0 * PERIOD, 1.0, 3.0 * PERIOD))
    }

    fn height(self, row: usize, column: usize) -> f32 {
        let (row, column) = (row % PERIOD_CELLS, column % PERIOD_CELLS);
        let rough = self.roughness * scattered(row, column, 1);
        let plateau = scattered(row / PLATEAU_CELLS, column / PLATEAU_CELLS, 2);
        // Three levels, the highest of them as high as the level floor.
        -rough - self.step_height * (plateau * 3.0).floor().min(2.0)
    }
}

/// A number in [0, 1) that looks random and is always the same for the same arguments.
fn scattered(row: usize, column: usize, salt: u32) -> f32 {
    let key = (row as u32).wrapping_mul(0x9e37_79b1)
        ^ (column as u32).wrapping_mul(0x85eb_ca77)
        ^ salt.wrapping_mul(0xc2b2_ae3d);
    let mixed = (key ^ (key >> 15)).wrapping_mul(0x2c1b_3c6d);
    let mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297a_2d39);
    ((mixed ^ (mixed >> 15)) >> 8) as f32 / (1 << 24) as f32
}
