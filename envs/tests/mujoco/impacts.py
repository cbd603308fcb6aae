"""Impacts, stops and contacts in MuJoCo, for `envs/tests/impacts.rs` and `envs/tests/starts.rs`.

    pip install mujoco==4.0.0
    python envs/tests/mujoco/impacts.py

Our robots, and `capsule.xml` and `limb.xml` here, with the contacts and stops of Gymnasium's models: solref, solimp and
margin of `SOFT`, for limbs and floor alike, pyramidal cones, limbs of one robot not touching each other. Margins add up in
this version: contacts of the hopper begin 2 mm above the floor. Steps are of 0.5 ms, in `starts-*.csv` those of Gymnasium.

Angles in rad, lengths in m, torques in N·m. Roots in a plane: way along x and z from where the file has them, angle about y.

`capsule-*.csv`: time, then x, y, z, the orientation as a quaternion w, x, y, z, the velocity, the angular velocity, both along
    the world's axes. Compared: where it is, how it lies and how fast it moves, and where it rests.
    drop: from 0.5 m, its end at +x 30 degrees above the horizontal. slide: on the floor, along itself at 2 m/s.
    roll: on the floor, across itself at 1 m/s without spin. `-hopper` are the same with the contacts of the hopper.
`limb.csv`: time, then angle and speed for each armature (0, 1 kg m2), each stop (MuJoCo's default, the half-cheetah's), each
    speed at the start (5, 20 rad/s), the last fastest. No gravity. Compared: how far it goes beyond its stop of 0.1 rad, and
    how fast it leaves it.
`crouch.csv`: time, the positions of the hopper with the full pulse and steps of 0.5 ms, then height and pitch of its torso for each
    step (0.5, 1, 2 ms) and each pulse (full torques, 0.6 of them), the last fastest. It crouches with its foot flat and its
    centre of mass above the middle of the foot, and pushes off for 0.15 s. Compared: height of the jump, height and pitch.
`starts-*.csv`: number of the start, time, positions, velocities, of 200 starts that scatter as Gymnasium's do. All motors hold
    random torques for a while; `Torques` draws them, start by start, hold by hold, motor by motor. Compared: mean and
    spread of each coordinate over the starts, and how far apart the same start is. Gymnasium's steps of 10 ms are coarse for
    the half-cheetah: `-fine` are its starts with steps of 0.5 ms.
"""

from pathlib import Path

import mujoco
import numpy as np

HERE = Path(__file__).parent
ROBOTS = HERE.parents[2] / "assets" / "robots"

DEFAULT_SOLIMP = [0.9, 0.95, 0.001]
HOPPER_SOLIMP = [0.8, 0.8, 0.01]
CHEETAH_STOP = [0.0, 0.8, 0.03]
# Gymnasium's models: friction of the floor, impedance and margin of contacts, impedance of stops. solref is .02 1 in all.
SOFT = {
    "hopper": {"friction": 1.0, "solimp": HOPPER_SOLIMP, "margin": 0.001, "stop": DEFAULT_SOLIMP},
    "half-cheetah": {"friction": 0.4, "solimp": [0.0, 0.8, 0.01], "margin": 0.0, "stop": CHEETAH_STOP},
    "capsule": {"friction": 0.8, "solimp": DEFAULT_SOLIMP, "margin": 0.0, "stop": DEFAULT_SOLIMP},
}
EULER, RK4 = mujoco.mjtIntegrator.mjINT_EULER, mujoco.mjtIntegrator.mjINT_RK4


class Torques:
    """Numbers in [0, 1): state <- 6364136223846793005 state + 1442695040888963407 mod 2^64, from 1; its upper 53 bits."""

    def __init__(self):
        self.state = 1

    def draw(self, limits):
        return np.array([limit * (2.0 * self.number() - 1.0) for limit in limits])

    def number(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 11) / (1 << 53)


def load(path, soft, integrator, timestep):
    spec = mujoco.MjSpec.from_file(str(path))
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[50, 50, 1], friction=[soft["friction"], 0.005, 0.0001])
    model = spec.compile()
    model.opt.integrator, model.opt.timestep = integrator, timestep
    model.geom_solref[:], model.geom_solimp[:, :3], model.geom_margin[:] = [0.02, 1.0], soft["solimp"], soft["margin"]
    model.jnt_solref[:], model.jnt_solimp[:, :3] = [0.02, 1.0], soft["stop"]
    for geom in range(model.ngeom):
        on_floor = model.geom_bodyid[geom] == 0
        model.geom_contype[geom], model.geom_conaffinity[geom] = (1, 0) if on_floor else (0, 1)
    return model


def save(name, header, rows, digits=7):
    np.savetxt(HERE / f"{name}.csv", rows, fmt=f"%.{digits}g", delimiter=",", header=",".join(header), comments="")


def advance(model, data, secs):
    for _ in range(round(secs / model.opt.timestep)):
        mujoco.mj_step(model, data)


def columns(letter, count):
    return [f"{letter}{k}" for k in range(count)]


def capsule(name, solimp, position, velocity, tilt=0.0):
    model = load(HERE / "capsule.xml", SOFT["capsule"] | {"solimp": solimp}, EULER, 0.0005)
    data = mujoco.MjData(model)
    # Turned about −y: the end at +x goes up.
    data.qpos[:] = [*position, np.cos(tilt / 2), 0.0, -np.sin(tilt / 2), 0.0]
    data.qvel[:3] = velocity
    rows = []
    for sample in range(101):
        spin = np.zeros(3)
        mujoco.mju_rotVecQuat(spin, data.qvel[3:], data.qpos[3:])
        rows.append([sample * 0.01, *data.qpos, *data.qvel[:3], *spin])
        advance(model, data, 0.01)
    save(f"capsule-{name}", ["t", *columns("q", 7), *columns("v", 6)], rows)


def limb():
    cases = [(a, stop, speed) for a in (0.0, 1.0) for stop in (DEFAULT_SOLIMP, CHEETAH_STOP) for speed in (5.0, 20.0)]
    rows = [[sample * 0.002] for sample in range(151)]
    for armature, stop, speed in cases:
        spec = mujoco.MjSpec.from_file(str(HERE / "limb.xml"))
        spec.joints[0].armature, spec.joints[0].solimp_limit[:3] = armature, stop
        model = spec.compile()
        model.opt.timestep, model.opt.gravity[:] = 0.0005, 0.0
        data = mujoco.MjData(model)
        data.qvel[0] = speed
        for row in rows:
            row += [data.qpos[0], data.qvel[0]]
            advance(model, data, 0.002)
    save("limb", ["t", *(f"{letter}{case}" for case in range(len(cases)) for letter in "qv")], rows)


def crouch():
    rows = [[sample * 0.01] for sample in range(61)]
    greatest = {}
    for timestep in (0.0005, 0.001, 0.002):
        for share in (1.0, 0.6):
            model = load(ROBOTS / "hopper.xml", SOFT["hopper"], RK4, timestep)
            data = mujoco.MjData(model)
            data.qpos[:] = [0.0, 0.0, -1.378, -0.7, -1.4, 0.722]
            mujoco.mj_kinematics(model, data)
            lowest = min(data.geom_xpos[geom, 2] - model.geom_size[geom, 0] for geom in range(model.ngeom) if model.geom_bodyid[geom])
            data.qpos[1] -= round(lowest, 6)
            for row in rows:
                if (timestep, share) == (0.0005, 1.0):
                    row += list(data.qpos)
                row += [data.qpos[1], data.qpos[2]]
                for _ in range(round(0.01 / timestep)):
                    data.ctrl[:] = share * np.array([1.0, 1.0, -1.0]) if row[0] < 0.15 - 1e-9 else 0.0
                    mujoco.mj_step(model, data)
                    greatest[timestep, share] = max(greatest.get((timestep, share), -1.0), data.qpos[1])
    labels = [f"{letter}_{1000 * step:g}ms_{share}" for step, share in greatest for letter in ("z", "pitch")]
    # The positions stand after the time, before all heights.
    save("crouch", ["t", *columns("q", 6), *labels], rows)
    for (timestep, share), height in greatest.items():
        print(f"crouch, steps of {1000 * timestep} ms, {share} of the torques: up to {height:.5f} m")


def starts(robot, integrator, timestep, hold_secs, noise, suffix=""):
    model = load(ROBOTS / f"{robot}.xml", SOFT[robot], integrator, timestep)
    limits = model.actuator_gear[:, 0].copy()
    torques, rng, rows = Torques(), np.random.default_rng(0), []
    for start in range(200):
        data = mujoco.MjData(model)
        noise(rng, data)
        # As they are stored, so that both sides start alike.
        data.qpos[:], data.qvel[:] = [[float(f"{x:.6g}") for x in values] for values in (data.qpos, data.qvel)]
        rows.append([start, 0.0, *data.qpos, *data.qvel])
        per_hold = round(hold_secs / timestep)
        for step in range(round(0.3 / timestep)):
            if step % per_hold == 0:
                data.ctrl[:] = torques.draw(limits) / limits
            mujoco.mj_step(model, data)
            if (step + 1) % round(0.1 / timestep) == 0:
                rows.append([start, round((step + 1) * timestep, 1), *data.qpos, *data.qvel])
    rows = np.array(rows)
    save(f"starts-{robot}{suffix}", ["start", "t", *columns("q", model.nq), *columns("v", model.nv)], rows, digits=6)
    report(robot + suffix, rows, [*columns("q", model.nq), *columns("v", model.nv)])


def report(robot, rows, names):
    for t in (0.1, 0.2, 0.3):
        print(f"{robot} after {t} s: mean, sd, quantiles of 5, 25, 50, 75, 95 %")
        for name, values in zip(names, rows[rows[:, 1] == t][:, 2:].T):
            quantiles = " ".join(f"{x:8.3f}" for x in np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]))
            print(f"  {name:>3} {values.mean():8.4f} {values.std():8.4f}  {quantiles}")


def hopper_noise(rng, data):
    data.qpos[:] += rng.uniform(-0.005, 0.005, len(data.qpos))
    data.qvel[:] = rng.uniform(-0.005, 0.005, len(data.qvel))


def cheetah_noise(rng, data):
    data.qpos[:] += rng.uniform(-0.1, 0.1, len(data.qpos))
    data.qvel[:] = 0.1 * rng.standard_normal(len(data.qvel))


for suffix, impedance in (("", DEFAULT_SOLIMP), ("-hopper", HOPPER_SOLIMP)):
    capsule(f"drop{suffix}", impedance, [0.0, 0.0, 0.5], [0.0, 0.0, 0.0], tilt=np.radians(30))
    capsule(f"slide{suffix}", impedance, [0.0, 0.0, 0.05], [2.0, 0.0, 0.0])
    capsule(f"roll{suffix}", impedance, [0.0, 0.0, 0.05], [0.0, 1.0, 0.0])
limb()
crouch()
starts("hopper", RK4, 0.002, 0.04, hopper_noise)
starts("half-cheetah", EULER, 0.01, 0.1, cheetah_noise)
starts("half-cheetah", EULER, 0.0005, 0.1, cheetah_noise, suffix="-fine")
