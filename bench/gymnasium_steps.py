"""Control steps a second of mesolimb's tasks and of Gymnasium's environments on MuJoCo, in the same run.

    pip install "gymnasium[mujoco]"
    cargo build --release
    python bench/gymnasium_steps.py --mesolimb target/release/mesolimb

Both play random actions on one thread, in turn, `--repeats` times; the table gives the medians, and the ratio of ours to
theirs. A control step is as long as the task says, and not always as long as that of the other: see the columns in ms.
Leave the machine alone meanwhile; about three minutes.
"""

import argparse
import json
import statistics
import subprocess
import time

import gymnasium

# Task of ours, environment of theirs, smallest ratio that we aim for.
PAIRS = [
    ("pendulum", "InvertedPendulum-v5", 3.0),
    ("cartpole", "InvertedPendulum-v5", 3.0),
    ("reacher", "Reacher-v5", 3.0),
    ("hopper", "Hopper-v5", 1.0),
    ("walker", "Walker2d-v5", 1.0),
    ("half-cheetah", "HalfCheetah-v5", 0.6),
    ("ant", "Ant-v5", 1.0),
]
STEPS = 3000


def theirs(name):
    """Steps a second, and the length of a step in ms."""
    env = gymnasium.make(name)
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(STEPS)]
    started = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return STEPS / (time.perf_counter() - started), 1000.0 * env.unwrapped.dt


def ours(mesolimb):
    """Steps a second of every task on one thread, and from one thread to two with 64 worlds."""
    command = [mesolimb, "bench", "envs", "--format", "json"]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    return {task["task"]: task for task in map(json.loads, lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mesolimb", default="target/release/mesolimb", help="the program to time")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    our_speeds, their_speeds, scaling, our_ms, step_ms = {}, {}, {}, {}, {}
    for _ in range(args.repeats):
        for name, task in ours(args.mesolimb).items():
            our_speeds.setdefault(name, []).append(task["env_steps_per_s"])
            our_ms[name] = task["control_step_ms"]
            scaling.setdefault(name, []).append(task["two_threads_over_one"])
        for name in dict.fromkeys(env for _, env, _ in PAIRS):
            speed, step_ms[name] = theirs(name)
            their_speeds.setdefault(name, []).append(speed)
    print("\nFrom one thread to two with 64 worlds: " + ", ".join(f"{t} {statistics.median(s):.2f}" for t, s in scaling.items()) + ".\n")
    print("| task | its step | steps/s | Gymnasium | its step | steps/s | ratio | aim | two threads |")
    print("|-|-|-|-|-|-|-|-|-|")
    for task, env, aim in PAIRS:
        mine, other = statistics.median(our_speeds[task]), statistics.median(their_speeds[env])
        print(
            f"| {task} | {our_ms[task]:.0f} ms | {mine:.0f} | {env} | {step_ms[env]:.0f} ms | {other:.0f} | {mine / other:.2f} | {aim} "
            f"| {statistics.median(scaling[task]):.2f} |"
        )


if __name__ == "__main__":
    main()
