//! From the documentation of a module to the prose of a page.

use mesolimb_envs::tasks;

/// What opens a paragraph of its own.
const LABELS: [&str; 7] =
    ["Reward of a step:", "Reward:", "Termination:", "Time limit:", "Start:", "Parameters of its own:", "Origin:"];

/// A row of a table of channels: which they are and what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Indices of the channels.
    pub idxs: Vec<usize>,
    /// What is said beyond their names.
    pub text: String,
}

/// What the page is called: the first words of the module.
pub fn title(documentation: &str) -> String {
    documentation.split(':').next().unwrap_or_default().to_owned()
}

/// What the task is, in a sentence or two.
pub fn lead(documentation: &str) -> String {
    let paragraph = documentation.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let said = paragraph.split_once(": ").map_or(paragraph.as_str(), |(_, said)| said);
    let mut letters = said.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    without_links(&(capital + letters.as_str()))
}

/// The rest, without tables, a paragraph for each part of the task.
pub fn body(documentation: &str) -> String {
    let paragraphs = documentation.split("\n\n").skip(1).filter(|paragraph| !paragraph.starts_with('|'));
    let paragraphs = paragraphs.flat_map(|paragraph| {
        let (mut paragraph, mut parts) = (paragraph.replace('\n', " "), Vec::new());
        while let Some(at) = last_label(&paragraph) {
            parts.push(labelled(&paragraph.split_off(at)));
        }
        parts.push(paragraph.trim().to_owned());
        parts.reverse();
        parts
    });
    let paragraphs = paragraphs.filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("Actions:"));
    paragraphs.map(|paragraph| without_links(&paragraph) + "\n\n").collect()
}

/// The rows of the table of `what`: "observation" or "action".
pub fn meanings(documentation: &str, what: &str) -> Vec<Meaning> {
    let head = format!("| index | {what} |");
    let rows = documentation.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let (idxs, text) = (indices(cells.next()?), cells.next()?);
        let says_more = text.split('`').step_by(2).any(|part| part.contains(char::is_alphabetic));
        Some(Meaning { idxs, text: if says_more { without_links(text) } else { String::new() } })
    })
    .collect()
}

/// `0`, `0, 1`, `1 to 4` and `1 … 4`.
fn indices(cell: &str) -> Vec<usize> {
    let one = |part: &str| part.trim().parse::<usize>().ok();
    let of_part = |part: &str| {
        let ends = part.split_once("to").or_else(|| part.split_once('…'));
        match ends {
            Some((first, last)) => {
                one(first).zip(one(last)).map_or_else(Vec::new, |(first, last)| (first..=last).collect())
            }
            None => one(part).into_iter().collect(),
        }
    };
    cell.split(',').flat_map(of_part).collect()
}

/// Where the last label begins, if there is one.
fn last_label(paragraph: &str) -> Option<usize> {
    let begins = |at: usize| at == 0 || paragraph[..at].ends_with(". ");
    LABELS.iter().flat_map(|label| paragraph.match_indices(label)).map(|(at, _)| at).filter(|&at| begins(at)).max()
}

fn labelled(part: &str) -> String {
    let (label, rest) = part.split_once(':').unwrap_or((part, ""));
    format!("**{label}:**{}", rest.trim_end())
}

/// Links into the code become names, and those to tasks links to their pages.
fn without_links(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((name, rest)) = part.split_once("`]") else {
            out = out + "[`" + part;
            continue;
        };
        let rest = match rest.strip_prefix("(crate").and_then(|link| link.split_once(')')) {
            Some((_, rest)) => rest,
            None => rest,
        };
        let task = name.replace('_', "-");
        if tasks().iter().any(|entry| entry.name == task) {
            out = out + "[" + &task + "](" + &task + ".md)" + rest;
        } else {
            out = out + "`" + name + "`" + rest;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTATION: &str = "Maze: find a way\nout of it.\n\n\
        | index | observation | unit | range | scale |\n|---|---|---|---|---|\n\
        | 0, 1 | `x`, `y` | m | ±1 | 1 |\n| 2 to 4 | `range_1` to the left, as [`RANGE`] | m | 0 to 2 | 1 |\n\
        | 5 … 6 | `speed` | m | any | 1 |\n\n\
        Reward: 1 at the exit: no\nmore. Start: anywhere.\n\nOrigin: ours, after [`reacher`](crate::reacher).";

    #[test]
    fn parts_of_a_task_are_paragraphs() {
        assert_eq!((title(DOCUMENTATION), lead(DOCUMENTATION)), ("Maze".into(), "Find a way out of it.".into()));
        assert_eq!(
            body(DOCUMENTATION),
            "**Reward:** 1 at the exit: no more.\n\n**Start:** anywhere.\n\n\
             **Origin:** ours, after [reacher](reacher.md).\n\n"
        );
    }

    #[test]
    fn rows_of_channels_are_read() {
        let found = meanings(DOCUMENTATION, "observation");
        let row = |idxs: &[usize], text: &str| Meaning { idxs: idxs.to_vec(), text: text.into() };
        assert_eq!(found, [row(&[0, 1], ""), row(&[2, 3, 4], "`range_1` to the left, as `RANGE`"), row(&[5, 6], "")]);
        assert!(meanings(DOCUMENTATION, "action").is_empty());
    }
}
