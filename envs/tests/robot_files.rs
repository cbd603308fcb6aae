//! Robot files from anyone: a robot that is valid, or a clear error, in bounded time.

use std::time::{Duration, Instant};

use mesolimb_envs::robot_file::{AssetPath, Base, MAX_BYTES, RobotFile, RobotFileError, no_assets, read};
use proptest::prelude::*;

const MJCF: &str = r#"<mujoco model="it"><compiler angle="radian" eulerseq="xyz"/>
  <default><joint damping="1" range="-1 1"/><default class="leg"><geom type="capsule" size="0.05" fromto="0 0 0 0 0 -0.2"/></default></default>
  <asset><mesh name="m" vertex="0 0 0 1 0 0 0 1 0 0 0 1" face="0 2 1 0 1 3 0 3 2 1 2 3"/></asset>
  <worldbody><geom type="plane" size="1 1 1"/><body name="torso" pos="0 0 1" euler="0 0.1 0"><freejoint name="root"/>
    <geom name="g" type="box" size="0.2 0.1 0.1" mass="3"/><geom type="mesh" mesh="m"/>
    <body name="thigh" childclass="leg"><joint name="hip" axis="0 1 0" ref="0.2"/><geom/>
      <frame pos="0 0 -0.2"><body name="foot"><joint type="ball"/><inertial mass="1" pos="0 0 0" diaginertia="1 1 1"/></body></frame></body>
    <site name="s" pos="1 0 0"/></body></worldbody>
  <actuator><position joint="hip" kp="10" ctrlrange="-1 1"/></actuator>
  <keyframe><key qpos="0 0 1 1 0 0 0 0.2 1 0 0 0"/></keyframe></mujoco>"#;

const URDF: &str = r#"<robot name="it"><link name="base"/>
  <link name="arm"><inertial><origin xyz="0 0 0.1" rpy="0 0.2 0"/><mass value="2"/>
    <inertia ixx="0.1" iyy="0.1" izz="0.2" ixy="0.01" ixz="0" iyz="0"/></inertial>
    <collision><geometry><cylinder radius="0.1" length="1"/></geometry></collision></link>
  <link name="hand"><collision><geometry><box size="0.1 0.1 0.1"/></geometry></collision></link>
  <link name="tip"/>
  <joint name="j" type="revolute"><origin xyz="0 0 1"/><parent link="base"/><child link="arm"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" effort="10" velocity="1"/><dynamics damping="0.1"/></joint>
  <joint name="k" type="prismatic"><parent link="arm"/><child link="hand"/><limit lower="0" upper="1" effort="1"/></joint>
  <joint name="f" type="fixed"><origin xyz="0 0 1"/><parent link="hand"/><child link="tip"/></joint></robot>"#;

fn plain(text: &str) -> Result<RobotFile, RobotFileError> {
    read("robot.xml", text, Base::AsWritten, &mut no_assets)
}

/// Reads `text`, and sees to it that this is quick, and that what is read is valid.
fn quick(what: &str, text: &str) -> String {
    let start = Instant::now();
    let outcome = match plain(text) {
        Ok(file) => {
            file.robot.validate().unwrap();
            String::new()
        }
        Err(error) => error.to_string(),
    };
    assert!(start.elapsed() < Duration::from_secs(20), "{what} took {:?}", start.elapsed());
    assert!(outcome.len() < 1000, "{what}: {outcome}");
    outcome
}

#[test]
fn hostile_files_are_refused_quickly() {
    let body = |inside: &str| {
        format!("<mujoco><worldbody><body><joint/><geom size=\"1\"/>{inside}</body></worldbody></mujoco>")
    };
    let many = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<String>();
    let bomb = r#"<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><mujoco model="&b;"/>"#;
    let cases = [
        ("nothing", String::new(), "not well-formed"),
        ("blanks", " ".repeat(1 << 20), "not well-formed"),
        ("no XML", "robot = 1".into(), "not well-formed"),
        ("another file", "<html/>".into(), "expected mujoco or robot"),
        ("an entity bomb", bomb.into(), "DOCTYPE"),
        ("an entity", "<mujoco model=\"&a;\"/>".into(), "not well-formed"),
        ("no end", "<mujoco><worldbody>".into(), "not well-formed"),
        ("a large file", " ".repeat(MAX_BYTES + 1), "bytes"),
        ("deep nesting", "<mujoco>".to_owned() + &"<body>".repeat(1 << 20), "levels of nesting"),
        ("deep and closed", body(&("<body>".repeat(200) + &"</body>".repeat(200))), "levels of nesting"),
        ("a million links", many(700_000, &|n| format!("<link n='{n}'/>")), "elements"),
        ("many attributes", format!("<mujoco {}/>", many(100_000, &|n| format!("a{n}='' "))), "attributes"),
        (
            "many name spaces",
            format!("<mujoco>{}</mujoco>", many(1000, &|n| format!("<a xmlns:n{n}='u'/>"))),
            "name spaces",
        ),
        ("a long name", body(&format!("<body name=\"{}\"/>", "n".repeat(1 << 20))), "bytes in name"),
        ("many bodies", body(&"<body/>".repeat(5000)), "bodies"),
        ("many joints", body(&"<body><joint/><geom size=\"1\"/></body>".repeat(600)), "joints"),
        (
            "deep classes",
            format!(
                "<mujoco>{}{}</mujoco>",
                "<default>".to_owned() + &many(50, &|n| format!("<default class=\"c{n}\">")),
                "</default>".repeat(51)
            ),
            "levels of default",
        ),
        (
            "a class twice",
            "<mujoco><default><default class=\"a\"><default class=\"a\"/></default></default></mujoco>".into(),
            "no other class",
        ),
        ("a huge number", body("<geom size=\"1e300\"/>"), "number"),
        ("a NaN", body("<geom size=\"1\" mass=\"nan\"/>"), "number"),
        ("a negative mass", body("<geom size=\"1\" mass=\"-3\"/>"), "zero or more"),
        ("an inclusion", body("<include file=\"../../etc/passwd\"/>"), "folder of the robot"),
        ("an absolute inclusion", body("<include file=\"/etc/passwd\"/>"), "absolute"),
        ("an attachment", body("<attach model=\"m\" prefix=\"p\"/>"), "not supported"),
    ];
    for (what, text, expected) in cases {
        let message = quick(what, &text);
        assert!(message.contains(expected), "{what}: '{message}' has no '{expected}'");
        assert!(message.starts_with("robot.xml"), "{what}: '{message}' names no file");
    }
}

#[test]
fn large_files_are_read_or_refused_quickly() {
    let geoms =
        format!("<mujoco><worldbody><body><joint/>{}</body></worldbody></mujoco>", "<geom size=\"1\"/>".repeat(49_000));
    assert_eq!(quick("many shapes", &geoms), "");
    let comments = format!("<mujoco>{}</mujoco>", "<!---->".repeat(1 << 20));
    quick("many comments", &comments);
    let chain: String = (0..400)
        .map(|n| {
            let mass = r#"<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial>"#;
            let joint = format!(
                r#"<joint name="j{n}" type="continuous"><parent link="l{n}"/><child link="l{}"/></joint>"#,
                n + 1
            );
            format!(r#"<link name="l{n}">{mass}</link>{joint}"#)
        })
        .collect();
    let chain =
        format!(r#"<robot name="r">{chain}<link name="l400"><inertial><mass value="1"/></inertial></link></robot>"#);
    assert_eq!(quick("a long chain", &chain), "");
    let star: String = (0..4000)
        .map(|n| {
            format!(
                r#"<link name="l{n}"/><joint name="j{n}" type="fixed"><parent link="r"/><child link="l{n}"/></joint>"#
            )
        })
        .collect();
    quick("a star", &format!(r#"<robot name="r"><link name="r"/>{star}</robot>"#));
}

#[test]
fn files_are_included_once() {
    let mut files = |path: &AssetPath| match path.to_string().as_str() {
        "leg.xml" => {
            Ok(b"<mujocoinclude>\n<body name=\"leg\"><joint name=\"j\"/><geom size=\"0.1\"/></body></mujocoinclude>"
                .to_vec())
        }
        "ring.xml" => Ok(b"<mujoco><include file=\"ring.xml\"/></mujoco>".to_vec()),
        "bad.xml" => Ok(b"<mujoco>\n\n<joint name=\"j\" range=\"a b\"/></mujoco>".to_vec()),
        _ => Err("no such file".into()),
    };
    let mut with = |inside: &str| {
        read("r.xml", &format!("<mujoco><worldbody>{inside}</worldbody></mujoco>"), Base::AsWritten, &mut files)
    };
    let file = with("<include file=\"leg.xml\"/><light/>").unwrap();
    assert_eq!(file.robot.links[0].name, "leg");
    assert_eq!((&*file.notes[0].place.file, file.notes[0].place.line), ("r.xml", Some(1)));
    let message = |outcome: Result<RobotFile, RobotFileError>| outcome.unwrap_err().to_string();
    assert!(message(with("<include file=\"leg.xml\"/><include file=\"leg.xml\"/>")).contains("included already"));
    assert!(message(with("<include file=\"ring.xml\"/>")).contains("included already"));
    assert!(message(with("<include file=\"lost.xml\"/>")).contains("no such file"));
    let bad = message(with("<body><include file=\"bad.xml\"/></body>"));
    assert!(bad.starts_with("bad.xml:3: joint 'j': range"), "{bad}");
}

#[test]
fn the_seeds_are_read_whole() {
    for (text, n_velocities) in [(MJCF, 6 + 1 + 3), (URDF, 2)] {
        let file = plain(text).unwrap();
        assert_eq!(file.robot.n_velocities(), n_velocities, "{file:?}");
    }
}

/// What is put in the place of parts of good files.
const PARTS: [&str; 24] = [
    "<",
    ">",
    "\"",
    "/",
    "0",
    "-1",
    "1e300",
    "NaN",
    "",
    " ",
    "<body>",
    "</body>",
    "<joint/>",
    "<joint type=\"ball\"/>",
    "type=\"free\"",
    "<geom type=\"mesh\" mesh=\"m\"/>",
    "<frame euler=\"1 2 3\">",
    "</frame>",
    "arm",
    "base",
    "&#0;",
    "🤖",
    "<default class=\"leg\"/>",
    "mass=\"0\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_read_is_valid(urdf: bool, base in 0..3, changes in prop::collection::vec((0.0..1.0, 0.0..0.03, 0..PARTS.len()), 0..6)) {
        let mut text: Vec<char> = if urdf { URDF } else { MJCF }.chars().collect();
        for (at, len, part) in changes {
            let start = (at * text.len() as f64) as usize;
            let end = (start + (len * text.len() as f64) as usize).min(text.len());
            text.splice(start..end, PARTS[part].chars());
        }
        let text: String = text.into_iter().collect();
        let base = [Base::AsWritten, Base::Free, Base::Fixed][base as usize];
        match read("r.xml", &text, base, &mut no_assets) {
            Ok(file) => {
                prop_assert!(file.robot.validate().is_ok());
                prop_assert!(file.robot.mass_kg().is_finite());
            }
            Err(error) => prop_assert!(error.to_string().len() < 1000),
        }
    }
}
