"""Writes the graphs of this folder with the reference package of the format.

    python -m venv venv && venv/bin/pip install nir==1.0.8 && venv/bin/python make.py

Time in seconds, everything else without a unit, as is usual there.
"""

import pathlib

import nir
import numpy as np

HERE = pathlib.Path(__file__).parent


def feedforward():
    """Values through weights and biases into three LIF cells that all differ, and on into two CubaLIF cells."""
    return nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([2])}),
            "hidden_weights": nir.Affine(
                weight=np.array([[1.0, 0.5], [2.0, 0.0], [0.25, 0.75]], dtype=np.float32),
                bias=np.array([0.5, 0.0, 1.0], dtype=np.float32),
            ),
            "hidden": nir.LIF(
                tau=np.array([0.01, 0.02, 0.03]),
                r=np.array([1.0, 1.5, 2.0]),
                v_leak=np.zeros(3),
                v_reset=np.array([0.0, -0.5, 0.25]),
                v_threshold=np.array([1.0, 1.25, 1.5]),
            ),
            "scale": nir.Scale(scale=np.array([1.0, 2.0, 0.5])),
            "last_weights": nir.Linear(weight=np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 0.25]])),
            "last": nir.CubaLIF(
                tau_syn=np.full(2, 0.005),
                tau_mem=np.full(2, 0.02),
                r=np.array([1.0, 2.0]),
                v_leak=np.zeros(2),
                v_reset=np.zeros(2),
                v_threshold=np.ones(2),
                w_in=np.array([0.02, 0.01]),
            ),
            "output": nir.Output({"output": np.array([2])}),
        },
        edges=[
            ("input", "hidden_weights"),
            ("hidden_weights", "hidden"),
            ("hidden", "scale"),
            ("scale", "last_weights"),
            ("last_weights", "last"),
            ("last", "output"),
        ],
    )


def recurrent():
    """Spikes into four CubaLIF cells that excite each other after a delay, read out by leaky integrators."""
    n = 4
    ring = np.roll(np.eye(n), 1, axis=0) * 0.03
    return nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([n])}),
            "input_weights": nir.Linear(weight=np.diag([0.01, 0.02, 0.03, 0.04])),
            "cells": nir.CubaLIF(
                tau_syn=np.full(n, 0.005),
                tau_mem=np.array([0.01, 0.02, 0.03, 0.04]),
                r=np.array([2.0, 3.0, 4.0, 5.0]),
                v_leak=np.array([0.0, 0.1, 0.2, 0.3]),
                v_reset=np.zeros(n),
                v_threshold=np.full(n, 5.0),
                w_in=np.ones(n),
            ),
            "delay": nir.Delay(delay=np.array([0.002, 0.004, 0.006, 0.008])),
            "ring": nir.Linear(weight=ring),
            "read_weights": nir.Linear(weight=np.array([[1.0, -1.0, 1.0, -1.0]])),
            "read": nir.LI(tau=np.array([0.05]), r=np.array([1.0]), v_leak=np.array([0.0])),
            "output": nir.Output({"output": np.array([1])}),
        },
        edges=[
            ("input", "input_weights"),
            ("input_weights", "cells"),
            ("cells", "delay"),
            ("delay", "ring"),
            ("ring", "cells"),
            ("cells", "read_weights"),
            ("read_weights", "read"),
            ("read", "output"),
        ],
    )


def convolution():
    """What has no counterpart in a network of leaky cells."""
    weight = np.ones((1, 1, 3, 3))
    return nir.NIRGraph(
        nodes={
            "input": nir.Input({"input": np.array([1, 5, 5])}),
            "convolution": nir.Conv2d((5, 5), weight, 1, 0, 1, 1, np.zeros(1)),
            "output": nir.Output({"output": np.array([1, 3, 3])}),
        },
        edges=[("input", "convolution"), ("convolution", "output")],
    )


if __name__ == "__main__":
    for make in [feedforward, recurrent, convolution]:
        nir.write(HERE / f"{make.__name__}.nir", make())
