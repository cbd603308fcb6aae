#!/usr/bin/env bash
# rapier3d 0.36.1: after Multibody::update_rigid_bodies colliders are left behind for one step, and RigidBody::set_position
# does not bring them along.
#
# A multibody of two links, a slide and a hinge, carries a ball 2 m over a half-space. After one step it is posed from outside
# so that the ball is 5 cm deep, in four ways; then there are two more steps without gravity.
#
# Guess beforehand: the ball touches in the first step after the pose, however the pose was set. The documentation of
# `update_rigid_bodies` says that it applies the poses of the joints to the bodies; that of
# `RigidBodySet::propagate_modified_body_positions_to_colliders` that `step` takes the colliders along, and that this function
# does so for those who move bodies themselves.
#
# Behaviour: `update_rigid_bodies` writes the positions of the bodies without the mark that a position changed
# (`RigidBodyChanges::POSITION`). So the next step looks for contacts where the colliders were, and the function above does
# nothing. `set_position` with the same pose comes too late: it compares, finds no change and sets no mark either. The
# colliders follow at the end of the step. `set_position` in place of `update_rigid_bodies` is as it should be.
#
# Seen on 2026-12-01 with rapier3d 0.36.1, Rust 1.95.0, x86-64:
#
#   update_rigid_bodies: posed: body 0.05 collider 2.00; touches after a step: false, after two: true
#   update_rigid_bodies, propagate: posed: body 0.05 collider 2.00; touches after a step: false, after two: true
#   update_rigid_bodies, set_position: posed: body 0.05 collider 2.00; touches after a step: false, after two: true
#   set_position: posed: body 0.05 collider 2.00; touches after a step: true, after two: true
#
# Needs cargo, and the registry or its cache; it builds rapier3d in a temporary folder. It fails if any of this changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"

cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
rapier3d = "=0.36.1"

[profile.dev]
debug = false

[workspace]
TOML

mkdir "$folder/src"
cat >"$folder/src/main.rs" <<'RUST'
use rapier3d::{math::Vector, prelude::*};

/// Heights of body and collider as posed, and whether the ball touches after one step and after two.
fn posed(update: bool, propagate: bool, set: bool) -> String {
    let mut bodies = RigidBodySet::new();
    let mut colliders = ColliderSet::new();
    let mut impulse_joints = ImpulseJointSet::new();
    let mut joints = MultibodyJointSet::new();
    let mut soft_bodies = SoftBodySet::new();
    let mut pipeline = PhysicsPipeline::new();
    let mut islands = IslandManager::new();
    let mut broad_phase = DefaultBroadPhase::new();
    let mut narrow_phase = NarrowPhase::new();
    let mut ccd = CCDSolver::new();
    let parameters = IntegrationParameters { dt: 1e-3, ..IntegrationParameters::default() };

    let up = Vector::new(0.0, 0.0, 2.0);
    let floor = colliders.insert(ColliderBuilder::new(SharedShape::halfspace(Vector::Z)));
    let base = bodies.insert(RigidBodyBuilder::fixed());
    let link = || RigidBodyBuilder::dynamic().can_sleep(false).additional_mass(1.0).translation(up);
    let (cart, hand) = (bodies.insert(link()), bodies.insert(link()));
    let ball = colliders.insert_with_parent(ColliderBuilder::ball(0.1), hand, &mut bodies);
    let slide = PrismaticJointBuilder::new(Vector::Z).local_anchor1(up);
    joints.insert(base, cart, slide, true).expect("a joint");
    joints.insert(cart, hand, RevoluteJointBuilder::new(Vector::Y), true).expect("a joint");

    let mut heights = [0.0; 2];
    let mut touches = [false; 3];
    for step in 0..3 {
        if step == 1 {
            let id = joints.rigid_body_link(hand).expect("a link").multibody;
            let multibody = joints.get_multibody_mut(id).expect("a multibody");
            multibody.apply_displacements(&[-1.95, 0.0]);
            multibody.forward_kinematics(&bodies, false);
            if update {
                multibody.update_rigid_bodies(&mut bodies, true);
            }
            if set {
                for link in multibody.links() {
                    bodies[link.rigid_body_handle()].set_position(*link.local_to_world(), true);
                }
            }
            if propagate {
                bodies.propagate_modified_body_positions_to_colliders(&mut colliders);
            }
            heights = [bodies[hand].position(), colliders[ball].position()].map(|pose| pose.translation.z);
        }
        pipeline.step(
            Vector::ZERO,
            &parameters,
            &mut islands,
            &mut broad_phase,
            &mut narrow_phase,
            &mut bodies,
            &mut colliders,
            &mut impulse_joints,
            &mut joints,
            &mut soft_bodies,
            &mut ccd,
            &(),
            &(),
        );
        touches[step] = narrow_phase.contact_pair(floor, ball).is_some_and(|pair| pair.has_any_active_contact());
    }
    let ([body, collider], [_, one, two]) = (heights, touches);
    format!("posed: body {body:.2} collider {collider:.2}; touches after a step: {one}, after two: {two}")
}

fn main() {
    println!("update_rigid_bodies: {}", posed(true, false, false));
    println!("update_rigid_bodies, propagate: {}", posed(true, true, false));
    println!("update_rigid_bodies, set_position: {}", posed(true, false, true));
    println!("set_position: {}", posed(false, false, true));
}
RUST

seen=$(cargo run --quiet --manifest-path "$folder/Cargo.toml")
printf '%s\n' "$seen"
expected=$(sed -n 's/^#   //p' "$0")
if [ "$seen" = "$expected" ]; then
    echo "as it was found"
else
    printf 'changed; expected\n%s\n' "$expected"
    exit 1
fi
