//! Reads the reference files: comments with parameters and lists, a line of names, numbers.

/// A reference file.
pub(super) struct Table {
    comments: String,
    names: Vec<&'static str>,
    rows: Vec<Vec<&'static str>>,
}

/// The file of this name in `tests/reference/plasticity`.
macro_rules! table {
    ($name:literal) => {
        $crate::plasticity::tests::reference::Table::new(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/reference/plasticity/",
            $name
        )))
    };
}
pub(super) use table;

impl Table {
    pub(super) fn new(text: &'static str) -> Self {
        let comments = text.lines().filter(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let names = lines.next().unwrap().split(',').collect();
        let rows: Vec<_> = lines.map(|line| line.split(',').collect()).collect();
        assert!(rows.len() > 10, "hardly any data");
        Self { comments, names, rows }
    }

    /// A parameter of the comments: `name=number`.
    pub(super) fn parameter(&self, name: &str) -> f64 {
        let assignment =
            self.comments.split([' ', ',', '\n', ';']).find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        assignment.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    }

    /// A list of the comments: `name: 1;2;3`.
    pub(super) fn list(&self, name: &str) -> Vec<f64> {
        let line = self.comments.lines().find(|line| line.contains(name)).unwrap();
        line.rsplit(": ").next().unwrap().split(';').map(|x| x.parse().unwrap()).collect()
    }

    pub(super) fn text(&self, name: &str) -> Vec<&'static str> {
        let column = self.names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| row[column]).collect()
    }

    /// A column; what is left out is not a number.
    pub(super) fn column(&self, name: &str) -> Vec<f64> {
        self.text(name).into_iter().map(|x| if x.is_empty() { f64::NAN } else { x.parse().unwrap() }).collect()
    }
}

/// Largest distance of two columns, where both have a number.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite()).count() > 0, "nothing to compare");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).filter(|d| d.is_finite()).fold(0.0, f64::max)
}
