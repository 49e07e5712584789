//! The top folder of a commit, as git keeps it: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::super::file_name;
use crate::domain::ScopeName;

/// What a name in a folder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// Git's mode, `100644`.
    mode: String,
    /// The object's id, in hexadecimal.
    pub(super) id: String,
}

impl Named {
    /// What it is in words, where it is no plain file.
    pub(super) fn oddity(&self) -> Option<&'static str> {
        match self.mode.as_str() {
            "100644" | "100755" | "100664" => None,
            "120000" => Some("a symbolic link"),
            "40000" => Some("a folder"),
            "160000" => Some("a submodule"),
            _ => Some("something that git has no name for here"),
        }
    }
}

/// The names in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folder(BTreeMap<String, Named>);

impl Folder {
    /// A tree object's bytes: a mode, a space, a name, a zero byte and an id of `id_bytes` bytes, again and again. A name
    /// that is no UTF-8 can't be ours and is passed over; nothing where the bytes are no tree.
    pub(super) fn parse(mut bytes: &[u8], id_bytes: usize) -> Option<Self> {
        let mut names = BTreeMap::new();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ')?;
            let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
            let zero = rest.iter().position(|byte| *byte == 0)?;
            let (name, rest) = (&rest[..zero], &rest[zero + 1..]);
            let (id, rest) = rest.split_at_checked(id_bytes)?;
            bytes = rest;
            if let (Ok(mode), Ok(name)) = (std::str::from_utf8(mode), std::str::from_utf8(name)) {
                let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
                names.insert(name.to_owned(), Named { mode: mode.to_owned(), id });
            }
        }
        Some(Self(names))
    }

    /// What an organization's record is, if there is one.
    pub(super) fn record(&self, org: &ScopeName) -> Option<&Named> {
        self.0.get(&file_name::of(org))
    }

    /// The same folder, where an organization's record is the object `id`.
    pub(super) fn with_record(&self, org: &ScopeName, id: String) -> Self {
        let mut names = self.0.clone();
        names.insert(file_name::of(org), Named { mode: "100644".to_owned(), id });
        Self(names)
    }

    /// The organizations that have a record. Whatever bears a record's name counts, so that one that can't be read is told
    /// and not passed over.
    pub(super) fn orgs(&self) -> BTreeSet<ScopeName> {
        self.0.keys().filter_map(|name| file_name::org(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: &str, name: &[u8], byte: u8, id_bytes: usize) -> Vec<u8> {
        let mut bytes = format!("{mode} ").into_bytes();
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(std::iter::repeat_n(byte, id_bytes));
        bytes
    }

    #[test]
    fn a_tree_is_read_whichever_hash_names_its_objects() {
        for id_bytes in [20, 32] {
            let bytes = [
                entry("100644", b"README.md", 0, id_bytes),
                entry("100644", b"acme.json", 0xab, id_bytes),
                entry("100644", b"caf\xe9.json", 1, id_bytes),
                entry("40000", b"globex.json", 2, id_bytes),
                entry("120000", b"initech.json", 3, id_bytes),
            ]
            .concat();
            let folder = Folder::parse(&bytes, id_bytes).expect("a tree");
            let org = |name: &str| ScopeName::new(name).unwrap();
            assert_eq!(folder.orgs(), ["acme", "globex", "initech"].map(org).into());
            let acme = folder.record(&org("acme")).unwrap();
            assert_eq!((acme.id.as_str(), acme.oddity()), ("ab".repeat(id_bytes).as_str(), None));
            assert_eq!(folder.record(&org("globex")).unwrap().oddity(), Some("a folder"));
            assert_eq!(folder.record(&org("initech")).unwrap().oddity(), Some("a symbolic link"));
            assert_eq!(folder.record(&org("hooli")), None);
            assert_eq!(Folder::parse(&bytes[..bytes.len() - 1], id_bytes), None, "cut short");
        }
        assert_eq!(Folder::parse(b"", 20), Some(Folder::default()));
        assert_eq!(Folder::parse(b"tree", 20), None);
    }
}
