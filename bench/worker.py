"""One simulator in one process: builds a network once, then runs it once for every line on standard input."""

import argparse
import json
import sys

from networks import DEFAULT_N, outdegree


def serve(version, prepare):
    """`prepare(net, n, sim_s, seed)` returns a function that runs once and returns (wall_s, spikes, build_s)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("net", choices=DEFAULT_N)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--sim-seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()

    def answer(**fields):
        print(json.dumps(fields), flush=True)

    run = prepare(args.net, args.n, args.sim_seconds, args.seed)
    answer(version=version)
    for _ in sys.stdin:
        wall_s, spikes, build_s = run()
        answer(
            wall_s=wall_s,
            sim_s=args.sim_seconds,
            spikes=spikes,
            mean_rate_hz=spikes / args.n / args.sim_seconds,
            synaptic_events=spikes * outdegree(args.net),
            build_s=build_s,
        )
