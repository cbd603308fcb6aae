//! The robots that come with the project, as MJCF files.

use crate::{robot::RobotSpec, robot_file};

/// Name and MJCF text of every robot.
const FILES: &[(&str, &str)] = &[
    ("acrobot", include_str!("../../assets/robots/acrobot.xml")),
    ("ant", include_str!("../../assets/robots/ant.xml")),
    ("arm7", include_str!("../../assets/robots/arm7.xml")),
    ("cartpole", include_str!("../../assets/robots/cartpole.xml")),
    ("half-cheetah", include_str!("../../assets/robots/half-cheetah.xml")),
    ("hopper", include_str!("../../assets/robots/hopper.xml")),
    ("humanoid", include_str!("../../assets/robots/humanoid.xml")),
    ("lever", include_str!("../../assets/robots/lever.xml")),
    ("pendulum", include_str!("../../assets/robots/pendulum.xml")),
    ("quadruped", include_str!("../../assets/robots/quadruped.xml")),
    ("reacher", include_str!("../../assets/robots/reacher.xml")),
    ("rover", include_str!("../../assets/robots/rover.xml")),
    ("swimmer", include_str!("../../assets/robots/swimmer.xml")),
    ("walker", include_str!("../../assets/robots/walker.xml")),
];

/// Names of the robots.
pub fn robot_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The robot `name`.
///
/// # Panics
/// If there is none of that name.
#[must_use]
pub fn robot(name: &str) -> RobotSpec {
    let (_, text) = FILES.iter().find(|(other, _)| *other == name).expect("the name is one of `robot_names`");
    robot_file::mjcf(&format!("{name}.xml"), text).expect("the files are tested").robot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot::{FrictionCone, Softness};

    #[test]
    fn every_robot_is_read_whole_and_under_its_own_name() {
        for (name, text) in FILES {
            let file = robot_file::mjcf(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(file.robot.name, *name);
            assert_eq!(file.notes, [], "{name}");
        }
    }

    /// The numbers of Gymnasium's files; margins are those of shape and floor together.
    #[test]
    fn the_robots_of_gymnasium_give_way_as_there() {
        let soft = |impedance, width| Softness { impedance, width, ..Softness::default() };
        let plain = Softness::default();
        let cases = [
            ("ant", plain, 0.02, plain),
            ("half-cheetah", soft([0.0, 0.8], 0.01), 0.0, soft([0.0, 0.8], 0.03)),
            ("hopper", soft([0.8, 0.8], 0.01), 0.002, plain),
            ("walker", plain, 0.0, plain),
        ];
        for (name, softness, margin, stop) in cases {
            let robot = robot(name);
            assert_eq!(robot.friction_cone, FrictionCone::Pyramidal, "{name}");
            assert!(robot.axial_joints().all(|(_, joint)| joint.stop == stop), "{name}");
            let mut shapes = robot.links.iter().flat_map(|link| &link.shapes);
            assert!(shapes.all(|shape| (shape.softness, shape.margin) == (softness, margin)), "{name}");
        }
        let others = robot_names().filter(|name| cases.iter().all(|(other, ..)| other != name));
        assert!(others.into_iter().all(|name| robot(name).friction_cone == FrictionCone::default()));
    }
}
