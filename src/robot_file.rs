//! Robot files on disk: opened with the files that they name, none of which lies outside the robot's folder or package.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use mesolimb_envs::{
    RobotSpec,
    robot_file::{AssetPath, Base, MAX_BYTES, RobotFile, read},
};

/// Largest mesh, in bytes.
const MAX_MESH_BYTES: usize = 256 << 20;
/// Folders of a package in which robot files lie by convention, beside those of meshes.
const ROBOT_FOLDERS: [&str; 4] = ["urdf", "robots", "mjcf", "xml"];

/// Options of a robot of one's own.
#[derive(Clone, Debug, Default, Args)]
pub struct RobotArgs {
    /// Your own robot, MJCF or URDF, for the tasks `walk` and `reach`
    #[arg(long, value_name = "FILE")]
    pub robot: Option<PathBuf>,
    /// Site or link of the robot that `reach` brings to a target; its end, if not given
    #[arg(long, value_name = "NAME")]
    pub effector: Option<String>,
}

impl RobotArgs {
    /// The file as run files have it.
    ///
    /// # Errors
    /// If its name is no Unicode.
    pub fn file(&self) -> anyhow::Result<Option<String>> {
        self.robot.as_deref().map(as_text).transpose()
    }
}

/// A path as run files have it.
///
/// # Errors
/// If it is no Unicode.
pub fn as_text(path: &Path) -> anyhow::Result<String> {
    Ok(path.to_str().with_context(|| format!("{} is no Unicode", path.display()))?.to_owned())
}

/// Reads the robot in `file`, MJCF or URDF.
///
/// `package://NAME/…` is looked for in the folders around the file: in one of that name, or beside one, in a folder of that
/// name with a `package.xml`.
///
/// # Errors
/// If it cannot be read; the message has the file, the line and what was expected.
pub fn open(file: &Path, base: Base) -> anyhow::Result<RobotFile> {
    let name = file.display().to_string();
    let text = read_text(file)?;
    let Some(folder) = file.canonicalize().ok().and_then(|file| file.parent().map(Path::to_path_buf)) else {
        bail!("{name} lies in no folder");
    };
    Ok(read(&name, &text, base, &mut |path| read_asset(&folder, path))?)
}

/// The robot in `file`, MJCF or URDF, or a description of it as TOML; and how many things the file says that are not read,
/// or otherwise.
///
/// # Errors
/// If it cannot be read; the message has the file, the line and what was expected.
pub fn open_body(file: &Path, base: Base) -> anyhow::Result<(RobotSpec, usize)> {
    if file.extension().is_none_or(|extension| extension != "toml") {
        return open(file, base).map(|read| (read.robot, read.notes.len()));
    }
    let name = || file.display().to_string();
    let robot: RobotSpec = toml::from_str(&read_text(file)?).map_err(|error| anyhow::anyhow!("{}: {error}", name()))?;
    robot.validate().with_context(name)?;
    Ok((robot, 0))
}

fn read_text(file: &Path) -> anyhow::Result<String> {
    let name = || file.display().to_string();
    let bytes = read_at_most(file, MAX_BYTES).map_err(anyhow::Error::msg).with_context(name)?;
    String::from_utf8(bytes).with_context(|| format!("{} is no text", name()))
}

fn read_asset(folder: &Path, path: &AssetPath) -> Result<Vec<u8>, String> {
    let (root, full) = match path {
        AssetPath::Relative(path) => (own_root(folder), folder.join(path)),
        AssetPath::Package { name, path } => {
            let root = package(folder, name).ok_or_else(|| format!("no package '{name}' around the robot file"))?;
            let full = root.join(path);
            (root, full)
        }
    };
    // What links lead to counts, too.
    let real = full.canonicalize().map_err(|error| error.to_string())?;
    if !root.canonicalize().is_ok_and(|root| real.starts_with(root)) {
        return Err(format!("it lies outside {}", root.display()));
    }
    read_at_most(&real, MAX_MESH_BYTES)
}

/// Where all that the robot names by relative paths must lie: its package, or its folder.
fn own_root(folder: &Path) -> PathBuf {
    let package = folder.ancestors().find(|folder| folder.join("package.xml").is_file());
    let by_convention = || {
        let name = folder.file_name()?.to_str()?;
        ROBOT_FOLDERS.contains(&name).then_some(folder.parent()).flatten()
    };
    package.or_else(by_convention).unwrap_or(folder).to_path_buf()
}

fn package(folder: &Path, name: &str) -> Option<PathBuf> {
    folder.ancestors().find_map(|around| {
        if around.file_name().is_some_and(|folder| folder == name) {
            return Some(around.to_path_buf());
        }
        let beside = around.join(name);
        beside.join("package.xml").is_file().then_some(beside)
    })
}

fn read_at_most(file: &Path, max_bytes: usize) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    // Pipes and devices have no end.
    if !fs::metadata(file).map_err(failed)?.is_file() {
        return Err("it is no file".into());
    }
    let mut bytes = Vec::new();
    let limit = max_bytes as u64 + 1;
    File::open(file).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max_bytes {
        return Err(format!("it has more than {max_bytes} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_the_package_and_not_outside() {
        let dir = tempfile::tempdir().unwrap();
        let make = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for path in
            ["secret.stl", "arm/meshes/a.stl", "arm/urdf/b.stl", "hand/c.stl", "hand/package.xml", "other/d.stl"]
        {
            make(path, path);
        }
        let folder = dir.path().join("arm/urdf");
        let asset = |path: AssetPath| read_asset(&folder, &path).map(|bytes| String::from_utf8(bytes).unwrap());
        let relative = |path: &str| asset(AssetPath::Relative(path.into()));
        let package = |name: &str, path: &str| asset(AssetPath::Package { name: name.into(), path: path.into() });
        assert_eq!(relative("b.stl").unwrap(), "arm/urdf/b.stl");
        assert_eq!(relative("../meshes/a.stl").unwrap(), "arm/meshes/a.stl");
        assert_eq!(package("arm", "meshes/a.stl").unwrap(), "arm/meshes/a.stl");
        assert_eq!(package("hand", "c.stl").unwrap(), "hand/c.stl");
        assert!(relative("../../secret.stl").unwrap_err().contains("outside"));
        assert!(package("other", "d.stl").unwrap_err().contains("no package"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path().join("secret.stl"), folder.join("link.stl")).unwrap();
            assert!(relative("link.stl").unwrap_err().contains("outside"));
            assert!(read_at_most(Path::new("/dev/zero"), 10).unwrap_err().contains("no file"));
        }
        assert!(read_at_most(&dir.path().join("secret.stl"), 5).unwrap_err().contains("more than 5 bytes"));
    }
}
