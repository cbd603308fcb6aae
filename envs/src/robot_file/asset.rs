//! Paths in robot files: none leads out of the folder or package of the robot.

use super::error::{Place, Reason, RobotFileError};

/// A file that a robot file names, by a path without `..` that leads out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AssetPath {
    /// Relative to the folder of the robot file. It may start with `..` in a URDF file, whose package is a folder above:
    /// whoever opens it makes sure that it stays in the package.
    Relative(String),
    /// `package://NAME/PATH`: relative to the folder of the package NAME.
    Package {
        /// Name of the package.
        name: String,
        /// Path in it.
        path: String,
    },
}

/// Reads the files that a robot file names, or says why not.
pub type ReadAsset<'a> = dyn FnMut(&AssetPath) -> Result<Vec<u8>, String> + 'a;

/// Reads none.
///
/// # Errors
/// Always.
pub fn no_assets(_: &AssetPath) -> Result<Vec<u8>, String> {
    Err("this robot comes without files".into())
}

impl AssetPath {
    /// The path `text`, named by `element` at `place`.
    pub(super) fn parse(text: &str, place: &Place, element: &str) -> Result<Self, RobotFileError> {
        let refuse = |reason: &str| RobotFileError {
            place: place.clone(),
            reason: Reason::File {
                element: element.to_owned(),
                path: super::xml::clipped(text),
                reason: reason.to_owned(),
            },
        };
        if text.contains('\0') || text.contains('\\') {
            return Err(refuse("it is no path of folders divided by '/'"));
        }
        if let Some(rest) = text.strip_prefix("package://").or_else(|| text.strip_prefix("model://")) {
            // Some files write package:///NAME.
            let rest = rest.trim_start_matches('/');
            let (name, path) = rest.split_once('/').ok_or_else(|| refuse("expected package://NAME/PATH"))?;
            if name == ".." || name == "." {
                return Err(refuse("the name of a package is no path"));
            }
            let path = inside(path).ok_or_else(|| refuse("it leads out of its package"))?;
            return Ok(Self::Package { name: name.to_owned(), path });
        }
        if text.contains("://") {
            return Err(refuse("expected a path, or package://NAME/PATH"));
        }
        if text.starts_with('/') || text.as_bytes().get(1) == Some(&b':') {
            return Err(refuse("it is an absolute path, expected one in the folder of the robot"));
        }
        Ok(Self::Relative(shortened(text)))
    }
}

impl std::fmt::Display for AssetPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Relative(path) => f.write_str(path),
            Self::Package { name, path } => write!(f, "package://{name}/{path}"),
        }
    }
}

/// `path` without `.` and `..`, if it does not lead out of where it starts.
fn inside(path: &str) -> Option<String> {
    let path = shortened(path);
    (path != ".." && !path.starts_with("../")).then_some(path)
}

/// `path` with `.` and `..` only where it leads up at its start.
fn shortened(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match parts.last() {
            Some(&last) if part == ".." && last != ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<AssetPath, RobotFileError> {
        AssetPath::parse(text, &Place::default(), "mesh")
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(path("./a/../b//c.stl").unwrap(), AssetPath::Relative("b/c.stl".into()));
        let package = AssetPath::Package { name: "arm".into(), path: "b.dae".into() };
        assert_eq!(path("package://arm/meshes/../b.dae").unwrap(), package);
        assert_eq!(path("package:///arm/b.dae").unwrap(), package);
        for hostile in [
            "/etc/passwd",
            "C:/autoexec.bat",
            "..\\x.stl",
            "file:///etc/passwd",
            "http://example.org/x.stl",
            "package://arm/../../x.stl",
            "package://../x.stl",
            "package://arm",
        ] {
            assert!(matches!(path(hostile).unwrap_err().reason, Reason::File { .. }), "{hostile}");
        }
    }
}
