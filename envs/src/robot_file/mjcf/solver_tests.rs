//! Softness, margins and friction cone, held against MuJoCo's reading of the same files.
//!
//! The expected numbers are those of the Python package `mujoco` 4.0.0. Of the first file, as loaded: `m.geom_solref`,
//! `m.geom_solimp`, `m.geom_margin`, `m.jnt_solref`, `m.jnt_solimp`, `m.opt.cone`, `m.opt.impratio`. Of the second, after
//! `mj_forward`: `solref`, `solimp` and `includemargin` of `d.contact`.

use crate::{
    robot::{FrictionCone, JointKind, RobotSpec, ShapeSpec, Softness},
    robot_file::{Base, RobotFile, RobotFileError, mjcf, no_assets, read},
};

/// Nested classes, short lists, `childclass` of bodies and of a frame.
const CLASSES: &str = r#"<mujoco model="give">
  <compiler angle="radian"/>
  <option impratio="7"/>
  <option cone="elliptic"/>
  <default>
    <geom size="0.1" solref="0.03" solimp="0.8 0.9 0.005" margin="0.004"/>
    <joint axis="0 1 0" range="-1 1" solreflimit="0.05 0.7"/>
    <default class="leg">
      <geom solimp="0.7"/>
      <joint solimplimit="0.6 0.97 0.02 0.4 3"/>
      <default class="foot">
        <geom solref="0.01 1.5" solimp="0.5 0.6" margin="0.001"/>
        <joint solreflimit="0.3" solimplimit="0.65"/>
      </default>
    </default>
    <default class="hand">
      <geom solref="0.2" solimp="0.85 0.86 0.87 0.88 4"/>
    </default>
  </default>
  <worldbody>
    <geom name="wall" pos="9 0 0" solimp="0.95"/>
    <body name="trunk" pos="0 0 2">
      <freejoint/>
      <geom name="trunk"/>
      <geom name="pack" solref="0.04" solimp="0.1 0.2 0.3 0.4 5" margin="0"/>
      <body name="thigh" childclass="leg">
        <joint name="hip"/>
        <geom name="thigh"/>
        <body name="shank">
          <joint name="knee" class="foot"/>
          <geom name="shank" class="main"/>
          <frame childclass="foot">
            <geom name="toe"/>
            <geom name="heel" class="leg" solref="0.06"/>
            <body name="sole">
              <joint name="ankle" solreflimit="0.4"/>
              <geom name="sole" solimp="0.55"/>
            </body>
          </frame>
        </body>
      </body>
      <body name="palm" childclass="hand">
        <joint name="wrist" class="main"/>
        <geom name="palm"/>
        <body name="thumb">
          <joint name="thumb" solimplimit="0.5 0.5"/>
          <geom name="thumb" solimp="0.9 0.9 0.9"/>
        </body>
      </body>
    </body>
  </worldbody>
</mujoco>"#;

/// One floor and three balls that lie on it.
const FLOOR: &str = r#"<mujoco model="floor">
  <default>
    <geom size="0.1" solref="0.03 0.8" solimp="0.7 0.8 0.005" margin="0.004"/>
  </default>
  <worldbody>
    <geom type="plane" size="9 9 1" solref="0.05 1.2" margin="0.01"/>
    <body pos="0 0 0.099">
      <freejoint/>
      <geom/>
    </body>
    <body pos="1 0 0.099">
      <freejoint/>
      <geom solref="0.01" solimp="0.9 0.95 0.001 0.6 3" margin="0"/>
    </body>
    <body pos="2 0 0.099">
      <freejoint/>
      <geom solref="-900 -30"/>
    </body>
  </worldbody>
</mujoco>"#;

/// What MuJoCo's `solref`, of a time constant and a damping ratio, and `solimp` say.
fn soft([time_constant_secs, damping_ratio]: [f64; 2], solimp: [f64; 5]) -> Softness {
    let [least, most, width, midpoint, power] = solimp;
    Softness { time_constant_secs, damping_ratio, impedance: [least, most], width, midpoint, power }
}

fn near(found: &Softness, expected: &Softness) -> bool {
    let numbers = |soft: &Softness| {
        let Softness { time_constant_secs, damping_ratio, impedance, width, midpoint, power } = *soft;
        [time_constant_secs, damping_ratio, impedance[0], impedance[1], width, midpoint, power]
    };
    numbers(found).iter().zip(numbers(expected)).all(|(found, expected)| (found - expected).abs() < 1e-12)
}

fn shapes(robot: &RobotSpec) -> impl Iterator<Item = &ShapeSpec> {
    robot.base.iter().chain(robot.links.iter().flat_map(|link| &link.shapes))
}

#[test]
fn classes_are_resolved_as_in_mujoco() {
    let robot = mjcf("classes.xml", CLASSES).unwrap().robot;
    let geoms = [
        ("wall", [0.03, 1.0], [0.95, 0.9, 0.005, 0.5, 2.0], 0.004),
        ("trunk", [0.03, 1.0], [0.8, 0.9, 0.005, 0.5, 2.0], 0.004),
        ("pack", [0.04, 1.0], [0.1, 0.2, 0.3, 0.4, 5.0], 0.0),
        ("thigh", [0.03, 1.0], [0.7, 0.9, 0.005, 0.5, 2.0], 0.004),
        ("shank", [0.03, 1.0], [0.8, 0.9, 0.005, 0.5, 2.0], 0.004),
        ("toe", [0.01, 1.5], [0.5, 0.6, 0.005, 0.5, 2.0], 0.001),
        ("heel", [0.06, 1.0], [0.7, 0.9, 0.005, 0.5, 2.0], 0.004),
        ("sole", [0.01, 1.5], [0.55, 0.6, 0.005, 0.5, 2.0], 0.001),
        ("palm", [0.2, 1.0], [0.85, 0.86, 0.87, 0.88, 4.0], 0.004),
        ("thumb", [0.2, 1.0], [0.9, 0.9, 0.9, 0.88, 4.0], 0.004),
    ];
    assert_eq!(shapes(&robot).count(), geoms.len());
    for (shape, (name, solref, solimp, margin)) in shapes(&robot).zip(geoms) {
        assert_eq!((shape.softness, shape.margin), (soft(solref, solimp), margin), "{name}");
    }
    let joints = [
        ("hip", [0.05, 0.7], [0.6, 0.97, 0.02, 0.4, 3.0]),
        ("knee", [0.3, 0.7], [0.65, 0.97, 0.02, 0.4, 3.0]),
        ("ankle", [0.4, 0.7], [0.65, 0.97, 0.02, 0.4, 3.0]),
        ("wrist", [0.05, 0.7], [0.9, 0.95, 0.001, 0.5, 2.0]),
        ("thumb", [0.05, 0.7], [0.5, 0.5, 0.001, 0.5, 2.0]),
    ];
    assert_eq!(robot.axial_joints().count(), joints.len());
    for ((_, joint), (name, solref, solimp)) in robot.axial_joints().zip(joints) {
        assert_eq!((joint.name.as_str(), joint.stop), (name, soft(solref, solimp)));
    }
    assert_eq!(robot.friction_cone, FrictionCone::Elliptic { impratio: 7.0 });
}

#[test]
fn shapes_take_in_the_floor_of_the_file() {
    let robot = mjcf("floor.xml", FLOOR).unwrap().robot;
    let [first, second, negated]: [&ShapeSpec; 3] = shapes(&robot).collect::<Vec<_>>().try_into().unwrap();
    assert!(near(&first.softness, &soft([0.04, 1.0], [0.7, 0.8, 0.005, 0.5, 2.0])), "{first:?}");
    assert!(near(&second.softness, &soft([0.03, 1.0], [0.8, 0.875, 0.003, 0.55, 2.5])), "{second:?}");
    assert_eq!([first.margin, second.margin, negated.margin], [0.014, 0.01, 0.014]);
    // `solref` of that contact is "-900 -30": stiffness 900 / d₁² times d, which is d₁ here, and damping 30 / d₁.
    let (damping, stiffness) = negated.softness.coefficients(-1.0, 0.001);
    assert!((stiffness - 900.0 / 0.8).abs() < 1e-9, "{stiffness}");
    assert!((damping - 30.0 / 0.8).abs() < 1e-9, "{damping}");
    assert_eq!(robot.friction_cone, FrictionCone::Pyramidal);
}

#[test]
fn what_does_not_move_takes_in_no_floor() {
    let text = r#"<mujoco><default><geom size="0.1" margin="0.02"/></default><worldbody>
      <geom type="plane" size="1 1 1" margin="0.01"/><geom name="wall"/>
      <body name="post"><geom/><body name="arm"><joint/><geom/><body name="hand"><geom/></body></body></body>
      </worldbody></mujoco>"#;
    let margins = |base| {
        let robot = read("it.xml", text, base, &mut no_assets).unwrap().robot;
        shapes(&robot).map(|shape| shape.margin).collect::<Vec<_>>()
    };
    assert_eq!(margins(Base::AsWritten), [0.02, 0.02, 0.03, 0.03]);
    assert_eq!(margins(Base::Free), [0.02, 0.03, 0.03, 0.03]);
}

/// A ball on a hinge, with these attributes of both and this around it.
fn ball(geom: &str, joint: &str, before: &str) -> Result<RobotFile, RobotFileError> {
    let joint = format!("<joint name=\"j\" {joint}/>");
    let geom = format!("<geom name=\"g\" size=\"0.1\" {geom}/>");
    let text = format!("<mujoco>{before}\n<worldbody><body>\n{joint}\n{geom}</body></worldbody></mujoco>");
    mjcf("robot.xml", &text)
}

fn notes(file: &RobotFile) -> Vec<String> {
    file.notes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_not_read_of_contacts_is_noted() {
    let plain =
        ball(r#"margin="0.1" solref="0.1""#, r#"solimplimit="0.5""#, r#"<option cone="elliptic" impratio="5"/>"#);
    assert_eq!(notes(&plain.unwrap()), [""; 0]);
    let geom = r#"gap="0.1" solmix="2" priority="1""#;
    let joint = r#"margin="0.1" solreffriction="0.1 1" solimpfriction="0.5""#;
    let file = ball(
        geom,
        joint,
        r#"<option cone="pyramidal" impratio="5" timestep="0.01"><flag contact="disable"/></option>"#,
    );
    let own = "not read: the world has its own clock, gravity and solver";
    let expected = [
        format!("robot.xml:1: option timestep: {own}"),
        format!("robot.xml:1: option flag: {own}"),
        "robot.xml:3: joint margin (j): not read".into(),
        "robot.xml:3: joint solreffriction (j): not read".into(),
        "robot.xml:3: joint solimpfriction (j): not read".into(),
        "robot.xml:4: geom gap (g): not read".into(),
        "robot.xml:4: geom solmix (g): not read".into(),
        "robot.xml:4: geom priority (g): not read".into(),
        "robot.xml:1: option impratio: not read: the pyramidal cone has 1 here; it is read with the elliptic cone"
            .into(),
    ];
    assert_eq!(notes(&file.unwrap()), expected);
}

#[test]
fn what_mujoco_replaces_is_replaced_and_noted() {
    for solref in ["-100", "0.1 0", "0 1", "-100 1", "0.1 -1"] {
        let file = ball(&format!("solref=\"{solref}\""), "", "").unwrap();
        assert_eq!(file.robot.links[0].shapes[0].softness, Softness::default(), "{solref}");
        let what = "one number above zero and one not: 0.02 1 instead, as in MuJoCo";
        assert_eq!(notes(&file), [format!("robot.xml:4: geom solref (g): {what}")]);
    }
    let file = ball("", r#"solimplimit="1.5 -1 -1 3 0""#, "").unwrap();
    assert_eq!(file.robot.links[0].joint.stop, soft([0.02, 1.0], [1.0, 0.0, 0.0, 1.0, 1.0]));
    assert_eq!(file.notes[0].to_string().split(':').nth(2), Some(" joint solimplimit (j)"));
}

#[test]
fn contacts_that_cannot_be_are_refused_with_their_line() {
    let refused = |geom: &str, joint: &str, before: &str| ball(geom, joint, before).unwrap_err().to_string();
    let expected = "time constant and damping ratio above zero, or stiffness and damping below zero";
    for solref in ["-100 0", "0 -5", "0 0"] {
        let found = refused(&format!("solref=\"{solref}\""), "", "");
        assert_eq!(found, format!("robot.xml:4: geom 'g': solref is '{solref}', expected {expected}"));
    }
    assert_eq!(
        refused("", r#"solreflimit="-100 0""#, ""),
        format!("robot.xml:3: joint 'j': solreflimit is '-100 0', expected {expected}")
    );
    let floor = refused("", "", r#"<worldbody><geom type="plane" size="1 1 1" solref="-9 0"/></worldbody>"#);
    assert_eq!(floor, format!("robot.xml:4: geom 'g': solref with that of the floor is '-9 0', expected {expected}"));
    let cases = [
        ((r#"solref="1 1 1""#, "", ""), "robot.xml:4: geom 'g': solref is '1 1 1', expected 1 to 2 numbers"),
        ((r#"solref="soft""#, "", ""), "robot.xml:4: geom 'g': solref is 'soft', expected 1 to 2 numbers"),
        (
            (r#"solimp="1 1 1 1 1 1""#, "", ""),
            "robot.xml:4: geom 'g': solimp is '1 1 1 1 1 1', expected 1 to 5 numbers",
        ),
        ((r#"margin="-1""#, "", ""), "robot.xml:4: geom 'g': margin is '-1', expected a number of zero or more"),
        (("", r#"solimplimit="""#, ""), "robot.xml:3: joint 'j': solimplimit is '', expected 1 to 5 numbers"),
        (
            ("", "", r#"<default><geom solref="NaN"/></default>"#),
            "robot.xml:1: geom: solref is 'NaN', expected 1 to 2 numbers",
        ),
        (
            ("", "", r#"<option cone="round"/>"#),
            "robot.xml:1: option: cone is 'round', expected one of pyramidal, elliptic",
        ),
        (("", "", r#"<option impratio="0"/>"#), "robot.xml:1: option: impratio is '0', expected a number above zero"),
        (
            ("", "", r#"<option impratio="-1"/>"#),
            "robot.xml:1: option: impratio is '-1', expected a number of zero or more",
        ),
    ];
    for ((geom, joint, before), expected) in cases {
        assert_eq!(refused(geom, joint, before), expected);
    }
}

#[test]
fn floors_that_differ_are_noted() {
    let differs = |margin| {
        let plane = r#"<geom type="plane" size="1 1 1""#;
        let planes = format!("<worldbody>{plane}/>{plane} margin=\"{margin}\"/></worldbody>");
        notes(&ball("", "", &planes).unwrap()).iter().any(|note| note.contains("read for the first of them"))
    };
    assert!(!differs("0") && differs("0.1"));
}

#[test]
fn a_free_joint_has_no_stop() {
    let text = CLASSES.replace("<joint axis", "<joint solimplimit=\"0.1\" axis");
    let robot = mjcf("classes.xml", &text).unwrap().robot;
    assert_eq!((robot.links[0].joint.kind, robot.links[0].joint.stop), (JointKind::Free, Softness::default()));
}
