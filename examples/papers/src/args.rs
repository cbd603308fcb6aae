//! The arguments that every experiment takes.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context as _, anyhow, bail};

/// Arguments of an experiment: `--seeds N --first-seed K --out DIR`, and options of its own as `--name value`.
#[derive(Clone, Debug)]
pub struct Args {
    /// Number of seeds.
    pub seeds: u64,
    /// The first of them. Reported results start at 0; what is tuned is tuned on seeds from 1000 on.
    pub first_seed: u64,
    /// Folder of the results.
    pub out: PathBuf,
    options: Vec<(String, String)>,
}

impl Args {
    /// Reads the command line. `seeds` holds if none are given; `known` are the options of this experiment.
    ///
    /// # Errors
    /// If an argument is unknown, has no value or cannot be read.
    pub fn parse(seeds: u64, known: &[&str]) -> anyhow::Result<Self> {
        Self::read(std::env::args().skip(1), seeds, known)
    }

    fn read(words: impl Iterator<Item = String>, seeds: u64, known: &[&str]) -> anyhow::Result<Self> {
        let mut args = Self { seeds, first_seed: 0, out: Path::new("docs/papers").to_owned(), options: Vec::new() };
        let mut words = words;
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| anyhow!("found '{word}', expected an option"))?;
            let value = words.next().ok_or_else(|| anyhow!("'{word}' wants a value"))?;
            match name {
                "seeds" => args.seeds = parse(name, &value)?,
                "first-seed" => args.first_seed = parse(name, &value)?,
                "out" => args.out = value.into(),
                _ if known.contains(&name) => args.options.push((name.to_owned(), value)),
                _ => {
                    bail!("unknown option '{word}' (there are: --seeds, --first-seed, --out, --{})", known.join(", --"))
                }
            }
        }
        std::fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
        Ok(args)
    }

    /// An option of this experiment, or `default`.
    ///
    /// # Errors
    /// If its value cannot be read.
    pub fn option<T: FromStr>(&self, name: &str, default: T) -> anyhow::Result<T> {
        let given = self.options.iter().rev().find(|(option, _)| option == name);
        given.map_or(Ok(default), |(_, value)| parse(name, value))
    }

    /// The seeds to run.
    #[must_use]
    pub fn seeds(&self) -> Range<u64> {
        self.first_seed..self.first_seed + self.seeds
    }

    /// Path of a result.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }
}

fn parse<T: FromStr>(name: &str, value: &str) -> anyhow::Result<T> {
    value.parse().map_err(|_| anyhow!("--{name}: found '{value}', expected {}", std::any::type_name::<T>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> anyhow::Result<Args> {
        let out = std::env::temp_dir();
        let words = line.split_whitespace().map(str::to_owned);
        Args::read(words.chain(["--out".into(), out.display().to_string()]), 20, &["gain"])
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let args = read("--seeds 3 --first-seed 1000 --gain 0.5").unwrap();
        assert_eq!(args.seeds(), 1000..1003);
        assert_eq!(args.option("gain", 1.0).unwrap(), 0.5);
        assert!(read("--speed 3").unwrap_err().to_string().contains("--gain"));
        assert!(read("--seeds many").is_err() && read("gain").is_err());
    }
}
