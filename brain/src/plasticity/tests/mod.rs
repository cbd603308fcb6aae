//! What the rules are held to: reference files, golden numbers, and the plain rules.

mod dopamine_stdp;
mod reference;
mod stdp;
mod trial;
