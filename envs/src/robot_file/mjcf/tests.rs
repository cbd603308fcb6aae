//! Small robots with known numbers.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::{
    robot::{JointKind, LinkSpec, RobotSpec},
    robot_file::{Base, RobotFile, RobotFileError, mjcf, read},
    scene::Shape,
};

fn file(inside: &str) -> Result<RobotFile, RobotFileError> {
    mjcf("robot.xml", &format!("<mujoco model=\"it\">\n{inside}\n</mujoco>"))
}

fn bodies(inside: &str) -> RobotSpec {
    file(&format!("<worldbody>{inside}</worldbody>")).unwrap().robot
}

fn refused(inside: &str) -> String {
    file(inside).unwrap_err().to_string()
}

fn near(a: &[f64], b: &[f64]) {
    let error = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(a.len() == b.len() && error < 1e-9, "{a:?} is not {b:?}");
}

fn moments(link: &LinkSpec) -> [f64; 3] {
    let mut moments = link.inertia.unwrap().principal_moments;
    moments.sort_by(f64::total_cmp);
    moments
}

#[test]
fn shapes_weigh_as_in_closed_form() {
    let cases = [
        (r#"type="sphere" size="0.1" mass="2""#, 2.0, [0.008; 3]),
        (r#"type="box" size="0.1 0.2 0.3""#, 48.0, [0.8, 1.6, 2.08]),
        // m (r²/4 + l²/3) across and m r²/2 along.
        (r#"type="cylinder" size="0.1 0.2" mass="6""#, 6.0, [0.03, 0.095, 0.095]),
        (r#"type="ellipsoid" size="0.1 0.2 0.3" mass="5""#, 5.0, [0.05, 0.1, 0.13]),
    ];
    for (geom, mass, expected) in cases {
        let robot = bodies(&format!(r#"<body><joint/><geom {geom}/></body>"#));
        assert!((robot.mass_kg() - mass).abs() < 1e-9, "{geom}: {}", robot.mass_kg());
        near(&moments(&robot.links[0]), &expected);
    }
    // A capsule: a cylinder of 0.2 m and two half balls of 0.1 m, at 1000 kg/m³.
    let robot = bodies(r#"<body><joint/><geom type="capsule" size="0.1" fromto="0 0 0 0.2 0 0"/></body>"#);
    assert!((robot.mass_kg() - PI * (2.0 + 4.0 / 3.0)).abs() < 1e-9);
    near(&robot.links[0].inertia.unwrap().centre_of_mass, &[0.1, 0.0, 0.0]);
    let Shape::Capsule { radius, half_length } = robot.links[0].shapes[0].shape else { panic!() };
    assert_eq!([radius, half_length], [0.1, 0.1]);
}

#[test]
fn a_welded_body_is_joined_exactly() {
    // Two boxes side by side, in two bodies or in one.
    let whole = bodies(r#"<body name="a"><joint/><geom type="box" size="0.1 0.1 0.2"/></body>"#);
    let halves = bodies(
        r#"<body name="a"><joint/><geom type="box" size="0.1 0.1 0.1" pos="0 0 -0.1"/>
             <body name="b" pos="0.3 0 0" euler="0 90 0"><body name="c" pos="-0.1 0 -0.3"><geom type="box" size="0.1 0.1 0.1"/>
               <site name="tip" pos="0 0 0.5"/></body></body></body>"#,
    );
    assert_eq!(halves.links.len(), 1);
    near(&moments(&halves.links[0]), &moments(&whole.links[0]));
    assert_eq!(halves.links[0].shapes.len(), 2);
    near(&halves.links[0].shapes[1].translation, &[0.0, 0.0, 0.1]);
    let site = |name: &str| halves.sites[halves.site_idx(name).unwrap()].translation;
    near(&site("b"), &[0.3, 0.0, 0.0]);
    near(&site("c"), &[0.0, 0.0, 0.1]);
    near(&site("tip"), &[0.5, 0.0, 0.1]);
}

#[test]
fn several_joints_make_a_chain() {
    let robot = bodies(
        r#"<body name="arm" pos="0 0 1" euler="0 0 90"><joint name="a" pos="0.1 0 0" axis="0 1 0"/>
             <joint name="b" pos="0 0.2 0" axis="1 0 0"/><geom size="0.1" pos="0.5 0 0"/>
             <body name="hand" pos="1 0 0"><joint name="c" type="slide" pos="0 0 0.3"/><geom size="0.1"/></body></body>"#,
    );
    let names: Vec<_> = robot.links.iter().map(|link| (link.name.as_str(), link.parent.as_deref())).collect();
    assert_eq!(names, [("arm/a", None), ("arm", Some("arm/a")), ("hand", Some("arm"))]);
    near(&robot.links[0].joint.anchor, &[0.0, 0.1, 1.0]);
    near(&robot.links[0].joint.rotation, &[0.0, 0.0, 0.5_f64.sqrt(), 0.5_f64.sqrt()]);
    near(&robot.links[1].joint.anchor, &[-0.1, 0.2, 0.0]);
    near(&robot.links[2].joint.anchor, &[1.0, -0.2, 0.3]);
    assert_eq!(robot.links[0].mass_kg, 0.0);
    near(&robot.links[1].inertia.unwrap().centre_of_mass, &[0.5, -0.2, 0.0]);
    near(&robot.links[2].shapes[0].translation, &[0.0, 0.0, -0.3]);
}

#[test]
fn roots_are_free_or_planar() {
    let root = |joints: &str| bodies(&format!(r#"<body pos="0 0 1.25">{joints}<geom size="0.1"/></body>"#));
    let free = root("<freejoint/>");
    assert_eq!(free.links[0].joint.kind, JointKind::Free);
    near(&free.rest_positions(), &[0.0, 0.0, 1.25, 0.0, 0.0, 0.0, 1.0]);
    let (x, z) = (r#"<joint type="slide" axis="1 0 0"/>"#, r#"<joint type="slide" axis="0 0 1" ref="1.25"/>"#);
    let (y, back) = (r#"<joint axis="0 1 0" pos="0 0 0.2"/>"#, r#"<joint axis="0 -1 0"/>"#);
    let planar = root(&format!("{z}{x}{y}"));
    assert_eq!(planar.links.len(), 1);
    assert_eq!(planar.links[0].joint.kind, JointKind::Planar);
    near(&planar.links[0].joint.anchor, &[0.0, 0.0, 1.45]);
    near(&planar.rest_positions(), &[0.0; 3]);
    for chain in [format!("{x}{z}{back}"), format!("{y}{x}{z}"), format!("{x}{z}")] {
        assert!(root(&chain).links.iter().all(|link| link.joint.kind.is_axial()), "{chain}");
    }
}

#[test]
fn the_base_is_freed_and_fixed() {
    let model = |joint: &str| {
        format!(
            r#"<mujoco><worldbody><body name="b">{joint}<geom size="0.1"/><body><joint/><geom size="0.1"/></body></body></worldbody></mujoco>"#
        )
    };
    let n_velocities =
        |joint, base| read("r", &model(joint), base, &mut super::super::no_assets).unwrap().robot.n_velocities();
    assert_eq!(n_velocities("", Base::AsWritten), 1);
    assert_eq!(n_velocities("", Base::Free), 7);
    assert_eq!(n_velocities("<freejoint/>", Base::Free), 7);
    assert_eq!(n_velocities("<freejoint/>", Base::Fixed), 1);
}

#[test]
fn a_reference_moves_limits_springs_and_postures() {
    let robot = file(
        r#"<default><joint damping="2"/><default class="stiff"><joint stiffness="3" springref="30"/></default></default>
           <worldbody><body childclass="stiff"><joint name="j" range="0 90" ref="45" armature="0.1" frictionloss="0.2"/>
             <geom size="0.1"/></body></worldbody>
           <actuator><position joint="j" kp="10" kv="1" ctrlrange="0 1" gear="2"/></actuator>
           <keyframe><key qpos="1"/><key qpos="0.5"/></keyframe>"#,
    )
    .unwrap()
    .robot;
    let joint = &robot.links[0].joint;
    near(&joint.limits.unwrap(), &[-PI / 4.0, PI / 4.0]);
    near(
        &[joint.spring_rest, joint.stiffness, joint.damping, joint.armature, joint.friction],
        &[-PI / 12.0, 3.0, 2.0, 0.1, 0.2],
    );
    near(robot.home.as_ref().unwrap(), &[1.0 - PI / 4.0]);
    let servo = robot.motors[0].servo.unwrap();
    near(&[servo.stiffness, servo.damping], &[40.0, 4.0]);
    near(&servo.range, &[-PI / 4.0, 0.5 - PI / 4.0]);
}

#[test]
fn motors_have_the_limits_of_control_force_and_joint() {
    let limit = |actuator: &str| {
        let inside = format!(
            r#"<worldbody><body><joint name="j"/><geom size="0.1"/><body><joint name="k" actuatorfrcrange="-7 7"/>
               <geom size="0.1"/></body></body></worldbody><actuator>{actuator}</actuator>"#
        );
        let file = file(&inside).unwrap();
        (file.robot.motors.first().map(|motor| motor.limit), file.notes.len())
    };
    assert_eq!(limit(r#"<motor joint="j" gear="50" ctrlrange="-0.5 0.5"/>"#), (Some(25.0), 0));
    assert_eq!(limit(r#"<motor joint="j" gear="-50" ctrlrange="-1 1" forcerange="-0.2 0.2"/>"#), (Some(10.0), 1));
    assert_eq!(limit(r#"<motor joint="k" gear="50"/>"#), (Some(7.0), 0));
    assert_eq!(limit(r#"<motor joint="j" gear="50"/>"#), (Some(50.0), 1));
    assert_eq!(limit(r#"<general joint="j" gainprm="3" ctrlrange="-1 1"/>"#), (Some(3.0), 0));
    let servo =
        r#"<general joint="j" gainprm="8" biastype="affine" biasprm="0 -8 -1" ctrlrange="-1 1" forcerange="-9 9"/>"#;
    assert_eq!(limit(servo), (Some(9.0), 0));
    assert_eq!(limit(r#"<velocity joint="j"/>"#), (None, 1));
    assert_eq!(limit(r#"<general joint="j" biastype="affine" biasprm="0 0 -1"/>"#), (None, 1));
    assert_eq!(limit(r#"<motor site="s"/>"#).0, None);
}

#[test]
fn a_ball_joint_is_three_hinges() {
    let turned = 0.5_f64.sqrt();
    let robot = file(&format!(
        r#"<worldbody><body><joint type="ball" name="b"/><geom size="0.1"/></body></worldbody>
           <keyframe><key qpos="{turned} 0 {turned} 0"/></keyframe>"#
    ));
    let robot = robot.unwrap().robot;
    assert_eq!(robot.links.len(), 3);
    let home = robot.home.unwrap();
    assert!((home[1] - FRAC_PI_2).abs() < 1e-6, "{home:?}");
}

#[test]
fn only_what_the_floor_touches_touches() {
    let friction = |geom: &str, floor: &str| {
        let robot = bodies(&format!(r#"{floor}<body><joint/><geom size="0.1" friction="0.7" {geom}/></body>"#));
        robot.links[0].shapes[0].contact_friction
    };
    assert_eq!(friction("", ""), Some(0.7));
    assert_eq!(friction(r#"contype="0" conaffinity="0""#, ""), None);
    assert_eq!(friction(r#"contype="2" conaffinity="2""#, ""), None);
    assert_eq!(
        friction(r#"contype="2" conaffinity="0""#, r#"<geom type="plane" size="1 1 1" conaffinity="3"/>"#),
        Some(0.7)
    );
}

#[test]
fn the_compiler_changes_masses() {
    let mass = |compiler: &str| {
        let file = file(&format!(
            r#"<worldbody><body><joint/><inertial mass="2" pos="0 0 0" diaginertia="0.1 0.1 0.5"/><geom size="0.1" mass="3"/>
               <body pos="1 0 0"><joint/><geom size="0.1" mass="1"/></body></body></worldbody><compiler {compiler}/>"#
        ));
        let robot = file.unwrap().robot;
        (robot.links.iter().map(|link| link.mass_kg).collect::<Vec<_>>(), moments(&robot.links[0])[0])
    };
    assert_eq!(mass(""), (vec![2.0, 1.0], 0.1));
    assert_eq!(mass(r#"inertiafromgeom="true""#).0, [3.0, 1.0]);
    assert_eq!(mass(r#"settotalmass="6""#).0, [4.0, 2.0]);
    assert_eq!(mass(r#"boundmass="1.5""#).0, [2.0, 1.5]);
    assert_eq!(mass(r#"boundinertia="0.2""#).1, 0.2);
    assert!((mass(r#"balanceinertia="true""#).1 - 0.7 / 3.0).abs() < 1e-12);
}

#[test]
fn what_is_not_read_is_noted_with_its_line() {
    let file = file(
        r#"<worldbody><light/><body name="b" gravcomp="1"><joint name="j" solreffriction="0.1 1"/>
           <geom size="0.1" condim="6" solmix="2"/>
           <composite type="cable"/></body></worldbody>
           <contact><pair geom1="a" geom2="b" name="p"/><pair geom1="a" geom2="c"/><exclude body1="b" body2="c"/></contact>
           <equality><weld body1="b"/></equality>
           <tendon><fixed name="t"/></tendon>
           <sensor><jointpos name="s" joint="j"/><touch site="x"/></sensor>
           <unheard of="it"/>"#,
    )
    .unwrap();
    let notes: Vec<_> =
        file.notes.iter().map(|note| (note.element.as_str(), note.place.line.unwrap(), note.count)).collect();
    for expected in [
        ("body gravcomp", 2, 1),
        ("joint solreffriction", 2, 1),
        ("geom condim", 3, 1),
        ("geom solmix", 3, 1),
        ("composite", 4, 1),
        ("contact pair", 5, 2),
        ("contact exclude", 5, 1),
        ("equality weld", 6, 1),
        ("tendon fixed", 7, 1),
        ("unheard", 9, 1),
        ("looks", 2, 1),
    ] {
        assert!(notes.contains(&expected), "{expected:?} is not in {notes:?}");
    }
    assert_eq!(file.sensors.len(), 2);
    assert_eq!(file.notes[1].to_string(), "robot.xml:2: body gravcomp (b): not read");
}

#[test]
fn defaults_keyframes_and_strays_that_are_not_read_are_noted() {
    let file = file(
        r#"<default><site rgba="1 0 0 1" size="0.1" sensitive="1"/><pair friction="1"/><equality solref="1 1"/>
           <tendon stiffness="3"/></default>
           <worldbody><joint name="w"/><body name="b"><joint name="j"/><geom size="0.1"/><site/></body></worldbody>
           <keyframe><key name="home" qpos="0" qvel="1" ctrl="0.5" time="0" act="0"/></keyframe>
           <geom name="lost" size="1"/>"#,
    )
    .unwrap();
    let notes: Vec<_> = file.notes.iter().map(|note| (note.element.as_str(), note.place.line.unwrap())).collect();
    let expected = [
        ("default site sensitive", 2),
        ("default pair", 2),
        ("default equality", 2),
        ("default tendon", 3),
        ("joint in worldbody", 4),
        ("key qvel", 5),
        ("key ctrl", 5),
        ("geom in mujoco", 6),
    ];
    assert_eq!(notes, expected);
    assert_eq!(file.robot.links.len(), 1);
    let moved = refused("<default><site pos=\"0 0 1\"/></default><worldbody/>");
    assert!(moved.contains("pos is '0 0 1', expected it at each element"), "{moved}");
}

#[test]
fn a_joint_that_moves_no_mass_is_fixed() {
    let file = file(
        r#"<worldbody><body><joint/><geom size="0.1"/><body name="knob"><joint name="j"/></body></body></worldbody>
           <actuator><motor joint="j"/></actuator>"#,
    )
    .unwrap();
    assert_eq!(file.robot.links.len(), 1);
    assert!(file.robot.site_idx("knob").is_some());
    assert!(file.robot.motors.is_empty());
}

#[test]
fn values_that_cannot_be_are_refused_with_their_line() {
    let joint = |attributes: &str| {
        refused(&format!(
            "<worldbody>\n<body name=\"b\"><joint name=\"j\" {attributes}/><geom size=\"0.1\"/></body></worldbody>"
        ))
    };
    assert_eq!(joint(r#"pos="0 0""#), "robot.xml:3: joint 'j': pos is '0 0', expected 3 numbers");
    let turned = refused("<default><geom euler=\"0 90 0\"/></default><worldbody/>");
    assert!(turned.contains("euler is '0 90 0', expected it at each element"), "{turned}");
    assert_eq!(joint(r#"damping="-1""#), "robot.xml:3: joint 'j': damping is '-1', expected a number of zero or more");
    assert!(joint(r#"pos="0 NaN 0""#).contains("robot.xml:3"));
    assert!(joint(r#"ref="inf""#).contains("expected a number"));
    assert!(joint(r#"range="1 -1""#).contains("in ascending order"));
    assert!(joint(r#"axis="0 0 0""#).contains("axis"));
    assert!(joint(r#"class="none""#).contains("the class of a default element"));
    assert!(joint(r#"type="screw""#).contains("one of free, ball, slide, hinge"));
    let body = |inside: &str| refused(&format!("<worldbody><body name=\"b\">{inside}</body></worldbody>"));
    assert!(body(r#"<joint/><geom size="0.1" mass="-1"/>"#).contains("mass is '-1'"));
    assert!(body(r#"<joint/><geom type="box" size="0.1 0.1"/>"#).contains("3 above zero"));
    assert!(body(r#"<joint/><inertial mass="1" pos="0 0 0" fullinertia="1 1 1 5 0 0"/>"#).contains("principal moment"));
    assert!(body(r#"<joint/><geom size="0.1"/><body name="b"/>"#).contains("no other body"));
    assert!(
        body(r#"<joint/><geom size="0.1"/><body><freejoint/><geom size="0.1"/></body>"#).contains("hinge or slide")
    );
    assert!(body(r#"<joint/><geom type="mesh" mesh="m"/>"#).contains("mesh asset"));
    assert!(body(r#"<replicate count="1000000"><geom size="0.1"/></replicate>"#).contains("not supported"));
    assert!(refused(r#"<compiler eulerseq="xyzx"/>"#).contains("eulerseq"));
    assert!(refused(r#"<asset><model name="m" file="m.xml"/></asset>"#).contains("not supported"));
    assert!(refused("").contains("nothing in it moves"));
}
