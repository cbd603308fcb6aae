"""What one policy search finds in our worlds and in Gymnasium's on MuJoCo.

    pip install "gymnasium[mujoco]"
    cargo build --release
    python bench/search.py --mesolimb target/release/mesolimb

The search is augmented random search, version V2 (Mania, Guy and Recht 2018): a linear policy on normalised observations,
8 directions a round of which the best 4 count, step 0.01, noise 0.025. The reward for being alive is taken out of what is
searched, but not for the ant: all that is left to it at first is the cost of its torques, and it learns to end its episodes soon.
The search ends with the first round that reaches the budget of control steps. Its result is the mean return of 10 episodes,
alive bonus and all, without noise and with the statistics of the observations held still.

Results are kept: what the files of `--theirs` and `--ours` have is not searched again, and what is missing there is added.
`bench/search_mujoco.csv` has MuJoCo's, so that only ours have to be made. Theirs from nothing take an hour on one core.
Beside it lies `search_mujoco_curves.csv`, how the searches went: the mean return of all 16 noisy episodes of a round.

What is made equal: `Ant-v5` gets no cost of contact, the observation of our ant (posture, velocities, and of each foot the
contact force up to 1 N) and its start, on bent legs. What is not: see the README beside this file.
"""

import argparse
import csv
import json
import math
import os
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# One process, one core: the matrices are too small for more.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402

HERE = Path(__file__).parent
DIRECTIONS, BEST, STEP_SIZE, NOISE = 8, 4, 0.01, 0.025
EPISODE_STEPS, EVALUATION_EPISODES = 1000, 10
# A learning curve has about so many points.
CURVE_POINTS = 50
RESULT = ["env", "seed", "steps", "rounds", "return"]
# Largest share of the energy in play that came from nowhere in a step and in an episode, of search and audit; shares of the return
# that are kept with half and a quarter of the step.
AUDIT = ["env", "seed", "steps", "rounds", "audit", "unpaid_step", "unpaid_episode", "kept_at_half", "kept_at_quarter", "return"]
CURVE = ["env", "seed", "round", "steps", "return"]


@dataclass
class Task:
    """A task of ours, its environment of theirs, and what is searched for how long."""

    ours: str
    theirs: str
    steps: int
    alive: float
    seeds: int = 5
    arguments: dict = field(default_factory=dict)


TASKS = [
    Task("hopper", "Hopper-v5", 1_500_000, alive=1.0),
    Task("half-cheetah", "HalfCheetah-v5", 960_000, alive=0.0),
    Task("walker", "Walker2d-v5", 1_500_000, alive=1.0, seeds=10),
    Task("ant", "Ant-v5", 1_000_000, alive=0.0, arguments={"contact_cost_weight": 0.0, "include_cfrc_ext_in_observation": False}),
]
# Ours divided by theirs, and the least that the median of ours shall be.
AIM = [0.6, 1.6]
AIM_RETURN = {"hopper": 2500.0}

# Order of Gymnasium's `ant.xml`: ankles bent as those of our ant are at its start.
ANT_STAND = [0, 0, 0.75, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, 0, 1]
ANT_FEET = ["left_ankle_geom", "right_ankle_geom", "third_ankle_geom", "fourth_ankle_geom"]


class Theirs:
    """An environment of Gymnasium, without its wrappers."""

    def __init__(self, task, gymnasium_start=False):
        import gymnasium

        self.env = gymnasium.make(task.theirs, **task.arguments).unwrapped
        self.feet = None
        if task.ours == "ant":
            self.feet = [self.env.model.geom(name).bodyid[0] for name in ANT_FEET]
            if not gymnasium_start:
                self.env.init_qpos = np.array(ANT_STAND, dtype=float)
        self.n_actions = self.env.action_space.shape[0]
        self.n_observations = len(self.observed(self.env.reset(seed=0)[0]))
        self.limits = self.env.action_space.high

    def observed(self, observation):
        if self.feet is None:
            return observation
        forces = np.linalg.norm(self.env.data.cfrc_ext[self.feet, 3:], axis=1)
        return np.concatenate([observation, np.minimum(forces, 1.0)])

    def episode(self, weights, mean, deviation, seed):
        """Return, number of steps, and all that was observed."""
        observation = self.observed(self.env.reset(seed=seed)[0])
        total, seen = 0.0, []
        for _ in range(EPISODE_STEPS):
            seen.append(observation)
            action = np.clip(weights @ ((observation - mean) / deviation), -1.0, 1.0) * self.limits
            observation, reward, terminated, _, _ = self.env.step(action.astype(np.float32))
            observation = self.observed(observation)
            total += reward
            if terminated:
                break
        return total, len(seen), np.array(seen)


def search(world, steps, alive, seed):
    """Rounds of augmented random search until `steps` are done: result, points of the curve, policy."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((world.n_actions, world.n_observations))
    count, total, squares = 0, np.zeros(world.n_observations), np.zeros(world.n_observations)
    mean, deviation = np.zeros(world.n_observations), np.ones(world.n_observations)
    done, rounds, curve = 0, 0, []
    while done < steps:
        tried, returns = [], []
        for _ in range(DIRECTIONS):
            direction, start = rng.standard_normal(weights.shape), int(rng.integers(1 << 30))
            searched = []
            for sign in (1.0, -1.0):
                gained, length, seen = world.episode(weights + sign * NOISE * direction, mean, deviation, start)
                count, total, squares = count + length, total + seen.sum(axis=0), squares + (seen**2).sum(axis=0)
                done += length
                returns.append(gained)
                searched.append(gained - alive * length)
            tried.append((*searched, direction))
        best = sorted(tried, key=lambda pair: -max(pair[:2]))[:BEST]
        spread = max(np.std([pair[:2] for pair in best]), 1e-6)
        for plus, minus, direction in best:
            weights += STEP_SIZE / (BEST * spread) * (plus - minus) * direction
        mean = total / count
        deviation = np.maximum(np.sqrt(np.maximum(squares / count - mean**2, 0.0)), 1e-3)
        rounds += 1
        if done >= len(curve) * steps / CURVE_POINTS:
            curve.append([rounds, done, np.mean(returns)])
    found = np.mean([world.episode(weights, mean, deviation, 7 + k)[0] for k in range(EVALUATION_EPISODES)])
    return [done, rounds, found], curve, (weights, mean, deviation)


def audit(mesolimb, arguments, steps, seed):
    """Search and audit by our own program: a row of `AUDIT` without its name. An audit that fails is told of, and counts."""
    command = [mesolimb, "audit", *arguments, "--steps", str(steps), "--seed", str(seed), "--format", "json"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if not answer.stdout.strip():
        raise SystemExit(f"{' '.join(command)} says nothing")
    found = json.loads(answer.stdout.splitlines()[-1])
    if not found["passed"]:
        print(f"{' '.join(arguments)}, seed {seed}: the audit failed: {found['findings'][0]['text']}")
    kept = {clock["factor"]: clock["kept"]["share"] for clock in found["clocks"] if clock["kept"]}
    shares = [found["worst_step"]["share"], found["worst_episode"]["share"], *(kept.get(factor, math.nan) for factor in (2, 4))]
    verdict = "passed" if found["passed"] else "failed"
    return [seed, found["steps"], found["rounds"], verdict, *(f"{share:.4f}" for share in shares), found["return"]]


class Store:
    """A file of results, and one of learning curves beside it."""

    def __init__(self, path, header=RESULT):
        self.path, self.header, self.found = Path(path), header, {}
        self.curves = self.path.with_name(f"{self.path.stem}_curves.csv")
        if self.path.exists():
            for row in csv.DictReader(self.path.open()):
                self.found[row["env"], int(row["seed"])] = float(row["return"])

    def add(self, env, seed, result, curve=()):
        self.found[env, seed] = result[-1]
        append(self.path, self.header, [[env, *result]])
        append(self.curves, CURVE, [[env, seed, *point] for point in curve])


def append(path, header, rows):
    if not rows:
        return
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(header)
        for row in rows:
            writer.writerow([*row[:-1], f"{row[-1]:.1f}"])


def summary(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})" if values else ""


def print_table(tasks, seeds, ours, theirs):
    print("\n| task | steps | ours | Gymnasium | on MuJoCo | ratio | aim | |")
    print("|-|-|-|-|-|-|-|-|")
    for task in tasks:
        mine = [ours.found[task.ours, seed] for seed in seeds[task.ours] if (task.ours, seed) in ours.found]
        other = [theirs.found[task.theirs, seed] for seed in seeds[task.ours] if (task.theirs, seed) in theirs.found]
        least = AIM_RETURN.get(task.ours)
        aim = f"{AIM[0]} to {AIM[1]}" + (f", ours above {least:.0f}" if least else "")
        ratio, verdict = "", ""
        if mine and other:
            quotient = statistics.median(mine) / statistics.median(other)
            holds = AIM[0] <= quotient <= AIM[1] and (least is None or statistics.median(mine) > least)
            ratio, verdict = f"{quotient:.2f}", "holds" if holds else "missed"
        print(f"| {task.ours} | {task.steps} | {summary(mine)} | {task.theirs} | {summary(other)} | {ratio} | {aim} | {verdict} |")


def save_policy(path, policy):
    """Weights (action by observation), means, deviations, one number a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.concatenate([part.ravel() for part in policy]), fmt="%.7g")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mesolimb", help="our program; without it only results that are kept are shown")
    parser.add_argument("--theirs", default=HERE / "search_mujoco.csv", help="results on MuJoCo; missing ones are added")
    parser.add_argument("--ours", default=HERE / "search_ours.csv", help="results of ours; missing ones are added")
    parser.add_argument("--tasks", help="some of the tasks, by our names, with commas between")
    parser.add_argument("--seeds", help="with commas between; 0 to 4, if not given, and 0 to 9 where some find a gait and others do not")
    parser.add_argument("--gymnasium-start", action="store_true", help="Ant-v5 starts as Gymnasium has it, on stretched legs")
    parser.add_argument("--policies", type=Path, help="a folder for the policies that are found on MuJoCo")
    args = parser.parse_args()
    names = args.tasks.split(",") if args.tasks else [task.ours for task in TASKS]
    tasks = [task for task in TASKS if task.ours in names]
    seeds = {task.ours: [int(seed) for seed in args.seeds.split(",")] if args.seeds else range(task.seeds) for task in tasks}
    ours, theirs = Store(args.ours, AUDIT), Store(args.theirs)
    for task in tasks:
        for seed in seeds[task.ours]:
            if (task.theirs, seed) not in theirs.found:
                result, curve, policy = search(Theirs(task, args.gymnasium_start), task.steps, task.alive, seed)
                theirs.add(task.theirs, seed, [seed, *result], curve)
                if args.policies:
                    save_policy(args.policies / f"{task.theirs}-{seed}.txt", policy)
                print(f"{task.theirs}, seed {seed}: {result[-1]:.0f}", flush=True)
            if args.mesolimb and (task.ours, seed) not in ours.found:
                arguments = [task.ours, "--episodes", str(EVALUATION_EPISODES), "--alive-bonus", str(task.alive)]
                ours.add(task.ours, seed, audit(args.mesolimb, arguments, task.steps, seed))
                print(f"{task.ours}, seed {seed}: {ours.found[task.ours, seed]:.0f}", flush=True)
    print_table(tasks, seeds, ours, theirs)


if __name__ == "__main__":
    main()
