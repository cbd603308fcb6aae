//! Finished runs as rows of a CSV file: each is added whole, and a study that was killed goes on behind the last one.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, anyhow, bail, ensure};

/// A kind of row.
pub trait Row: Sized {
    /// Names of the columns, separated by commas.
    const HEADER: &'static str;

    /// The cells, separated by commas.
    fn to_line(&self) -> String;

    /// Reads the cells.
    ///
    /// # Errors
    /// Names the column and what was expected.
    fn read(cells: &mut Cells<'_>) -> anyhow::Result<Self>;
}

/// The cells of a row that have not been read yet.
pub struct Cells<'a> {
    cells: std::str::Split<'a, char>,
    columns: std::str::Split<'static, char>,
}

impl<'a> Cells<'a> {
    /// The next cell.
    ///
    /// # Errors
    /// If there is none.
    pub fn text(&mut self) -> anyhow::Result<&'a str> {
        let column = self.columns.next().unwrap_or("no column");
        self.cells.next().with_context(|| format!("'{column}' is missing"))
    }

    /// The next cell as a number; none if it is empty.
    ///
    /// # Errors
    /// If it is no number.
    pub fn number<T: std::str::FromStr>(&mut self) -> anyhow::Result<Option<T>> {
        let column = self.columns.clone().next().unwrap_or("no column");
        match self.text()? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| anyhow!("'{column}' is '{text}', expected a number")),
        }
    }

    /// The same, where it must not be empty.
    ///
    /// # Errors
    /// If it is empty or no number.
    pub fn needed<T: std::str::FromStr>(&mut self) -> anyhow::Result<T> {
        let column = self.columns.clone().next().unwrap_or("no column");
        self.number()?.with_context(|| format!("'{column}' is empty, expected a number"))
    }
}

/// An optional number as a cell.
pub fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A file of rows that grows.
pub struct Rows<R> {
    path: PathBuf,
    file: Mutex<File>,
    /// Those that were there.
    pub known: Vec<R>,
}

impl<R: Row> Rows<R> {
    /// Opens the file, or makes it. A last line that was cut off is removed.
    ///
    /// # Errors
    /// If it cannot be read or written, or holds something else; the message has the line.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_inner(path).with_context(|| path.display().to_string())
    }

    fn open_inner(path: &Path) -> anyhow::Result<Self> {
        // The file is read before anything is written to it.
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.into()),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut lines = whole.lines();
        if let Some(header) = lines.next() {
            ensure!(header == R::HEADER, "line 1 is '{header}', expected '{}'", R::HEADER);
        }
        let known = lines.enumerate().map(|(idx, line)| read(line).with_context(|| format!("line {}", idx + 2)));
        let known = known.collect::<anyhow::Result<_>>()?;
        let cut_off = whole.len() < text.len();
        // Every row goes to the end, wherever another study in the same folder has moved that.
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if cut_off {
            file.set_len(whole.len() as u64)?;
        }
        if whole.is_empty() {
            file.write_all(format!("{}\n", R::HEADER).as_bytes())?;
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), known })
    }

    /// Adds a row, from any thread.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&self, row: &R) -> anyhow::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{}\n", row.to_line()).as_bytes())
            .and_then(|()| file.sync_data())
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn read<R: Row>(line: &str) -> anyhow::Result<R> {
    let mut cells = Cells { cells: line.split(','), columns: R::HEADER.split(',') };
    let row = R::read(&mut cells)?;
    if let Some(more) = cells.cells.next() {
        bail!("'{more}' is one cell too many");
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Pair(String, Option<f64>);

    impl Row for Pair {
        const HEADER: &'static str = "name,value";

        fn to_line(&self) -> String {
            format!("{},{}", self.0, cell(self.1))
        }

        fn read(cells: &mut Cells<'_>) -> anyhow::Result<Self> {
            Ok(Self(cells.text()?.to_owned(), cells.number()?))
        }
    }

    #[test]
    fn rows_come_back_and_half_a_row_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let (a, b) = (Pair("a".into(), Some(0.1)), Pair("b".into(), None));
        let rows = Rows::open(&path).unwrap();
        rows.add(&a).unwrap();
        rows.add(&b).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"c,3"].concat()).unwrap();
        let again = Rows::<Pair>::open(&path).unwrap();
        assert_eq!(again.known, [a, b]);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        again.add(&Pair("d".into(), Some(-2.5))).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("b,\nd,-2.5\n"));
    }

    #[test]
    fn what_is_no_row_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        for (text, expected) in [
            ("value,name\n", "line 1 is 'value,name', expected 'name,value'"),
            ("name,value\na,b\n", "line 2: 'value' is 'b', expected a number"),
            ("name,value\na,1\nb\n", "line 3: 'value' is missing"),
            ("name,value\na,1,2\n", "line 2: '2' is one cell too many"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", Rows::<Pair>::open(&path).err().unwrap());
            assert!(error.contains(expected), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
