"""The networks in Brian2, C++ standalone mode with its default compiler flags, one thread."""

import tempfile
import time

import brian2 as b2
import numpy as np
from brian2 import ms, mV, nS, pF, second

import networks as p
from worker import serve


def cuba(n, seed):
    b2.defaultclock.dt = p.VA_DT_MS * ms
    cells = b2.NeuronGroup(
        n,
        """dv/dt = (e_l - v + g_e + g_i) / tau_m : volt (unless refractory)
           dg_e/dt = -g_e / tau_e : volt
           dg_i/dt = -g_i / tau_i : volt""",
        threshold="v > v_th",
        reset="v = v_reset",
        # Brian2 counts the step of the spike itself: one more holds the cell for the whole time.
        refractory=(p.T_REF_MS + p.VA_DT_MS) * ms,
        method="exact",
        namespace=dict(
            e_l=p.CUBA_E_L_MV * mV,
            v_th=p.V_TH_MV * mV,
            v_reset=p.V_RESET_MV * mV,
            tau_m=p.TAU_M_MS * ms,
            tau_e=p.TAU_E_MS * ms,
            tau_i=p.TAU_I_MS * ms,
        ),
    )
    low, high = p.CUBA_V_INIT_MV
    cells.v = f"({low} + {high - low} * rand()) * mV"
    return [cells, *connect(cells, p.CUBA_W_E_MV * mV, p.CUBA_W_I_MV * mV)]


def coba(n, seed):
    b2.defaultclock.dt = p.VA_DT_MS * ms
    cells = b2.NeuronGroup(
        n,
        """dv/dt = (g_l * (e_l - v) + g_e * (e_e - v) + g_i * (e_i - v)) / c_m : volt (unless refractory)
           dg_e/dt = -g_e / tau_e : siemens
           dg_i/dt = -g_i / tau_i : siemens""",
        threshold="v > v_th",
        reset="v = v_reset",
        refractory=(p.T_REF_MS + p.VA_DT_MS) * ms,
        method="rk2",
        namespace=dict(
            c_m=p.COBA_C_PF * pF,
            g_l=p.COBA_G_L_NS * nS,
            e_l=p.COBA_E_L_MV * mV,
            e_e=p.COBA_E_E_MV * mV,
            e_i=p.COBA_E_I_MV * mV,
            v_th=p.V_TH_MV * mV,
            v_reset=p.V_RESET_MV * mV,
            tau_e=p.TAU_E_MS * ms,
            tau_i=p.TAU_I_MS * ms,
        ),
    )
    normal = "({0[0]} + {0[1]} * randn()) * {1}".format
    cells.v = normal(p.COBA_V_INIT_MV, "mV")
    cells.g_e = normal(p.COBA_G_E_INIT_NS, "nS")
    cells.g_i = normal(p.COBA_G_I_INIT_NS, "nS")
    return [cells, *connect(cells, p.COBA_W_E_NS * nS, p.COBA_W_I_NS * nS)]


def connect(cells, w_e, w_i):
    """Weights are constants in the code, and no delay means the next step: Brian2's cheapest synapses."""
    n, n_e = len(cells), p.n_excitatory(len(cells))
    excitatory = b2.Synapses(cells[:n_e], cells, on_pre="g_e += w", namespace=dict(w=w_e))
    inhibitory = b2.Synapses(cells[n_e:], cells, on_pre="g_i += w", namespace=dict(w=w_i))
    for synapses in (excitatory, inhibitory):
        synapses.connect(p=p.INDEGREE / n)
    return excitatory, inhibitory


def izhikevich_da(n, seed):
    b2.defaultclock.dt = p.IZH_DT_MS * ms
    n_e = p.n_excitatory(n)
    cells = b2.NeuronGroup(
        n,
        """v : 1
           u : 1
           drive : 1
           trace : 1
           a : 1 (constant)
           d : 1 (constant)""",
        threshold="v >= peak",
        reset="v = c; u += d; trace = trace_set",
        namespace=dict(peak=p.IZH_V_PEAK_MV, c=p.IZH_C_MV, trace_set=p.STDP_TRACE),
    )
    cells.v = p.IZH_C_MV
    cells.u = p.IZH_B * p.IZH_C_MV
    excitatory = np.arange(n) < n_e
    cells.a = np.where(excitatory, p.IZH_A_E, p.IZH_A_I)
    cells.d = np.where(excitatory, p.IZH_D_E, p.IZH_D_I)
    cells.run_regularly(
        f"""drive += {p.IZH_NOISE} * (rand() - 0.5)
            v += 0.5 * (0.04 * v * v + 5 * v + 140 - u + drive)
            v += 0.5 * (0.04 * v * v + 5 * v + 140 - u + drive)
            u += a * ({p.IZH_B} * v - u)
            drive = 0
            trace *= {np.exp(-p.IZH_DT_MS / p.TAU_STDP_MS)}""",
        when="groups",
    )

    plastic = b2.Synapses(
        cells[:n_e],
        cells,
        """w : 1
           tag : 1
           dopamine : 1 (shared)""",
        on_pre=f"drive_post += w; tag -= {p.STDP_A_MINUS} * trace_post",
        on_post=f"tag += {p.STDP_A_PLUS} * trace_pre",
    )
    fixed = b2.Synapses(cells[n_e:], cells[:n_e], on_pre=f"drive_post += {p.IZH_W_I}")
    rng = np.random.default_rng(seed)
    plastic.connect(i=np.repeat(np.arange(n_e), p.IZH_OUTDEGREE), j=rng.integers(n, size=n_e * p.IZH_OUTDEGREE))
    fixed.connect(
        i=np.repeat(np.arange(n - n_e), p.IZH_OUTDEGREE),
        j=rng.integers(n_e, size=(n - n_e) * p.IZH_OUTDEGREE),
    )
    plastic.w = p.IZH_W_E
    first, period = round(p.DA_FIRST_MS / p.IZH_DT_MS), round(p.DA_PERIOD_MS / p.IZH_DT_MS)
    plastic.run_regularly(
        f"""dopamine *= {np.exp(-p.IZH_DT_MS / p.TAU_DA_MS)}
            dopamine += {p.DA_PULSE} * int(t_in_timesteps % {period} == {first})""",
        when="end",
    )
    plastic.run_regularly(
        f"""w = clip(w + ({p.DA_TONIC} + dopamine) * tag, 0, {p.IZH_W_MAX})
            tag *= {np.exp(-p.W_UPDATE_MS / p.TAU_TAG_MS)}""",
        dt=p.W_UPDATE_MS * ms,
        when="end",
    )
    return [cells, plastic, fixed]


NETWORKS = {"cuba": cuba, "coba": coba, "izhikevich-da": izhikevich_da}


def prepare(net, n, sim_s, seed):
    start = time.perf_counter()
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.seed(seed)
    parts = NETWORKS[net](n, seed)
    count = b2.SpikeMonitor(parts[0], record=False)
    network = b2.Network(parts, count)
    network.run(sim_s * second)
    directory = tempfile.TemporaryDirectory(prefix="mesolimb-brian2-")
    b2.device.build(directory=directory.name, run=False)
    build_s = time.perf_counter() - start  # most of it is the C++ compiler

    def run():
        b2.device.run(with_output=False)
        # The generated program times its own simulation loop: no start, connection or file writing in it.
        return b2.device._last_run_time, int(count.num_spikes), build_s

    run.directory = directory  # kept until the process ends
    return run


if __name__ == "__main__":
    serve(b2.__version__, prepare)
