//! `mesolimb docs controllers`: what controllers without a brain do, measured while the page is written.

mod arm;
mod quadruped;

use std::{fmt::Write as _, path::Path};

use anyhow::Context as _;
use mesolimb_agents::baseline::gait::{LIFT, STANCE, SWING, TROT_HZ};
use mesolimb_envs::{Env, Scene};

use crate::{
    checkpoint::replace_file,
    plot::{self, Frame},
    render::Picture,
};
use arm::{APPROACH_SECS, ROUNDS, SEEDS, Track};
use quadruped::{ARROW, FEET, SETTLED_SECS, STAND_SECS, Standing, TROT_SECS, TROT_SEEDS, Trot};

/// First line of the page.
const MARK: &str = "<!-- Written by `mesolimb docs controllers`, which measures what it says here. -->";

/// Writes the page, its pictures and its plots.
///
/// # Errors
/// If a robot falls or a file cannot be written.
pub fn write_controllers(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let (standing, trot, tracks) = (Standing::measure()?, Trot::measure()?, arm::measure()?);
    replace_file(&out.join("README.md"), page(&standing, &trot, &tracks).as_bytes())?;
    // Directions from which legs, way and circle are seen best.
    for (file, layers, direction, [width, height]) in [
        ("stand.png", standing.layers(), [-58.0, 18.0], [640, 480]),
        ("trot.png", trot.layers(), [-78.0, 14.0], [960, 290]),
        ("circle.png", arm::layers(&tracks), [-30.0, 10.0], [640, 480]),
    ] {
        Picture::of_layers(&layers, direction, width, height).write(&out.join(file))?;
    }
    let curves = tracks.iter().map(Track::curve).collect();
    for (file, title, y_label, curves) in [
        ("stand.svg", "Force of the floor on each foot", "force (N)", standing.curves()),
        ("circle.svg", "Distance of the gripper from its goal", "distance (mm)", curves),
    ] {
        let frame = Frame { title, x_label: "time (s)", y_label, mark: None };
        plot::draw(&out.join(file), &frame, &curves)?;
    }
    Ok(())
}

/// The page, with what is measured now.
///
/// # Errors
/// If a robot falls.
pub fn controllers_page() -> anyhow::Result<String> {
    Ok(page(&Standing::measure()?, &Trot::measure()?, &arm::measure()?))
}

fn page(standing: &Standing, trot: &Trot, tracks: &[Track]) -> String {
    let intro = "# Controllers\n\n\
        What the robots do without a brain: one posture held, a gait that senses nothing, and a controller that knows the \
        equations of motion.\nThey show that bodies and physics are sound, and tests hold them to it.\n";
    [MARK, "", intro, &of_standing(standing), &of_trot(trot), &of_tracks(tracks)].join("\n").replace(" -", " −")
}

fn of_standing(standing: &Standing) -> String {
    let [abduction, hip, knee] = STANCE;
    let mut text = format!(
        "## Standing\n\n![The standing quadruped, with an arrow up from each foot](stand.png)\n\n\
         The servos of the [quadruped](../tasks/quadruped.md) are commanded one posture for {STAND_SECS} s: \
         {abduction} rad of abduction, {hip} at the hip and {knee} at the knee of each leg \
         ([code](../../agents/src/baseline/gait.rs)).\n\n\
         ```text\nτ = clip(k (q* − q) − d q̇, ±τ_max)\n```\n\n\
         The arrows are the forces with which the floor carries it at the end, {} mm for a newton, in the colours of the \
         plot.\n\n| foot | force, N |\n|---|---|\n",
        1e3 * ARROW,
    );
    let forces = standing.last_forces();
    for ((foot, _), force) in FEET.iter().zip(forces) {
        let _ = writeln!(text, "| {foot} | {force:.1} |");
    }
    let _ = writeln!(text, "| all | {:.1} |\n| weight | {:.1} |\n", forces.iter().sum::<f64>(), standing.weight);
    let _ = writeln!(
        text,
        "From {SETTLED_SECS} s on, the forces together are at most {:.2} % off the weight, and the trunk stays within \
         {:.1} mm.\n\n![The forces over time](stand.svg)",
        100.0 * standing.worst_sum(),
        1e3 * standing.drift,
    );
    text
}

fn of_trot(trot: &Trot) -> String {
    let ([near, far], [least, most]) = (trot.range(0), trot.range(1));
    let ([_, hip, knee], [hip_lift, knee_lift]) = (STANCE, LIFT);
    format!(
        "## Trotting\n\n![The trotting quadruped at four times, from left to right, and two paths](trot.png)\n\n\
         Legs across from each other swing together, f = {TROT_HZ} times a second; nothing that is sensed comes back \
         ([code](../../agents/src/baseline/gait.rs)).\n\
         With a phase φ = 2π f t for one pair, and half a turn later for the other:\n\n\
         ```text\nhip  = {hip} + {SWING} cos φ + {hip_lift} max(0, sin φ)\n\
         knee = {knee} − {knee_lift} max(0, sin φ)\n```\n\n\
         The picture shows the start, the end after {TROT_SECS} s and two times between. Green is the path of the middle of \
         the trunk, orange that of the right front foot.\n\
         From {TROT_SEEDS} starts it came {near:.2} to {far:.2} m forward. Nothing keeps it on course: it also came \
         {least:.2} to {most:.2} m to the left.\n",
    )
}

fn of_tracks(tracks: &[Track]) -> String {
    let mut text = format!(
        "## Following a circle\n\n![The arm at four times, its gripper on a circle](circle.png)\n\n\
         The gripper x of the [arm of seven joints](../tasks/arm-reach.md) follows its goal `x*` by operational-space \
         control, with the mass matrix M, the Jacobian J, and h, what the motion itself takes. In short \
         ([in full, with sources](../../agents/src/baseline/operational_space.rs)):\n\n\
         ```text\nẍ = ẍ* + g (ẋ* + k (x* − x) − ẋ)\n\
         q̈ = M⁻¹ Jᵀ (J M⁻¹ Jᵀ)⁻¹ (ẍ − J̇ q̇) + what keeps the posture without moving the gripper\n\
         τ = clip(M q̈ + h, ±τ_max)\n```\n\n\
         The dots are the goal; the line is the path of the gripper, from where it started at the upper right.\n\
         Measured from {SEEDS} postures over {ROUNDS} rounds, after {APPROACH_SECS} s to come to the circle:\n\n\
         | radius, m | a round, s | mean distance, mm | largest distance, mm |\n|---|---|---|---|\n",
    );
    for track in tracks {
        let [mean, worst] = track.mean_and_worst().map(|distance| 1e3 * distance);
        let _ = writeln!(text, "| {} | {} | {mean:.3} | {worst:.3} |", track.circle.radius, track.circle.period_secs);
    }
    text + "\n![The distance over time](circle.svg)\n"
}

fn steps(secs: f64, env: &dyn Env) -> usize {
    (secs / env.spec().control_dt_secs).round() as usize
}

fn scene(env: &dyn Env) -> Scene {
    let mut scene = Scene::default();
    env.scene(&mut scene);
    scene
}

/// Smallest and largest of some numbers.
fn bounds(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    numbers.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], number| [low.min(number), high.max(number)])
}
