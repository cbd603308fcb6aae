//! What the rules are held to: reference files, golden numbers, and the plain rules.

mod burst;
mod common;
mod dopamine_stdp;
mod eprop;
mod mstdpet;
mod r_max;
mod reference;
mod stdp;
mod td_ltp;
mod trial;
mod urbanczik_senn;
