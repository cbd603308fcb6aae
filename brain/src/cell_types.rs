//! Cell types by name: a model with the parameters that a source gives for a type of neuron.
//!
//! To add one: a function that makes it, a line in [`cell_types`], and a line with its signature in
//! `tests/cell_types.rs`.

use crate::{AdexSpec, CellSpec, Izhikevich2003Spec, Izhikevich2007Spec, MsnSpec, PyramidalSpec, Rule};

/// A type of neuron.
#[derive(Clone, Copy, Debug)]
pub struct CellType {
    /// Its name in a spec.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What it is, in a sentence.
    pub summary: &'static str,
    /// Where the parameters come from.
    pub source: &'static str,
    /// What receptors do to it, as far as the source says.
    pub levers: &'static [Lever],
    /// Makes the spec.
    pub make: fn() -> CellSpec,
}

/// The effect of a receptor on a parameter: at an active fraction `φ` it is multiplied by `1 + effect φ`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lever {
    /// Receptor.
    pub receptor: &'static str,
    /// Parameter of the cell.
    pub parameter: &'static str,
    /// Change of the parameter, relative to its nominal value, when all receptors are active.
    pub effect: f64,
}

/// The spec of a cell type by its name or another name of it.
#[must_use]
pub fn cell_type(name: &str) -> Option<CellSpec> {
    cell_types().iter().find(|t| t.name == name || t.aliases.contains(&name)).map(|t| (t.make)())
}

/// All cell types.
#[must_use]
pub fn cell_types() -> &'static [CellType] {
    TYPES
}

const fn plain(name: &'static str, summary: &'static str, source: &'static str, make: fn() -> CellSpec) -> CellType {
    CellType { name, aliases: &[], summary, source, levers: &[], make }
}

const fn also(aliases: &'static [&'static str], cell_type: CellType) -> CellType {
    CellType { aliases, ..cell_type }
}

const fn with(levers: &'static [Lever], cell_type: CellType) -> CellType {
    CellType { levers, ..cell_type }
}

const BOOK: &str = "Izhikevich 2007, Dynamical Systems in Neuroscience, chapter 8";
const SIMPLE: &str = "Izhikevich 2003, doi 10.1109/TNN.2003.820440";
const HUMPHRIES: &str = "Humphries et al. 2009, doi 10.3389/neuro.10.026.2009";
const WHYTE: &str = "Whyte et al. 2025, doi 10.1371/journal.pcbi.1012951";

static TYPES: &[CellType] = &[
    plain("rs", "Regular spiking pyramidal cell of layer 5: adapts.", BOOK, rs),
    plain("ib", "Intrinsically bursting pyramidal cell of layer 5: a burst, then single spikes.", BOOK, ib),
    plain("ch", "Chattering cell: bursts again and again.", BOOK, ch),
    also(&["pv"], plain("fs", "Fast-spiking PV interneuron: high rates without adaptation.", BOOK, fs)),
    also(
        &["sst"],
        plain("lts", "Low-threshold spiking SST interneuron: adapts, and its threshold falls as it fires.", BOOK, lts),
    ),
    plain(
        "vip",
        "Irregular-spiking VIP interneuron with a high input resistance.",
        "A choice: irregular spiking and small size as in Tremblay et al. 2016, doi 10.1016/j.neuron.2016.06.033; \
         the irregular pattern of Naud et al. 2008, doi 10.1007/s00422-008-0264-7, with every conductance and current a \
         quarter of theirs",
        vip,
    ),
    plain("tc", "Thalamocortical relay cell: tonic from rest, a rebound burst after inhibition.", BOOK, tc),
    plain("rtn", "Cell of the reticular thalamic nucleus: bursts when released from inhibition.", BOOK, rtn),
    with(
        &[
            Lever { receptor: "d1", parameter: "v_r_mv", effect: 0.0289 },
            Lever { receptor: "d1", parameter: "d_pa", effect: -0.331 },
        ],
        plain("d1", "Medium spiny neuron of the direct pathway; its NMDA currents grow with dopamine.", HUMPHRIES, msn),
    ),
    with(
        &[Lever { receptor: "d2", parameter: "k_ns_per_mv", effect: -0.032 }],
        plain(
            "d2",
            "Medium spiny neuron of the indirect pathway; its AMPA currents fall with dopamine.",
            HUMPHRIES,
            msn,
        ),
    ),
    plain(
        "dopaminergic",
        "Dopaminergic cell of the midbrain: a slow pacemaker without input, paused by inhibition.",
        "A choice: an exponential cell whose leak, with the sodium background current in it, reverses at the threshold, \
         as Khaliq & Bean 2010 find it to drive pacemaking, doi 10.1523/JNEUROSCI.0143-10.2010, and a strong slow \
         after-hyperpolarisation; b tuned to the 2 to 5 Hz of slices",
        dopaminergic,
    ),
    plain("l5_pyramidal", "Thick-tufted pyramidal cell of layer 5 with an apical plateau.", WHYTE, l5_pyramidal),
    plain("basket", "Basket cell of the layer-5 model.", WHYTE, basket),
    plain("matrix_thalamus", "Cell of the matrix thalamus of the layer-5 model.", WHYTE, matrix_thalamus),
    plain("rs_2003", "Regular spiking cell of the simple model.", SIMPLE, || simple(0.02, 0.2, -65.0, 8.0)),
    plain("ib_2003", "Intrinsically bursting cell of the simple model.", SIMPLE, || simple(0.02, 0.2, -55.0, 4.0)),
    plain("ch_2003", "Chattering cell of the simple model.", SIMPLE, || simple(0.02, 0.2, -50.0, 2.0)),
    plain("fs_2003", "Fast-spiking cell of the simple model.", SIMPLE, || simple(0.1, 0.2, -65.0, 2.0)),
    plain("lts_2003", "Low-threshold spiking cell of the simple model.", SIMPLE, || simple(0.02, 0.25, -65.0, 2.0)),
    plain("tc_2003", "Thalamocortical cell of the simple model.", SIMPLE, || simple(0.02, 0.25, -65.0, 0.05)),
    plain("rz_2003", "Resonator of the simple model.", SIMPLE, || simple(0.1, 0.26, -65.0, 2.0)),
];

/// `C`, `k`, `v_r`, `v_t`, `v_peak`, `a`, `b`, `c`, `d` of the dimensional model.
fn izhikevich([c_pf, k, v_r, v_t, v_peak, a, b, c, d]: [f64; 9]) -> Izhikevich2007Spec {
    Izhikevich2007Spec {
        capacitance_pf: c_pf.into(),
        k_ns_per_mv: k.into(),
        v_r_mv: v_r.into(),
        v_t_mv: v_t.into(),
        v_peak_mv: v_peak.into(),
        a_per_ms: a.into(),
        b_ns: b.into(),
        c_mv: c.into(),
        d_pa: d.into(),
        ..Izhikevich2007Spec::default()
    }
}

fn rs() -> CellSpec {
    CellSpec::Izhikevich2007(izhikevich([100.0, 0.7, -60.0, -40.0, 35.0, 0.03, -2.0, -50.0, 100.0]))
}

fn ib() -> CellSpec {
    CellSpec::Izhikevich2007(izhikevich([150.0, 1.2, -75.0, -45.0, 50.0, 0.01, 5.0, -56.0, 130.0]))
}

fn ch() -> CellSpec {
    CellSpec::Izhikevich2007(izhikevich([50.0, 1.5, -60.0, -40.0, 25.0, 0.03, 1.0, -40.0, 150.0]))
}

fn fs() -> CellSpec {
    let spec = izhikevich([20.0, 1.0, -55.0, -40.0, 25.0, 0.2, 0.0, -45.0, 0.0]);
    CellSpec::Izhikevich2007(Izhikevich2007Spec { rule: Rule::Fs, v_b_mv: (-55.0).into(), ..spec })
}

fn lts() -> CellSpec {
    let spec = izhikevich([100.0, 1.0, -56.0, -42.0, 40.0, 0.03, 8.0, -53.0, 20.0]);
    CellSpec::Izhikevich2007(Izhikevich2007Spec { rule: Rule::Lts, ..spec })
}

fn vip() -> CellSpec {
    CellSpec::Adex(AdexSpec {
        capacitance_pf: 25.0.into(),
        g_leak_ns: 3.0.into(),
        v_leak_mv: (-60.0).into(),
        v_t_mv: (-50.0).into(),
        delta_t_mv: 2.0.into(),
        tau_w_ms: 130.0.into(),
        a_ns: (-2.75).into(),
        b_pa: 7.5.into(),
        v_reset_mv: (-48.0).into(),
        v_peak_mv: 0.0.into(),
        ..AdexSpec::default()
    })
}

fn tc() -> CellSpec {
    let spec = izhikevich([200.0, 1.6, -60.0, -50.0, 35.0, 0.01, 15.0, -60.0, 10.0]);
    CellSpec::Izhikevich2007(Izhikevich2007Spec { rule: Rule::Tc, ..spec })
}

fn rtn() -> CellSpec {
    let spec = izhikevich([40.0, 0.25, -65.0, -45.0, 0.0, 0.015, 10.0, -55.0, 50.0]);
    CellSpec::Izhikevich2007(Izhikevich2007Spec { rule: Rule::Rtn, b_above_ns: 2.0.into(), ..spec })
}

fn msn() -> CellSpec {
    CellSpec::Msn(MsnSpec::default())
}

fn dopaminergic() -> CellSpec {
    CellSpec::Adex(AdexSpec {
        capacitance_pf: 60.0.into(),
        g_leak_ns: 2.5.into(),
        v_leak_mv: (-47.0).into(),
        v_t_mv: (-47.0).into(),
        delta_t_mv: 2.0.into(),
        tau_w_ms: 100.0.into(),
        a_ns: 0.5.into(),
        b_pa: 80.0.into(),
        v_reset_mv: (-62.0).into(),
        v_peak_mv: 20.0.into(),
        ..AdexSpec::default()
    })
}

fn l5_pyramidal() -> CellSpec {
    CellSpec::Pyramidal(PyramidalSpec::default())
}

fn basket() -> CellSpec {
    CellSpec::Izhikevich2007(izhikevich([20.0, 1.0, -55.0, -40.0, 25.0, 0.15, 8.0, -55.0, 200.0]))
}

/// The switch of `b` is the other way round than in the relay cell of the book.
fn matrix_thalamus() -> CellSpec {
    let spec = izhikevich([200.0, 1.6, -60.0, -50.0, 35.0, 0.01, 0.0, -60.0, 10.0]);
    CellSpec::Izhikevich2007(Izhikevich2007Spec { rule: Rule::Rtn, b_above_ns: 15.0.into(), ..spec })
}

fn simple(a: f64, b: f64, c: f64, d: f64) -> CellSpec {
    CellSpec::Izhikevich2003(Izhikevich2003Spec {
        a_per_ms: a.into(),
        b: b.into(),
        c_mv: c.into(),
        d: d.into(),
        ..Izhikevich2003Spec::default()
    })
}
