"""The networks in NEST, one thread."""

import time

import nest

import networks as p
from worker import serve

DELIVER_MS = 1000.0
PAIRWISE_MAX_N = 10_000  # trying every pair takes minutes above


def cuba(n):
    nest.resolution = p.VA_DT_MS
    low, high = p.CUBA_V_INIT_MV
    c_m_pf = 200.0  # any: NEST wants currents, I = w C / tau_m
    cells = nest.Create(
        "iaf_psc_exp",
        n,
        dict(
            C_m=c_m_pf,
            tau_m=p.TAU_M_MS,
            E_L=p.CUBA_E_L_MV,
            V_th=p.V_TH_MV,
            V_reset=p.V_RESET_MV,
            tau_syn_ex=p.TAU_E_MS,
            tau_syn_in=p.TAU_I_MS,
            t_ref=p.T_REF_MS,
            I_e=0.0,
            V_m=nest.random.uniform(low, high),
        ),
    )
    pa_per_mv = c_m_pf / p.TAU_M_MS
    connect(cells, p.CUBA_W_E_MV * pa_per_mv, p.CUBA_W_I_MV * pa_per_mv)


def coba(n):
    nest.resolution = p.VA_DT_MS
    cells = nest.Create(
        "iaf_cond_exp",
        n,
        dict(
            C_m=p.COBA_C_PF,
            g_L=p.COBA_G_L_NS,
            E_L=p.COBA_E_L_MV,
            V_th=p.V_TH_MV,
            V_reset=p.V_RESET_MV,
            E_ex=p.COBA_E_E_MV,
            E_in=p.COBA_E_I_MV,
            tau_syn_ex=p.TAU_E_MS,
            tau_syn_in=p.TAU_I_MS,
            t_ref=p.T_REF_MS,
            I_e=0.0,
            V_m=nest.random.normal(*p.COBA_V_INIT_MV),
            g_ex=nest.random.normal(*p.COBA_G_E_INIT_NS),
            g_in=nest.random.normal(*p.COBA_G_I_INIT_NS),
        ),
    )
    connect(cells, p.COBA_W_E_NS, -p.COBA_W_I_NS)  # the sign chooses the receptor


def connect(cells, w_e, w_i):
    """One weight for a whole projection is NEST's cheapest synapse; its least delay is one step."""
    n, n_e = len(cells), p.n_excitatory(len(cells))
    for name, sources, weight in (("excitatory", cells[:n_e], w_e), ("inhibitory", cells[n_e:], w_i)):
        rule = dict(rule="pairwise_bernoulli", p=p.INDEGREE / n)
        if n > PAIRWISE_MAX_N:
            rule = dict(rule="fixed_total_number", N=p.INDEGREE * len(sources))
        nest.CopyModel("static_synapse_hom_w", name, dict(weight=weight, delay=p.VA_DT_MS))
        nest.Connect(sources, cells, rule, name)


def izhikevich_da(n):
    nest.resolution = p.IZH_DT_MS
    n_e = p.n_excitatory(n)
    cell = dict(
        b=p.IZH_B,
        c=p.IZH_C_MV,
        V_th=p.IZH_V_PEAK_MV,
        V_m=p.IZH_C_MV,
        U_m=p.IZH_B * p.IZH_C_MV,
        tau_minus=p.TAU_STDP_MS,
        consistent_integration=False,  # the published scheme: two half steps of v, one of u, weights act as current
    )
    excitatory = nest.Create("izhikevich", n_e, dict(cell, a=p.IZH_A_E, d=p.IZH_D_E))
    inhibitory = nest.Create("izhikevich", n - n_e, dict(cell, a=p.IZH_A_I, d=p.IZH_D_I))
    cells = excitatory + inhibitory
    noise = nest.Create("noise_generator", params=dict(std=p.IZH_NEST_NOISE_SD, dt=p.IZH_DT_MS))
    nest.Connect(noise, cells, syn_spec=dict(delay=p.IZH_DT_MS))

    # One dopamine spike adds 1 / tau_n to n, and w grows by tag * (n - b) a ms.
    pulse_per_ms = p.DA_PULSE / p.W_UPDATE_MS
    times = [p.DA_FIRST_MS + k * p.DA_PERIOD_MS for k in range(100)]
    release = nest.Create(
        "spike_generator",
        params=dict(spike_times=times, spike_multiplicities=[round(pulse_per_ms * p.TAU_DA_MS)] * len(times)),
    )
    # Weights are exact at every presynaptic spike; all synapses together are brought up to date only this often.
    transmitter = nest.Create("volume_transmitter", params=dict(deliver_interval=round(DELIVER_MS / p.IZH_DT_MS)))
    relay = nest.Create("parrot_neuron")  # a generator may not feed the transmitter itself
    nest.Connect(release, relay, syn_spec=dict(delay=p.IZH_DT_MS))
    nest.Connect(relay, transmitter, syn_spec=dict(delay=p.IZH_DT_MS))
    nest.CopyModel(
        "stdp_dopamine_synapse",
        "plastic",
        dict(
            volume_transmitter=transmitter,
            A_plus=p.STDP_TRACE * p.STDP_A_PLUS,
            A_minus=p.STDP_TRACE * p.STDP_A_MINUS,
            tau_plus=p.TAU_STDP_MS,
            tau_c=p.TAU_TAG_MS,
            tau_n=p.TAU_DA_MS,
            b=-p.DA_TONIC / p.W_UPDATE_MS,
            Wmin=0.0,
            Wmax=p.IZH_W_MAX,
        ),
    )
    nest.CopyModel("static_synapse_hom_w", "fixed", dict(weight=p.IZH_W_I, delay=p.IZH_DT_MS))
    rule = dict(rule="fixed_outdegree", outdegree=p.IZH_OUTDEGREE)
    nest.Connect(excitatory, cells, rule, dict(synapse_model="plastic", weight=p.IZH_W_E, delay=p.IZH_DT_MS))
    nest.Connect(inhibitory, excitatory, rule, "fixed")


NETWORKS = {"cuba": cuba, "coba": coba, "izhikevich-da": izhikevich_da}


def prepare(net, n, sim_s, seed):
    nest.verbosity = nest.VerbosityLevel.ERROR

    def run():
        start = time.perf_counter()
        nest.ResetKernel()
        nest.local_num_threads = 1
        nest.rng_seed = seed
        NETWORKS[net](n)
        nest.Prepare()
        build_s = time.perf_counter() - start
        start = time.perf_counter()
        nest.Run(1000.0 * sim_s)
        wall_s = time.perf_counter() - start
        spikes = int(nest.local_spike_counter)
        nest.Cleanup()
        return wall_s, spikes, build_s

    return run


if __name__ == "__main__":
    serve(nest.__version__, prepare)
