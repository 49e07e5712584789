//! The tree's files that may be a policy's text, as they are asked for: by path, by folder, by name. Made once, so that many
//! wrong paths beside many files cost no more than both together.

use std::collections::HashMap;

/// The files that `contentFile` may name.
#[derive(Debug, Default)]
pub(super) struct Texts<'p> {
    in_folder: HashMap<&'p str, Vec<&'p str>>,
    /// By folder and stem, letter case aside; of several the first.
    of_stem: HashMap<(&'p str, String), &'p str>,
    /// By name; nothing where several folders have one.
    of_name: HashMap<&'p str, Option<&'p str>>,
}

impl<'p> Texts<'p> {
    /// Of their paths below the root.
    pub(super) fn of(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut paths: Vec<&str> = paths.into_iter().collect();
        paths.sort_unstable();
        let mut texts = Self::default();
        for path in paths {
            let (folder, name) = split(path);
            texts.in_folder.entry(folder).or_default().push(name);
            texts.of_stem.entry((folder, stem(name))).or_insert(path);
            texts.of_name.entry(name).and_modify(|only| *only = None).or_insert(Some(path));
        }
        texts
    }

    /// Whether there is one of this path.
    pub(super) fn contains(&self, path: &str) -> bool {
        let (folder, name) = split(path);
        self.in_folder.get(folder).is_some_and(|names| names.binary_search(&name).is_ok())
    }

    /// The names in a folder, sorted.
    pub(super) fn in_folder(&self, folder: &str) -> &[&'p str] {
        self.in_folder.get(folder).map_or(&[], Vec::as_slice)
    }

    /// The one in a folder that is called the same but for its ending and its letter case.
    pub(super) fn of_stem(&self, folder: &str, name: &str) -> Option<&'p str> {
        self.of_stem.get(&(folder, stem(name))).copied()
    }

    /// The only one of this name.
    pub(super) fn of_name(&self, name: &str) -> Option<&'p str> {
        self.of_name.get(name).copied().flatten()
    }
}

/// A path's folder and its name.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn stem(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_by_path_stem_and_name() {
        let texts = Texts::of(["b/pii.txt", "b/PII.md", "a/code.md", "code.md", "b.md"]);
        for (path, is_there) in [("b/pii.txt", true), ("code.md", true), ("b/code.md", false), ("b", false)] {
            assert_eq!(texts.contains(path), is_there, "{path}");
        }
        assert_eq!(texts.in_folder("b"), ["PII.md", "pii.txt"]);
        assert_eq!(texts.of_stem("b", "Pii.markdown"), Some("b/PII.md"));
        assert_eq!(texts.of_stem("a", "pii.md"), None);
        assert_eq!((texts.of_name("b.md"), texts.of_name("code.md")), (Some("b.md"), None));
    }
}
