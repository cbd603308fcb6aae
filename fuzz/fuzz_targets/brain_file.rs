//! Any text as a brain file of the spiking agent: it is refused with a message, or it becomes a brain that can be written down.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesolimb_agents::{BrainChoice, BrainFile, TaskNumbers};

const TASK: TaskNumbers =
    TaskNumbers { observations: 3, actions: 2, control_ms: 20.0, time_limit_steps: 200, gamma: 0.98 };

fuzz_target!(|text: &str| {
    let file = match BrainFile::parse("brain.toml", text) {
        Err(error) => return assert!(!error.to_string().is_empty()),
        Ok(file) => file,
    };
    for variant in std::iter::once(None).chain(file.variants.keys().cloned().map(Some)) {
        let choice = BrainChoice { variant: variant.into_iter().collect(), ..BrainChoice::default() };
        match file.resolve(&TASK, &choice) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(brain) => {
                let again = BrainFile::parse("again.toml", &brain.to_toml().expect("a brain can be written"));
                let again = again.and_then(|file| file.resolve(&TASK, &BrainChoice::default()));
                assert_eq!(again.expect("what was written can be read"), brain);
            }
        }
    }
});
