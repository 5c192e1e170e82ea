//! GeoJSON objects (RFC 7946) as the functions write them.

use crate::dynamic::{DynamicError, Writer};

/// Longitude and latitude in degrees.
pub(super) type Position = [f64; 2];

/// A GeoJSON geometry. Rings end with their first position.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum GeoJson {
    Point(Position),
    MultiPoint(Vec<Position>),
    LineString(Vec<Position>),
    MultiLineString(Vec<Vec<Position>>),
    Polygon(Vec<Vec<Position>>),
    MultiPolygon(Vec<Vec<Vec<Position>>>),
    Collection(Vec<GeoJson>),
}

impl GeoJson {
    /// One line, or several in one object.
    pub(super) fn lines(mut lines: Vec<Vec<Position>>) -> Self {
        match lines.len() {
            1 => Self::LineString(lines.remove(0)),
            _ => Self::MultiLineString(lines),
        }
    }

    /// One polygon, or several in one object.
    pub(super) fn polygons(mut polygons: Vec<Vec<Vec<Position>>>) -> Self {
        match polygons.len() {
            1 => Self::Polygon(polygons.remove(0)),
            _ => Self::MultiPolygon(polygons),
        }
    }

    /// Writes the object.
    ///
    /// # Errors
    /// When it is too large or collections nest too deeply.
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        writer.open_bag()?;
        writer.key("type");
        writer.string(self.type_name());
        match self {
            Self::Collection(members) => {
                writer.key("geometries");
                array(writer, members, |writer, member| member.write(writer))?;
            }
            _ => {
                writer.key("coordinates");
                self.write_coordinates(writer)?;
            }
        }
        writer.close()
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Point(_) => "Point",
            Self::MultiPoint(_) => "MultiPoint",
            Self::LineString(_) => "LineString",
            Self::MultiLineString(_) => "MultiLineString",
            Self::Polygon(_) => "Polygon",
            Self::MultiPolygon(_) => "MultiPolygon",
            Self::Collection(_) => "GeometryCollection",
        }
    }

    fn write_coordinates(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        match self {
            Self::Point(point) => position(writer, point),
            Self::MultiPoint(points) | Self::LineString(points) => path(writer, points),
            Self::MultiLineString(paths) | Self::Polygon(paths) => array(writer, paths, path),
            Self::MultiPolygon(polygons) => array(writer, polygons, |writer, rings: &Vec<_>| {
                array(writer, rings, path)
            }),
            Self::Collection(_) => Ok(()),
        }
    }
}

type Written = Result<(), DynamicError>;

fn array<T>(writer: &mut Writer, items: &[T], write: fn(&mut Writer, &T) -> Written) -> Written {
    writer.open_array()?;
    for item in items {
        write(writer, item)?;
    }
    writer.close()
}

#[expect(
    clippy::ptr_arg,
    reason = "the signature that `array` hands its items to"
)]
fn path(writer: &mut Writer, positions: &Vec<Position>) -> Written {
    array(writer, positions, position)
}

fn position(writer: &mut Writer, position: &Position) -> Written {
    writer.open_array()?;
    position
        .iter()
        .for_each(|&coordinate| writer.real(coordinate));
    writer.close()
}
