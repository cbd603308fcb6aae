"""Trajectories of our robots in MuJoCo, for `envs/tests/mujoco.rs`.

    pip install mujoco==4.0.0
    python envs/tests/mujoco/trajectories.py

Each CSV file holds the time in seconds and the positions of all joints (MuJoCo's order), integrated by fourth-order
Runge-Kutta at 0.2 ms without contacts, or by MuJoCo's own Euler steps of 0.5 ms where the robot touches the floor.
Torques follow sin(k t) of a share of their limits in steps of 5 ms, with another k for each motor.
"""

from pathlib import Path

import mujoco
import numpy as np

HERE = Path(__file__).parent
ROBOTS = HERE.parents[2] / "assets" / "robots"
SAMPLE_SECS = 0.02
SECS = 1.0


def load(robot, friction=None):
    spec = mujoco.MjSpec.from_file(str(ROBOTS / f"{robot}.xml"))
    if friction is not None:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_PLANE, size=[50, 50, 1], friction=[friction, 0.005, 0.0001]
        )
    return spec.compile()


def run(name, robot, start=None, friction=None, torques=0.0):
    model = load(robot, friction)
    # The limbs of one robot do not touch each other, as in our worlds.
    if friction is not None:
        for geom in range(model.ngeom):
            on_floor = model.geom_bodyid[geom] == 0
            model.geom_contype[geom], model.geom_conaffinity[geom] = (1, 0) if on_floor else (0, 1)
    contacts = friction is not None
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_EULER if contacts else mujoco.mjtIntegrator.mjINT_RK4
    model.opt.timestep = 0.0005 if contacts else 0.0002
    # Its dry friction is soft: joints creep where ours stick.
    model.dof_frictionloss[:] = 0
    data = mujoco.MjData(model)
    if model.nkey:
        mujoco.mj_resetDataKeyframe(model, data, 0)
    if start is not None:
        data.qpos[:] = start
    rows, steps = [], round(SAMPLE_SECS / model.opt.timestep)
    for sample in range(round(SECS / SAMPLE_SECS) + 1):
        rows.append(np.concatenate([[sample * SAMPLE_SECS], data.qpos]))
        for step in range(steps):
            t = sample * SAMPLE_SECS + (step // round(0.005 / model.opt.timestep)) * 0.005
            if torques:
                data.ctrl[:] = torques * np.sin((3.0 + np.arange(model.nu)) * t)
            mujoco.mj_step(model, data)
    header = ",".join(["t"] + [f"q{k}" for k in range(model.nq)])
    np.savetxt(HERE / f"{name}.csv", rows, fmt="%.7g", delimiter=",", header=header, comments="")


run("pendulum", "pendulum", start=[2.0])
run("double-pendulum", "acrobot", start=[1.5, 0.8])
run("arm", "reacher", start=[0.3, 0.5], torques=0.05)
run("ant-drop", "ant", friction=1.0)
run("ant-in-air", "ant", torques=0.01)
