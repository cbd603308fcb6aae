//! Any text as a robot file: it is refused with a message, or it is a valid robot.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesolimb_envs::robot_file::{AssetPath, Base, read};

/// Every file that the text names holds this: the second half of the input.
fn files(content: &str) -> impl FnMut(&AssetPath) -> Result<Vec<u8>, String> {
    move |_| Ok(content.as_bytes().to_vec())
}

fuzz_target!(|text: &str| {
    let (text, content) = text.split_once("\n----\n").unwrap_or((text, ""));
    for base in [Base::AsWritten, Base::Free, Base::Fixed] {
        match read("robot.xml", text, base, &mut files(content)) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(file) => {
                file.robot.validate().expect("what is read is valid");
                assert!(file.robot.mass_kg().is_finite());
                assert!(file.notes.iter().all(|note| note.count > 0 && !note.to_string().is_empty()));
            }
        }
    }
});
