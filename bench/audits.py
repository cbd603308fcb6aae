"""Audits the fifteen tasks and three robots of Gymnasium's, and prints a table of what came out.

    pip install "gymnasium[mujoco]"
    cargo build --release
    python bench/audits.py --mesolimb target/release/mesolimb

Results are kept: what `bench/audits.csv` has is not done again. The four tasks that `bench/search.py` searches come from there.
The rest takes half an hour on two cores.
"""

import argparse
import csv
from importlib.util import find_spec
from pathlib import Path

from search import AUDIT, HERE, Store, audit

# Control steps of the search, by the speed of the world.
STEPS = {
    **dict.fromkeys(["pendulum", "cartpole", "cartpole-swingup", "acrobot", "reacher", "water-maze", "set-shift"], 200_000),
    **dict.fromkeys(["arm-reach", "arm-push", "quadruped"], 100_000),
    "forage": 32_000,
}
ROBOTS, ROBOT_STEPS = ["half_cheetah.xml", "ant.xml", "humanoid.xml"], 60_000


def cases():
    """Name, arguments and steps of each audit."""
    for task, steps in STEPS.items():
        yield task, [task], steps
    gymnasium = Path(find_spec("gymnasium").origin).parent
    for robot in ROBOTS:
        yield f"walk, {robot}", ["walk", "--robot", str(gymnasium / "envs/mujoco/assets" / robot)], ROBOT_STEPS


def print_table(paths):
    rows = [row for path in paths if path.exists() for row in csv.DictReader(path.open())]
    print("\n| world | searches | steps of each | passed | most unpaid in a step | in an episode | least kept at half the step | at a quarter |")
    print("|-|-|-|-|-|-|-|-|")
    for name in dict.fromkeys(row["env"] for row in rows):
        of_it = [row for row in rows if row["env"] == name]
        passed = sum(row["audit"] == "passed" for row in of_it)
        most = [100 * max(float(row[key]) for row in of_it) for key in ["unpaid_step", "unpaid_episode"]]
        least = [min(float(row[key]) for row in of_it) for key in ["kept_at_half", "kept_at_quarter"]]
        steps = min(int(row["steps"]) for row in of_it)
        print(f"| {name} | {len(of_it)} | {steps} | {passed} | {most[0]:.2f} % | {most[1]:.2f} % | {least[0]:.2f} | {least[1]:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mesolimb", help="our program; without it only results that are kept are shown")
    parser.add_argument("--kept", type=Path, default=HERE / "audits.csv", help="results; missing ones are added")
    parser.add_argument("--seeds", default="0,1,2")
    args = parser.parse_args()
    store = Store(args.kept, AUDIT)
    for name, arguments, steps in cases() if args.mesolimb else ():
        for seed in map(int, args.seeds.split(",")):
            if (name, seed) not in store.found:
                store.add(name, seed, audit(args.mesolimb, arguments, steps, seed))
                print(f"{name}, seed {seed}: {store.found[name, seed]:.1f}", flush=True)
    print_table([HERE / "search_ours.csv", args.kept])


if __name__ == "__main__":
    main()
