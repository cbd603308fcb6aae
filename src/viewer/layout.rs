//! Where the populations and cells of a brain are drawn. A brain has no places of its own.

use bevy::math::Vec3;

/// Radius of a population of 128 cells. The cloud has no physical size.
const TYPICAL_RADIUS: f32 = 1.0;

/// A population in space.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Name of the population.
    pub name: String,
    /// Cells in it.
    pub n_cells: usize,
    /// Index of the first of them.
    pub first_cell: usize,
    /// Where it is.
    pub centre: Vec3,
    /// How far it reaches.
    pub radius: f32,
}

/// Columns of many populations: the panel of the brain is higher than wide.
const COLUMNS_OF_MANY: usize = 3;
/// Populations from which on there are many.
pub const MANY: usize = 9;

/// Puts populations in a grid: those whose names start with the same word share a column, later ones above. Many are put column
/// by column in their order, from the top.
pub fn arrange(populations: &[(String, usize)]) -> Vec<Cluster> {
    let mut columns: Vec<(&str, Vec<usize>)> = Vec::new();
    for (population_idx, (name, _)) in populations.iter().enumerate() {
        let word = name.split_whitespace().next().unwrap_or_default();
        match columns.iter_mut().find(|(other, _)| *other == word) {
            Some((_, members)) => members.push(population_idx),
            None => columns.push((word, vec![population_idx])),
        }
    }
    let mut members: Vec<Vec<usize>> = columns.into_iter().map(|(_, members)| members).collect();
    if members.len() > 3 && members.iter().all(|members| members.len() == 1) {
        let n_rows = (members.len() as f32).sqrt().round() as usize;
        members = members.concat().chunks(n_rows).map(<[usize]>::to_vec).collect();
    }
    if populations.len() >= MANY {
        let n_rows = populations.len().div_ceil(COLUMNS_OF_MANY);
        let in_order: Vec<usize> = (0..populations.len()).collect();
        let from_the_top = |column: &[usize]| {
            // Short columns begin at the top as well.
            let mut rows = vec![usize::MAX; n_rows - column.len()];
            rows.extend(column.iter().rev());
            rows
        };
        members = in_order.chunks(n_rows).map(from_the_top).collect();
    }
    let radius = |n_cells: usize| TYPICAL_RADIUS * (n_cells.max(1) as f32 / 128.0).cbrt();
    let spacing = 2.5 * populations.iter().map(|(_, n)| radius(*n)).fold(0.0, f32::max);
    let mut first_cell = 0;
    let mut clusters: Vec<Cluster> = Vec::new();
    for (population_idx, (name, n_cells)) in populations.iter().enumerate() {
        let column = members.iter().position(|m| m.contains(&population_idx)).unwrap_or(0);
        let row = members[column].iter().position(|&m| m == population_idx).unwrap_or(0);
        // Names of many stand on one line each, side by side.
        let apart = if populations.len() >= MANY { 1.8 } else { 1.0 };
        let centre = Vec3::new(apart * column as f32, 0.0, row as f32 * 1.08) * spacing;
        clusters.push(Cluster { name: name.clone(), n_cells: *n_cells, first_cell, centre, radius: radius(*n_cells) });
        first_cell += n_cells;
    }
    clusters
}

/// Point `i` of a sequence that fills the unit ball evenly, whatever its length (Roberts' R3 sequence).
pub fn within_ball(i: usize) -> Vec3 {
    let share = |step: f64| ((0.5 + step * (i + 1) as f64) % 1.0) as f32;
    let (u, v, w) = (share(0.819_172_513_396_164_4), share(0.671_043_606_703_789_3), share(0.549_700_477_901_974_8));
    let (radius, z) = (u.cbrt(), 1.0 - 2.0 * v);
    let (sin, cos) = (std::f32::consts::TAU * w).sin_cos();
    let flat = (1.0 - z * z).max(0.0).sqrt();
    radius * Vec3::new(flat * cos, flat * sin, z)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four() -> Vec<(String, usize)> {
        let names = ["critic sensory", "critic association", "actor sensory", "actor association"];
        names.map(|name| (name.to_owned(), 128)).to_vec()
    }

    #[test]
    fn populations_stay_apart() {
        let many: Vec<_> = (0..9).map(|i| (format!("p{i}"), 10 + 500 * i)).collect();
        for populations in [four(), many, vec![("alone".into(), 5_000)]] {
            let clusters = arrange(&populations);
            for (i, a) in clusters.iter().enumerate() {
                for b in &clusters[..i] {
                    assert!(a.centre.distance(b.centre) > a.radius + b.radius, "{} and {}", a.name, b.name);
                }
            }
        }
    }

    #[test]
    fn cells_fill_the_ball_evenly() {
        let points: Vec<Vec3> = (0..4_000).map(within_ball).collect();
        assert!(points.iter().all(|point| point.length() <= 1.0001));
        let inner = points.iter().filter(|point| point.length() < 0.5).count() as f32 / 4_000.0;
        assert!((inner - 0.125).abs() < 0.01, "{inner} of the points within an eighth of the volume");
        let mean = points.iter().sum::<Vec3>() / 4_000.0;
        assert!(mean.length() < 0.01, "{mean}");
    }

    #[test]
    fn a_chain_is_a_column() {
        let clusters = arrange(&four());
        assert_eq!(clusters[0].centre.x, clusters[1].centre.x);
        assert!(clusters[0].centre.z < clusters[1].centre.z && clusters[0].centre.x < clusters[2].centre.x);
        assert_eq!(clusters[3].first_cell, 384);
    }
}
