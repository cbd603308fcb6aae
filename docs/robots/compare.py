#!/usr/bin/env python3
"""Compares how mesolimb and MuJoCo read robot files, and writes the table in README.md beside this script.

    pip install mujoco 'gymnasium[mujoco]' example-robot-data
    cargo build --release --no-default-features
    python docs/robots/compare.py target/release/mesolimb

Compared are the mass of all that moves and the degrees of freedom, with the base as the file says: for URDF, fixed.
MuJoCo finds no ROS packages and reads no Collada, and it refuses what mesolimb reads with a note.
So it gets a copy of each URDF file without meshes, and with `balanceinertia`, which changes no mass.
Where it refuses that for an inertia, it gets one in which every inertia is that of a small ball, and nothing that moves
has less than a microgram; the table says so.
Links without `inertial` weigh, in both, what their collision shapes weigh; without meshes those of meshes weigh nothing,
so in such a file the masses may differ, and the table says why.
How contacts and stops give way is not in the table: tests of the reader hold `solref`, `solimp`, `margin` and the
friction cone against MuJoCo's numbers.
"""

import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import xml.etree.ElementTree as ET

import gymnasium
import mujoco

HERE = pathlib.Path(__file__).resolve().parent
HEAD = """# Robot files

How `mesolimb check` and MuJoCo {version} read the robot files of Gymnasium and of the PyPI package `example-robot-data`.
Written by [compare.py](compare.py), which says what is compared; masses are of all that moves, in kg.

{summary}

| file | mesolimb: kg | MuJoCo: kg | mesolimb: degrees of freedom | MuJoCo: degrees of freedom | |
|---|---|---|---|---|---|
"""


def ours(binary, path):
    done = subprocess.run([binary, "check", path, "--format", "json"], capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 1) or "panicked" in done.stderr:
        raise SystemExit(f"{path}: {done.stderr}")
    if done.returncode:
        return None, done.stderr.strip().replace(str(path), "").removeprefix("mesolimb: ").lstrip(": ")
    read = json.loads(done.stdout)
    about_mass = [note for note in read["notes"] if "mass" in note["what"] or "weigh" in note["what"]]
    return (read["mass_kg"], read["n_velocities"]), ", ".join(
        f"{note['count']} × {note['element']}: {note['what']}" for note in about_mass
    )


def copy(path, mended):
    root = ET.parse(path).getroot()
    for link in root.iter("link"):
        for part in [*link.findall("visual"), *link.findall("collision")]:
            if part.tag == "visual" or part.find("geometry/mesh") is not None:
                link.remove(part)
    for material in list(root.findall("material")):
        root.remove(material)
    compiler = {"balanceinertia": "true"}
    if mended:
        compiler |= {"boundmass": "1e-9", "boundinertia": "1e-12"}
        for link in root.iter("link"):
            inertial = link.find("inertial")
            if inertial is not None and float(inertial.find("mass").get("value")) == 0:
                link.remove(inertial)
        for inertia in root.iter("inertia"):
            inertia.attrib = {key: "1e-6" if key[1] == key[2] else "0" for key in ["ixx", "iyy", "izz", "ixy", "ixz", "iyz"]}
    ET.SubElement(ET.SubElement(root, "mujoco"), "compiler", compiler)
    return ET.tostring(root, encoding="unicode")


def theirs(path, mended=False):
    try:
        if path.suffix == ".urdf":
            model = mujoco.MjModel.from_xml_string(copy(path, mended))
        else:
            model = mujoco.MjModel.from_xml_path(str(path))
    except (ValueError, ET.ParseError) as error:
        if "inertia" in str(error) and not mended:
            return theirs(path, mended=True)
        return None, " ".join(str(error).removeprefix("Error: ").split())
    moving = sum(model.body_mass[body] for body in range(model.nbody) if model.body_weldid[body] != 0)
    return (float(moving), int(model.nv)), "MuJoCo with other inertias" if mended else ""


def robot_files():
    assets = pathlib.Path(gymnasium.__file__).parent / "envs/mujoco/assets"
    data = pathlib.Path(sysconfig.get_path("purelib")) / "cmeel.prefix/share/example-robot-data/robots"
    for folder, ending in [(assets, "xml"), (data, "urdf")]:
        for path in sorted(folder.rglob(f"*.{ending}")):
            yield path, path.relative_to(folder)


def row(binary, path, name):
    (mine, why), (their, refusal) = ours(binary, path), theirs(path)
    cell = lambda read, idx, digits: "–" if read is None else f"{read[idx]:.{digits}f}"
    if mine is None and their is None:
        outcome, remark = "neither", f"mesolimb: {why}; MuJoCo: {refusal}"
    elif their is None:
        outcome, remark = "only mesolimb", f"MuJoCo: {refusal}"
    elif mine is None:
        outcome, remark = "only MuJoCo", f"mesolimb: {why}"
    else:
        same_mass = abs(mine[0] - their[0]) <= 5e-5 * max(abs(their[0]), 1e-9)
        same = same_mass and mine[1] == their[1]
        outcome, remark = ("same", refusal) if same else ("different", ", ".join(filter(None, [why, refusal])))
    remark = f"{outcome}; {remark}" if remark else outcome
    remark = (remark[:200] + "…" if len(remark) > 200 else remark).replace("|", "/")
    cells = [f"`{name}`", cell(mine, 0, 4), cell(their, 0, 4), cell(mine, 1, 0), cell(their, 1, 0), remark]
    return outcome, "| " + " | ".join(cells) + " |"


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    os.chdir(tempfile.mkdtemp())  # MuJoCo leaves a log where it runs.
    rows = [row(binary, path, name) for path, name in robot_files()]
    counts = {}
    for outcome, _ in rows:
        counts[outcome] = counts.get(outcome, 0) + 1
    words = {
        "same": "read alike, to four digits",
        "different": "read otherwise",
        "only mesolimb": "read by mesolimb alone",
        "only MuJoCo": "read by MuJoCo alone",
        "neither": "read by neither",
    }
    summary = f"{len(rows)} files: " + ", ".join(f"{counts[key]} {words[key]}" for key in words if key in counts) + "."
    head = HEAD.format(version=mujoco.__version__, summary=summary)
    (HERE / "README.md").write_text(head + "\n".join(line for _, line in rows) + "\n")
    print(summary)


if __name__ == "__main__":
    main()
