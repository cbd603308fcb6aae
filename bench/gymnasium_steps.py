"""Control steps a second of mesolimb's tasks and of Gymnasium's environments on MuJoCo, in the same run.

    pip install "gymnasium[mujoco]"
    cargo build --release
    python bench/gymnasium_steps.py --mesolimb target/release/mesolimb

Both play random actions on one thread, in turn, `--repeats` times. Each time the fastest of fifteen stretches of 50 ms
counts, after a warm-up; the table gives the medians of these, and the ratio of ours to theirs. A control step is as long as
the task says, and not always as long as that of the other: see the columns in ms.
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
# As `mesolimb bench envs` does it.
STRETCHES, STRETCH_SECS = 15, 0.05
WARM_UP_STEPS = 100


def theirs(name):
    """Steps a second, and the length of a step in ms."""
    env = gymnasium.make(name)
    env.reset(seed=0)
    env.action_space.seed(0)
    # Drawn before the clock starts, and used over and over.
    actions = [env.action_space.sample() for _ in range(1024)]

    def step(count):
        _, _, terminated, truncated, _ = env.step(actions[count % len(actions)])
        if terminated or truncated:
            env.reset()

    for count in range(WARM_UP_STEPS):
        step(count)
    fastest = 0.0
    for _ in range(STRETCHES):
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < STRETCH_SECS:
            step(count)
            count += 1
        fastest = max(fastest, count / (time.perf_counter() - started))
    return fastest, 1000.0 * env.unwrapped.dt


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
