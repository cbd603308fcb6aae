//! The tasks for any robot: they keep the contract with robots of many kinds, and refuse those that cannot do them.

use mesolimb_envs::{
    Env, EnvError, RobotSpec, assets, make_with,
    robot::JointKind,
    robot_file::{self, Base, no_assets},
    scene::Role,
    scene::Scene,
    testing::check_env,
};

/// A trunk on two legs of two joints each, as a URDF file has it.
const BIPED: &str = include_str!("data/biped.urdf");

fn biped(base: Base) -> RobotSpec {
    robot_file::read("biped.urdf", BIPED, base, &mut no_assets).unwrap().robot
}

fn walk(robot: RobotSpec) -> Box<dyn Env> {
    make_with("walk", robot, None).unwrap()
}

fn refusal(task: &str, robot: RobotSpec, effector: Option<&str>) -> String {
    make_with(task, robot, effector).err().unwrap().to_string()
}

#[test]
fn walk_keeps_the_contract_with_a_biped_from_a_urdf_file() {
    check_env(|| walk(biped(Base::Free)));
}

#[test]
fn walk_keeps_the_contract_with_an_ant() {
    check_env(|| walk(assets::robot("ant")));
}

#[test]
fn walk_keeps_the_contract_with_servos() {
    check_env(|| walk(assets::robot("quadruped")));
}

#[test]
fn walk_keeps_the_contract_in_a_plane() {
    check_env(|| walk(assets::robot("walker")));
}

#[test]
fn reach_keeps_the_contract_with_an_arm() {
    check_env(|| make_with("reach", assets::robot("arm7"), None).unwrap());
}

#[test]
fn reach_keeps_the_contract_with_a_leg() {
    check_env(|| make_with("reach", biped(Base::Fixed), Some("left_shin")).unwrap());
}

/// Every robot that can stand, does: nothing is thrown up, and the start touches the floor without sinking in.
#[test]
fn a_walk_starts_on_the_floor() {
    for robot in [biped(Base::Free), assets::robot("ant"), assets::robot("humanoid"), assets::robot("hopper")] {
        let name = robot.name.clone();
        let (task, design) = mesolimb_envs::walk::task(robot).unwrap();
        let mut env = mesolimb_envs::RobotEnv::new(task, design).unwrap();
        for seed in 0..5 {
            env.reset(seed);
            let lowest = env.world().lowest_point();
            assert!(lowest.abs() < 1e-4, "{name} starts at {lowest} m");
            let mut highest_speed = 0.0_f32;
            let middle: Vec<f32> = env.spec().actions.iter().map(|c| f32::midpoint(c.low, c.high)).collect();
            for _ in 0..10 {
                env.step(&middle);
                highest_speed = highest_speed.max(env.world().link_velocity(0).0[2]);
            }
            assert!(highest_speed < 0.5, "{name} is thrown up with {highest_speed} m/s");
        }
    }
}

#[test]
fn what_falls_ends_the_walk() {
    let mut env = walk(biped(Base::Free));
    let mut ended = 0;
    for seed in 0..5 {
        env.reset(seed);
        let last = (0..200).map(|_| env.step(&[0.0; 4])).find(|step| step.ended());
        ended += u32::from(last.is_some_and(|step| step.terminated));
    }
    assert_eq!(ended, 5, "a biped without command falls within four seconds");
}

#[test]
fn forward_counts_along_x() {
    let pushed = |force: f64| {
        let mut env = walk(assets::robot("quadruped"));
        env.params_mut().set("wind_x", force).unwrap();
        env.reset(1);
        let stand: Vec<f32> = env.spec().actions.iter().map(|c| f32::midpoint(c.low, c.high)).collect();
        (0..10).map(|_| env.step(&stand).reward).sum::<f64>()
    };
    let (forward, still, back) = (pushed(60.0), pushed(0.0), pushed(-60.0));
    assert!(forward > still && still > back, "{forward} > {still} > {back}");
}

#[test]
fn legs_are_what_it_stands_on() {
    for (robot, legs) in [(biped(Base::Free), 2), (assets::robot("ant"), 4), (assets::robot("humanoid"), 2)] {
        let name = robot.name.clone();
        let env = walk(robot);
        assert_eq!(env.params().matching("leg_off").count(), legs, "{name}");
    }
}

/// Every target is where the effector can be: joint positions within the limits bring it there.
#[test]
fn every_target_of_reach_can_be_reached() {
    let robot = assets::robot("arm7");
    let (task, design) = mesolimb_envs::reach::task(robot, None).unwrap();
    let longest = {
        let links = &design.robot.links;
        let anchors = links.iter().skip(1).map(|l| l.joint.anchor.iter().map(|x| x * x).sum::<f64>().sqrt());
        anchors.sum::<f64>() + design.robot.sites[0].translation.iter().map(|x| x * x).sum::<f64>().sqrt()
    };
    let mut env = mesolimb_envs::RobotEnv::new(task, design).unwrap();
    let mut targets = Vec::new();
    for seed in 0..200 {
        env.reset(seed);
        let target = env.task().target_from_base();
        assert!(target.iter().map(|x| x * x).sum::<f64>().sqrt() <= longest + 1e-5, "{target:?} is out of reach");
        targets.push(target);
        env.reset(seed);
        assert_eq!(env.task().target_from_base(), target, "equal seeds draw equal targets");
    }
    let spread = |axis: usize| {
        let values = targets.iter().map(|target| target[axis]);
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    };
    assert!((0..3).all(|axis| spread(axis) > 0.5), "targets scatter: {:?}", [spread(0), spread(1), spread(2)]);
}

#[test]
fn the_target_that_is_seen_is_the_one_that_is_meant() {
    let mut env = make_with("reach", assets::robot("arm7"), None).unwrap();
    env.params_mut().set("target_shift_z", 0.2).unwrap();
    env.reset(3);
    let (mut scene, mut observation) = (Scene::default(), vec![0.0; env.spec().observations.len()]);
    env.scene(&mut scene);
    env.observe(&mut observation);
    let at = |name: &str| {
        let idx = env.spec().observations.iter().position(|channel| channel.name == name).unwrap();
        [0, 1, 2].map(|k| observation[idx + k])
    };
    let place = |role: Role| scene.items.iter().find(|item| item.role == role).unwrap().world_translation;
    let (target, effector) = (place(Role::Target), place(Role::Effector));
    let (observed_target, observed_effector, error) = (at("target_x"), at("effector_x"), at("error_x"));
    for k in 0..3 {
        assert!((error[k] - (effector[k] - target[k])).abs() < 1e-4, "axis {k}");
        assert!((effector[k] - target[k] - observed_effector[k] + observed_target[k]).abs() < 1e-4, "axis {k}");
    }
}

#[test]
fn robots_that_cannot_are_refused() {
    let mut without_motors = assets::robot("ant");
    without_motors.motors.clear();
    let error = refusal("walk", without_motors.clone(), None);
    assert_eq!(error, "robot 'ant': it has no motors, expected at least one that moves a joint");
    assert_eq!(refusal("reach", without_motors, None), error);
    let error = refusal("walk", assets::robot("arm7"), None);
    assert!(error.contains("expected a root that moves freely"), "{error}");
    let error = refusal("reach", assets::robot("ant"), None);
    assert!(error.contains("moves freely") && error.contains("expected one that is fixed"), "{error}");
    let error = refusal("reach", assets::robot("arm7"), Some("griper"));
    assert!(error.contains("effector is 'griper'") && error.contains("did you mean 'gripper'?"), "{error}");
    let mut ghost = biped(Base::Free);
    ghost.links.iter_mut().flat_map(|link| &mut link.shapes).for_each(|shape| shape.contact_friction = None);
    assert!(refusal("walk", ghost, None).contains("expected one to stand on"));
    let mut empty = biped(Base::Free);
    empty.links.clear();
    assert!(matches!(make_with("walk", empty, None), Err(EnvError::Robot { .. })));
}

/// A limit that nobody has measured does not tear the robot apart; one that it can bear stays.
#[test]
fn motors_are_kept_to_what_the_physics_can_bear() {
    let mut strong = biped(Base::Free);
    strong.motors.iter_mut().for_each(|motor| motor.limit = 1000.0);
    let mut env = walk(strong);
    for motor in &env.robot().motors {
        assert!((1.0..200.0).contains(&motor.limit), "{} has {} N·m", motor.name, motor.limit);
    }
    let highest: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
    for step in 0..1000 {
        let sign = if step % 7 < 3 { 1.0 } else { -1.0 };
        let action: Vec<f32> = highest.iter().map(|high| sign * high).collect();
        assert_eq!(env.step(&action).fault, None, "step {step}");
    }
    assert!(walk(biped(Base::Free)).robot().motors.iter().all(|motor| motor.limit == 6.0));
}

#[test]
fn a_state_of_another_robot_is_refused() {
    let (ant, mut biped) = (walk(assets::robot("ant")), walk(biped(Base::Free)));
    assert!(biped.load(&ant.save()).is_err());
}

#[test]
fn a_joint_may_be_called_as_something_else_is() {
    let mut robot = biped(Base::Free);
    let hip = robot.links.iter().position(|link| link.joint.kind == JointKind::Hinge).unwrap();
    let old = std::mem::replace(&mut robot.links[hip].joint.name, "height".into());
    robot.motors.iter_mut().filter(|motor| motor.joint == old).for_each(|motor| motor.joint = "height".into());
    let env = walk(robot);
    let named = |name: &str| env.spec().observations.iter().filter(|channel| channel.name == name).count();
    assert_eq!([named("height"), named("height'")], [1, 1]);
}
