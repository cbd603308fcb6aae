//! The floor and what can become of it.
//!
//! Terrain is a height field that repeats itself and moves along under the robot by whole periods, so that it never
//! ends. Nothing rises above the level floor: bumps are what is left between hollows, so that terrain can appear under
//! a standing robot. Steps begin a metre away from where robots start.

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
/// Cells of one plateau of the steps and of the ramp that leads off it, along each side.
const PLATEAU_CELLS: usize = 4;
/// Plateaus of a period, along each side.
const PERIOD_PLATEAUS: usize = PERIOD_CELLS / PLATEAU_CELLS;
/// Deepest level of the plateaus, in steps.
const DEEPEST: usize = 2;

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
}

impl World {
    /// Height of the origin of a link above the floor under it, in m.
    #[must_use]
    pub fn height(&self, link_idx: usize) -> f64 {
        self.height_of(self.link_pose(link_idx).translation)
    }

    /// Height of a point of the world above the floor under it, in m.
    #[must_use]
    pub fn height_of(&self, [x, y, z]: [f32; 3]) -> f64 {
        f64::from(z - self.forces.terrain.height_at(x, y))
    }

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
        self.ledger.interrupt();
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
        CompiledFloor { plane: self.colliders.insert(level), field: self.colliders.insert(field) }
    }
}

impl Terrain {
    /// Three periods along each side.
    fn shape(self) -> SharedShape {
        let n = 3 * PERIOD_CELLS + 1;
        let heights = Array2::from_fn(n, n, |row, column| self.height(row, column));
        SharedShape::heightfield(heights, Vector::new(3.0 * PERIOD, 1.0, 3.0 * PERIOD))
    }

    /// Height of a corner of the cells.
    fn height(self, row: usize, column: usize) -> f32 {
        let (row, column) = (row % PERIOD_CELLS, column % PERIOD_CELLS);
        // The origin is a corner of cells in the middle of a plateau.
        let plateau = |corner: usize| (corner + PLATEAU_CELLS / 2) / PLATEAU_CELLS % PERIOD_PLATEAUS;
        let depth = depth(plateau(row), plateau(column));
        -self.roughness * scattered(row, column, 1) - self.step_height * depth as f32
    }

    /// Height of the floor at a point of the world, in m.
    fn height_at(self, x: f32, y: f32) -> f32 {
        if self == Self::default() {
            return 0.0;
        }
        // Rows go against y, columns along x; each cell is two triangles.
        let place = |along: f32| {
            let cells = (along / CELL_LENGTH).rem_euclid(PERIOD_CELLS as f32);
            let corner = (cells as usize).min(PERIOD_CELLS - 1);
            ((corner + PERIOD_CELLS / 2) % PERIOD_CELLS, cells - corner as f32)
        };
        let ((row, down), (column, right)) = (place(-y), place(x));
        let corner = |rows: usize, columns: usize| self.height(row + rows, column + columns);
        // From the corner of the triangle that has the right angle: its height, and the way and height along each side.
        let (origin, [(along_row, next_row), (along_column, next_column)]) = if down + right <= 1.0 {
            (corner(0, 0), [(down, corner(1, 0)), (right, corner(0, 1))])
        } else {
            (corner(1, 1), [(1.0 - down, corner(0, 1)), (1.0 - right, corner(1, 0))])
        };
        origin + along_row * (next_row - origin) + along_column * (next_column - origin)
    }
}

/// How many steps a plateau lies below the level floor. Neighbours are at most one step apart; around the origin, which
/// lies in the middle of the period, the floor is level.
fn depth(row: usize, column: usize) -> usize {
    let middle = PERIOD_PLATEAUS / 2;
    let away = row.abs_diff(middle).max(column.abs_diff(middle)).saturating_sub(1);
    let any = match (row + column) % 2 {
        0 => 1,
        _ if scattered(row, column, 2) < 0.5 => 0,
        _ => DEEPEST,
    };
    any.min(away)
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

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::streams::stream;

    const TERRAIN: Terrain = Terrain { roughness: 0.1, step_height: 0.2 };

    #[test]
    fn the_height_of_the_floor_is_where_a_ray_from_above_meets_it() {
        let (shape, mut rng) = (TERRAIN.shape(), stream(0, "points"));
        for _ in 0..2000 {
            let [x, y] = std::array::from_fn(|_| rng.random_range(-8.0f32..8.0));
            // In the frame of the field, which rises along y.
            let ray = Ray::new(Vector::new(x, 10.0, -y), -Vector::Y);
            let met = 10.0 - shape.cast_local_ray(&ray, 20.0, true).expect("there is floor everywhere");
            assert!((TERRAIN.height_at(x, y) - met).abs() < 1e-4, "{} at {x}, {y}; met {met}", TERRAIN.height_at(x, y));
        }
    }

    #[test]
    fn steps_are_of_one_height_and_begin_a_metre_from_the_start() {
        for (row, column) in (0..PERIOD_PLATEAUS).flat_map(|row| (0..PERIOD_PLATEAUS).map(move |column| (row, column)))
        {
            let here = depth(row, column);
            let next = [((row + 1) % PERIOD_PLATEAUS, column), (row, (column + 1) % PERIOD_PLATEAUS)];
            assert!(next.iter().all(|&(row, column)| depth(row, column).abs_diff(here) <= 1), "at {row}, {column}");
        }
        let steps = Terrain { roughness: 0.0, ..TERRAIN };
        assert!([-1.2, 0.0, 1.2].iter().all(|&x| steps.height_at(x, -x) == 0.0), "level around the origin");
        let along = || (0..80).map(|k| 0.1 * k as f32);
        let lowest = along().flat_map(|x| along().map(move |y| steps.height_at(x, y))).fold(0.0, f32::min);
        assert_eq!(lowest, -steps.step_height * DEEPEST as f32, "the deepest plateau");
    }
}
