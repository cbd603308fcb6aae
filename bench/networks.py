"""The three networks: published constants, units in the names. Sources are in README.md."""

EXCITATORY_SHARE = 0.8
INDEGREE = 80  # mean, excitatory and inhibitory together: 2 % of 4000; kept when n changes

# Vogels and Abbott 2005; Brette et al. 2007, benchmarks 2 (cuba) and 1 (coba)
VA_DT_MS = 0.1
V_TH_MV = -50.0
V_RESET_MV = -60.0
TAU_M_MS = 20.0
TAU_E_MS = 5.0
TAU_I_MS = 10.0
T_REF_MS = 5.0

CUBA_E_L_MV = -49.0  # rest of -60 mV and a constant drive of 11 mV
CUBA_W_E_MV = 1.62
CUBA_W_I_MV = -9.0
CUBA_V_INIT_MV = (V_RESET_MV, V_TH_MV)  # uniform

COBA_C_PF = 200.0
COBA_G_L_NS = 10.0
COBA_E_L_MV = -60.0
COBA_E_E_MV = 0.0
COBA_E_I_MV = -80.0
COBA_W_E_NS = 6.0
COBA_W_I_NS = 67.0
# The network sustains itself; these normal distributions (mean, sd) start it.
COBA_V_INIT_MV = (-65.0, 5.0)
COBA_G_E_INIT_NS = (40.0, 15.0)
COBA_G_I_INIT_NS = (200.0, 120.0)

# Izhikevich 2007 (dopamine-modulated STDP on the cells of Izhikevich 2003)
IZH_DT_MS = 1.0
IZH_OUTDEGREE = 100
IZH_V_PEAK_MV = 30.0
IZH_B = 0.2
IZH_C_MV = -65.0
IZH_A_E, IZH_D_E = 0.02, 8.0  # regular spiking
IZH_A_I, IZH_D_I = 0.1, 2.0  # fast spiking
IZH_NOISE = 13.0  # input of every cell and ms: IZH_NOISE * (U(0, 1) - 0.5)
IZH_NEST_NOISE_SD = 3.55  # NEST has Gaussian noise only; 13 / sqrt(12) = 3.75 would fire 1.5 times as often
IZH_W_E = 1.0
IZH_W_I = -1.0
IZH_W_MAX = 4.0
STDP_TRACE = 0.1
STDP_A_PLUS = 1.0
STDP_A_MINUS = 1.5
TAU_STDP_MS = 20.0
TAU_TAG_MS = 1000.0
TAU_DA_MS = 200.0
DA_TONIC = 0.002
DA_PULSE = 0.5
DA_FIRST_MS = 1000.0
DA_PERIOD_MS = 10_000.0
W_UPDATE_MS = 10.0  # every 10 ms: w += (DA_TONIC + DA) * tag

DEFAULT_N = {"cuba": 4000, "coba": 4000, "izhikevich-da": 1000}
DEFAULT_SIM_S = {"cuba": 2.0, "coba": 2.0, "izhikevich-da": 10.0}


def outdegree(net):
    return IZH_OUTDEGREE if net == "izhikevich-da" else INDEGREE


def n_excitatory(n):
    return round(EXCITATORY_SHARE * n)
