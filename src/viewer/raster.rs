//! Many dots in a plot, as a single mesh.

use std::ops::RangeInclusive;

use bevy_egui::egui::{Color32, Mesh, Pos2, Rect, Shape, Ui, vec2};
use egui_plot::{PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotTransform};

/// Dots of equal size, each with its colour.
pub struct Raster {
    base: PlotItemBase,
    dots: Vec<Dot>,
    size: [f32; 2],
}

/// One dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Place in the plot.
    pub at: [f64; 2],
    /// Colour.
    pub color: Color32,
}

impl Raster {
    /// Dots of `size` pixels: width and height.
    pub fn new(dots: Vec<Dot>, size: [f32; 2]) -> Self {
        let base = PlotItemBase::new("raster".into());
        Self { base, dots, size }
    }
}

impl PlotItem for Raster {
    fn shapes(&self, _ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(4 * self.dots.len());
        mesh.reserve_triangles(2 * self.dots.len());
        for dot in &self.dots {
            let [x, y] = dot.at;
            let centre = Pos2::new(transform.position_from_point_x(x), transform.position_from_point_y(y));
            mesh.add_colored_rect(Rect::from_center_size(centre, vec2(self.size[0], self.size[1])), dot.color);
        }
        shapes.push(Shape::mesh(mesh));
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::WHITE
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}
