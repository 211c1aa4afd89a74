//! Whether the images that a golden names exist.

use super::{Pattern, Piece, layer::Malformed};
use crate::{document::nearest, fixture::ImageCatalogue};

/// The first placeholder in the text of a golden that names an image which `images` lacks.
pub(super) fn unknown_image(text: &str, images: &ImageCatalogue) -> Option<Malformed> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| line.contains('['));
    lines.find_map(|(index, line)| {
        Pattern::parse(line).pieces().iter().find_map(|piece| {
            let Piece::Variable(variable) = piece else { return None };
            let image = variable.image().filter(|image| images.get(image).is_none())?;
            let near = nearest(image, images.names()).map(|name| format!(", did you mean `{name}`?"));
            Some(Malformed {
                line: index + 1,
                column: line.find(&format!("[{variable}]")).unwrap_or_default() + 1,
                message: format!("unknown image `{image}`{}", near.unwrap_or_default()),
            })
        })
    })
}
