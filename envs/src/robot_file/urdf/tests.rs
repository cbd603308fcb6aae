//! Small robots with known numbers.

use crate::{
    robot::{FrictionCone, JointKind, RobotSpec, Softness},
    robot_file::{AssetPath, Base, RobotFile, RobotFileError, no_assets, read},
    scene::Shape,
};

fn file(inside: &str, base: Base) -> Result<RobotFile, RobotFileError> {
    read("robot.urdf", &format!("<robot name=\"it\">\n{inside}\n</robot>"), base, &mut no_assets)
}

fn robot(inside: &str) -> RobotSpec {
    file(inside, Base::AsWritten).unwrap().robot
}

fn refused(inside: &str) -> String {
    file(inside, Base::AsWritten).unwrap_err().to_string()
}

fn near(a: &[f64], b: &[f64]) {
    let error = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(a.len() == b.len() && error < 1e-9, "{a:?} is not {b:?}");
}

const BALL: &str =
    r#"<inertial><mass value="2"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>"#;

fn link(name: &str) -> String {
    format!("<link name=\"{name}\">{BALL}</link>\n")
}

fn joint(name: &str, kind: &str, parent: &str, child: &str, inside: &str) -> String {
    format!(
        "<joint name=\"{name}\" type=\"{kind}\"><parent link=\"{parent}\"/><child link=\"{child}\"/>{inside}</joint>\n"
    )
}

#[test]
fn an_arm_is_read() {
    let arm = robot(&format!(
        "{}{}{}{}{}",
        link("base"),
        link("upper"),
        link("tool"),
        joint(
            "shoulder",
            "revolute",
            "base",
            "upper",
            r#"<origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/><axis xyz="0 1 0"/><limit lower="-1" upper="2" effort="30" velocity="3"/>
               <dynamics damping="0.5" friction="0.25"/>"#
        ),
        joint("flange", "fixed", "upper", "tool", r#"<origin xyz="0.4 0 0"/>"#),
    ));
    assert_eq!(arm.links.len(), 1);
    assert_eq!(arm.friction_cone, FrictionCone::Elliptic { impratio: 100.0 });
    let upper = &arm.links[0];
    assert_eq!(upper.joint.stop, Softness::default());
    assert_eq!((upper.name.as_str(), &upper.parent, upper.joint.kind), ("upper", &None, JointKind::Hinge));
    near(&upper.joint.anchor, &[0.0, 0.0, 1.0]);
    near(&upper.joint.rotation, &[0.0, 0.0, 0.5_f64.sqrt(), 0.5_f64.sqrt()]);
    assert_eq!(upper.joint.limits, Some([-1.0, 2.0]));
    near(&[upper.joint.damping, upper.joint.friction, upper.mass_kg], &[0.5, 0.25, 4.0]);
    // Two balls 0.4 m apart: by the parallel axis theorem, twice 0.1 + 2 · 0.2².
    let inertia = upper.inertia.unwrap();
    near(&inertia.centre_of_mass, &[0.2, 0.0, 0.0]);
    near(&inertia.principal_moments, &[0.2, 0.36, 0.36]);
    assert_eq!((arm.motors[0].name.as_str(), arm.motors[0].limit), ("shoulder", 30.0));
    near(&arm.sites[arm.site_idx("tool").unwrap()].translation, &[0.4, 0.0, 0.0]);
}

#[test]
fn the_root_is_fixed_or_free() {
    let text = format!("{}{}{}", link("a"), link("b"), joint("j", "continuous", "a", "b", ""));
    let n_velocities = |base| file(&text, base).unwrap().robot.n_velocities();
    assert_eq!(n_velocities(Base::AsWritten), 1);
    assert_eq!(n_velocities(Base::Free), 7);
    let floating = format!("<link name=\"world\"/>{}{}", link("a"), joint("f", "floating", "world", "a", ""));
    assert_eq!(robot(&floating).links[0].joint.kind, JointKind::Free);
    let planar =
        format!("<link name=\"world\"/>{}{}", link("a"), joint("f", "planar", "world", "a", "<axis xyz=\"0 0 1\"/>"));
    assert_eq!(robot(&planar).n_velocities(), 3);
}

#[test]
fn shapes_touch_and_weigh_where_nothing_else_does() {
    let text = format!(
        r#"<link name="base"><collision><geometry><box size="2 2 0.2"/></geometry></collision></link>
           <link name="a"><collision><origin xyz="0 0 0.5"/><geometry><cylinder radius="0.1" length="1"/></geometry></collision>
             <visual><geometry><sphere radius="1"/></geometry></visual></link>
           <link name="b">{BALL}<visual><geometry><sphere radius="0.3"/></geometry></visual></link>{}{}"#,
        joint("i", "continuous", "base", "a", ""),
        joint("j", "prismatic", "a", "b", "<limit lower=\"0\" upper=\"1\" effort=\"0\"/>"),
    );
    let file = file(&text, Base::AsWritten).unwrap();
    let robot = &file.robot;
    assert_eq!(robot.base.len(), 1);
    assert!((robot.links[0].mass_kg - std::f64::consts::PI * 10.0).abs() < 1e-9);
    assert_eq!(robot.links[0].shapes.len(), 1);
    assert_eq!(robot.links[0].shapes[0].contact_friction, Some(1.0));
    assert_eq!(robot.links[1].shapes[0].shape, Shape::Sphere { radius: 0.3 });
    assert_eq!(robot.links[1].shapes[0].contact_friction, None);
    assert!(robot.motors.is_empty());
    assert!(file.notes.iter().any(|note| note.element == "joint without effort" && note.count == 2));
}

#[test]
fn a_mesh_is_the_box_around_it() {
    let mesh = crate::robot_file::mesh::tests::cuboid([0.1, 0.2, 0.3], [1.0, 0.0, 0.0]);
    let stl = crate::robot_file::mesh::tests::binary_stl(&mesh);
    let text = format!(
        r#"<robot name="r"><link name="base"/><link name="a">{BALL}
           <collision><origin xyz="0 0 1"/><geometry><mesh filename="package://p/a.stl" scale="2 1 1"/></geometry></collision>
           <collision><geometry><mesh filename="package://p/lost.stl"/></geometry></collision></link>{}</robot>"#,
        joint("i", "continuous", "base", "a", ""),
    );
    let mut files = |path: &AssetPath| match path {
        AssetPath::Package { name, path } if name == "p" && path == "a.stl" => Ok(stl.clone()),
        _ => Err("no such file".into()),
    };
    let file = read("r.urdf", &text, Base::AsWritten, &mut files).unwrap();
    let shapes = &file.robot.links[0].shapes;
    assert_eq!(shapes.len(), 1);
    assert!((shapes[0].translation[0] - 2.0).abs() < 1e-6 && shapes[0].translation[2] == 1.0, "{shapes:?}");
    let Shape::Cuboid { half_extents } = shapes[0].shape else { panic!("{shapes:?}") };
    assert!(half_extents.iter().zip([0.2, 0.2, 0.3]).all(|(a, b)| (a - b).abs() < 1e-6), "{half_extents:?}");
    assert!(file.notes.iter().any(|note| note.to_string().contains("lost.stl") && note.place.line == Some(3)));
}

#[test]
fn what_is_not_read_is_noted() {
    let text = format!(
        "{}{}{}{}{}<gazebo reference=\"a\"/><gazebo/><transmission name=\"t\"/>",
        link("base"),
        link("a"),
        link("b"),
        joint(
            "i",
            "revolute",
            "base",
            "a",
            r#"<limit lower="0" upper="0" effort="1" velocity="1"/><safety_controller/>"#
        ),
        joint("j", "continuous", "base", "b", r#"<limit effort="1"/><mimic joint="i"/>"#),
    );
    let file = file(&text, Base::AsWritten).unwrap();
    let notes: Vec<_> = file.notes.iter().map(|note| (note.element.as_str(), note.count)).collect();
    for expected in [
        ("gazebo", 2),
        ("transmission", 1),
        ("joint safety_controller", 1),
        ("joint limit velocity", 1),
        ("joint limit", 1),
        ("joint mimic", 1),
    ] {
        assert!(notes.contains(&expected), "{expected:?} is not in {notes:?}");
    }
    assert_eq!(file.robot.motors.len(), 1);
}

#[test]
fn attributes_and_doubles_that_are_not_read_are_noted() {
    let text = format!(
        r#"{}<link name="a" type="arm"><inertial><mass value="1"/><mass value="2"/></inertial>
        <collision name="c" group="3"><geometry><sphere radius="0.1"/><box size="1 1 1"/></geometry></collision></link>
        {}"#,
        link("base"),
        joint(
            "j",
            "continuous",
            "base",
            "a",
            r#"<limit effort="1"/><dynamics damping="0.1" spring_stiffness="5"/><dynamics friction="3"/>"#
        ),
    );
    let file = file(&text, Base::AsWritten).unwrap();
    let notes: Vec<_> = file
        .notes
        .iter()
        .map(|note| (note.element.as_str(), note.place.line.unwrap(), note.names.join(" "), note.what.as_str()))
        .collect();
    for expected in [
        ("inertial mass", 3, "a", "not read: there is a mass before it"),
        ("collision group", 4, "a", "not read"),
        ("geometry box", 4, "a", "not read: there is a shape before it"),
        ("dynamics spring_stiffness", 5, "j", "not read"),
        ("joint dynamics", 5, "j", "not read: there is a dynamics before it"),
    ] {
        assert!(notes.contains(&(expected.0, expected.1, expected.2.into(), expected.3)), "{expected:?}: {notes:?}");
    }
    assert_eq!(notes.len(), 5, "{notes:?}");
}

#[test]
fn notes_are_bounded() {
    let unread = (0..60).map(|n| format!("a{n}=\"\" ")).collect::<String>();
    let text: String = (0..100).map(|n| format!("<gazebo{n}/>")).collect();
    let links: String = (0..40).map(|n| format!("<visual {}/>", unread.replace('a', &format!("a{n}_")))).collect();
    let text = format!(
        "{text}{}<link name=\"a\">{BALL}{links}</link>{}",
        link("base"),
        joint("j", "continuous", "base", "a", "")
    );
    let notes = file(&text, Base::AsWritten).unwrap().notes;
    assert_eq!(notes.len(), 1001);
    assert_eq!(notes.iter().map(|note| note.count).sum::<usize>(), 100 + 40 * 60 + 40 + 1);
}

#[test]
fn what_is_no_tree_is_refused() {
    let (a, b, c) = (link("a"), link("b"), link("c"));
    let i = |parent, child| joint("i", "continuous", parent, child, "");
    let j = |parent, child| joint("j", "continuous", parent, child, "");
    assert!(refused("").contains("no links"));
    assert!(refused(&format!("{a}{b}{}{}", i("a", "b"), j("b", "a"))).contains("ring"));
    assert!(refused(&format!("{a}{b}{c}{}{}", i("b", "c"), j("c", "b"))).contains("ring"));
    assert!(refused(&format!("{a}{b}")).contains("expected one root"));
    assert!(refused(&format!("{a}{b}{c}{}{}", i("a", "c"), j("b", "c"))).contains("no other joint moves"));
    assert!(refused(&format!("{a}{}", i("a", "z"))).contains("the name of a link"));
    assert!(
        refused(&format!("{a}{a}"))
            .contains("robot.urdf:3: link 'a': name is 'a', expected one that no other link has")
    );
}

#[test]
fn values_that_cannot_be_are_refused() {
    let with = |body: &str, inside: &str| {
        refused(&format!("{}<link name=\"b\">{body}</link>\n{}", link("a"), joint("j", "revolute", "a", "b", inside)))
    };
    assert!(with(r#"<inertial><mass value="-1"/></inertial>"#, "").contains("robot.urdf:3: mass: value is '-1'"));
    assert!(with(r#"<inertial><mass value="NaN"/></inertial>"#, "").contains("a number of zero or more"));
    let inertia = r#"<inertial><mass value="1"/><inertia ixx="-1" iyy="-1" izz="0.5"/></inertial>"#;
    assert!(with(inertia, "").contains("principal moment"));
    assert!(with(BALL, r#"<axis xyz="0 0 0"/>"#).contains("axis"));
    assert!(with(BALL, r#"<limit lower="2" upper="1"/>"#).contains("lower below upper"));
    assert!(with(BALL, r#"<origin xyz="0 0"/>"#).contains("3 numbers"));
    let shape = |geometry: &str| format!("{BALL}<collision><geometry>{geometry}</geometry></collision>");
    assert!(with(&shape(r#"<sphere radius="0"/>"#), "").contains("above zero"));
    assert!(with(&shape(r#"<mesh filename="/etc/passwd"/>"#), "").contains("absolute"));
    assert!(with(&shape(r#"<mesh filename="package://a/../../b"/>"#), "").contains("leads out"));
    assert!(with("", "").contains("nothing in it moves"), "a joint that moves nothing with mass is fixed");
}
