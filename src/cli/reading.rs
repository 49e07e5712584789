//! The tree, read where someone may wait for it.

use crate::tree::{self, Tree, TreeError};

use super::console::Console;
use super::settings::Settings;
use super::stretch::{BEFORE_A_LINE, Stretch};

/// Reads the tree, and tells how far it is where that takes long.
pub(super) fn tree(settings: &Settings, console: &Console) -> Result<Tree, TreeError> {
    let told = Stretch::begin(console, "reading the tree", BEFORE_A_LINE);
    tree::read_told(&settings.tree, &told)
}
