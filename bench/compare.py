#!/usr/bin/env python3
"""Times mesolimb, Brian2 and NEST on the same networks, one thread each. See README.md."""

import argparse
import contextlib
import csv
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from networks import DEFAULT_N, DEFAULT_SIM_S, outdegree

HERE = Path(__file__).resolve().parent
SIMULATORS = ("mesolimb", "brian2", "nest")
SCALING_N = (4000, 64000)

# Mean rate of all cells over the whole run at the default size, Hz; where they come from is in README.md.
RATE_BAND_HZ = {"cuba": (4.71, 6.24), "coba": (14.8, 23.0), "izhikevich-da": (1.1, 1.5)}
RATE_SPREAD = 1.25  # the highest rate over the lowest, at any size
OUTDEGREE_TOLERANCE = 0.05


class Mesolimb:
    """A fresh process for every run; the program times its own simulation loop."""

    def __init__(self, args, net, n, sim_s):
        self.command = [args.mesolimb, "bench", net, f"--n={n}", f"--sim-seconds={sim_s}", f"--seed={args.seed}"]
        self.command += ["--threads=1", "--format=json"]
        version = subprocess.run([args.mesolimb, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.version = version.split()[-1]

    def run(self):
        out = subprocess.run(self.command, stdout=subprocess.PIPE, text=True, check=True).stdout
        return json.loads(out)

    def close(self):
        pass


class Worker:
    """A Python process that builds the network once and runs it for every line it is sent (worker.py)."""

    def __init__(self, python, script, args, net, n, sim_s):
        command = [python, HERE / script, net, f"--n={n}", f"--sim-seconds={sim_s}", f"--seed={args.seed}"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if args.quiet else None,
            text=True,
        )
        self.version = self.answer()["version"]

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):  # a simulator may print lines of its own
                return json.loads(line)
        raise SystemExit(f"{self.process.args[1]} ended early with exit status {self.process.wait()}")

    def run(self):
        print(file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start(name, args, *network):
    if name == "mesolimb":
        return Mesolimb(args, *network)
    python = {"brian2": args.python_brian2, "nest": args.python_nest}[name]
    return Worker(python, f"nets_{name}.py", args, *network)


def measure(args, net, n, sim_s):
    """All repeats of one network, simulators in turn: name -> (simulator, results)."""
    with contextlib.ExitStack() as stack:
        simulators = {}
        for name in args.only:
            simulators[name] = start(name, args, net, n, sim_s)
            stack.callback(simulators[name].close)
        for simulator in simulators.values():
            simulator.run()  # warm-up, not counted
        results = {name: [] for name in simulators}
        for _ in range(args.repeats):
            for name, simulator in simulators.items():
                results[name].append(simulator.run())
        return {name: (simulators[name], results[name]) for name in simulators}


def faults(net, n, sim_s, measured):
    """Reasons why the comparison does not count."""
    found = []
    rates = {name: statistics.median(r["mean_rate_hz"] for r in results) for name, (_, results) in measured.items()}
    if n == DEFAULT_N[net]:
        low, high = RATE_BAND_HZ[net]
        found += [f"{k}: {v:.2f} Hz is outside {low} to {high} Hz" for k, v in rates.items() if not low <= v <= high]
    if max(rates.values()) > RATE_SPREAD * min(rates.values()):
        found.append("the mean rates differ by more than a factor of %g" % RATE_SPREAD)
    for name, (_, results) in measured.items():
        for r in results:
            if abs(r["sim_s"] - sim_s) > 0.01 * sim_s:
                found.append(f"{name}: simulated {r['sim_s']} s instead of {sim_s} s")
            per_spike = r["synaptic_events"] / max(r["spikes"], 1)
            if abs(per_spike / outdegree(net) - 1) > OUTDEGREE_TOLERANCE:
                found.append(f"{name}: {per_spike:.1f} synaptic events a spike instead of {outdegree(net)}")
    return list(dict.fromkeys(found))


def report(net, n, sim_s, measured):
    """Prints one table and returns the rows for the CSV file."""
    print(f"\n{net}, {n} cells, {sim_s:g} s simulated, 1 thread; wall seconds per simulated second")
    print(f"{'':20} {'median':>9} {'min':>9} {'max':>9} {'rate Hz':>8} {'ns/event':>9} {'build s':>8}")
    rows, medians = [], {}
    for name, (simulator, results) in measured.items():
        walls = [r["wall_s"] / r["sim_s"] for r in results]
        medians[name] = statistics.median(walls)
        event_ns = [1e9 * r["wall_s"] / r["synaptic_events"] for r in results]
        rate = statistics.median(r["mean_rate_hz"] for r in results)
        build_s = statistics.median(r["build_s"] for r in results)
        print(
            f"{name + ' ' + simulator.version:20} {medians[name]:9.4f} {min(walls):9.4f} {max(walls):9.4f}"
            f" {rate:8.2f} {statistics.median(event_ns):9.1f} {build_s:8.2f}"
        )
        for repeat, r in enumerate(results):
            rows.append(
                dict(
                    net=net,
                    n=n,
                    simulator=name,
                    version=simulator.version,
                    repeat=repeat,
                    sim_s=r["sim_s"],
                    wall_s=r["wall_s"],
                    wall_per_sim_s=walls[repeat],
                    median_wall_per_sim_s=medians[name],
                    mean_rate_hz=r["mean_rate_hz"],
                    spikes=r["spikes"],
                    synaptic_events=r["synaptic_events"],
                    ns_per_event=event_ns[repeat],
                )
            )
    others = [name for name in medians if name != "mesolimb"]
    if "mesolimb" in medians and others:
        best = min(others, key=medians.get)
        ratio = medians["mesolimb"] / medians[best]
        print(f"mesolimb / {best} (the faster of the others): {ratio:.3f} of its time, {1 / ratio:.2f} times as fast")
    wrong = faults(net, n, sim_s, measured)
    print("VOID: " + "; ".join(wrong) if wrong else "mean rates agree")
    for row in rows:
        row["valid"] = not wrong
    return rows


def names(choices):
    def parse(text):
        chosen = text.split(",")
        if unknown := set(chosen) - set(choices):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(choices)}")
        return chosen

    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mesolimb", default=str(HERE.parent / "target/release/mesolimb"), metavar="PATH")
    parser.add_argument("--python-brian2", default=sys.executable, metavar="PATH")
    parser.add_argument("--python-nest", default=sys.executable, metavar="PATH")
    parser.add_argument("--only", type=names(SIMULATORS), default=SIMULATORS, metavar="A,B", help="some of the simulators")
    parser.add_argument("--nets", type=names(DEFAULT_N), metavar="A,B", help="some of: " + ", ".join(DEFAULT_N))
    parser.add_argument("--n", type=int, help="cells, instead of the published number")
    parser.add_argument("--sim-seconds", type=float, help="default: " + str(DEFAULT_SIM_S)[1:-1].replace("'", ""))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scaling", action="store_true", help="4000 and 64000 cells, same synapses a cell (cuba)")
    parser.add_argument("--csv", metavar="FILE", help="one line for every run")
    parser.add_argument("--verbose", dest="quiet", action="store_false", help="show what the simulators print")
    args = parser.parse_args()

    nets = args.nets or (["cuba"] if args.scaling else list(DEFAULT_N))
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, seed {args.seed}")
    rows = []
    for net in nets:
        sim_s = args.sim_seconds or DEFAULT_SIM_S[net]
        for n in SCALING_N if args.scaling else [args.n or DEFAULT_N[net]]:
            rows += report(net, n, sim_s, measure(args, net, n, sim_s))
    if args.csv:
        with open(args.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return 0 if all(row["valid"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
