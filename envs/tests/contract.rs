//! Every registered task keeps the contract of an environment.

use mesolimb_envs::{tasks, testing::check_env};

#[test]
fn every_task_keeps_the_contract() {
    assert!(!tasks().is_empty(), "there are tasks to check");
    for task in tasks() {
        check_env(task.make);
    }
}
