//! One rule a file: what is right in a tree, and the finding where it isn't. Pure. A rule sees one element (an entry, a
//! document, a field), or the elements of one folder or scope; it never stops at the first that is wrong.

pub(super) mod action_type;
pub(super) mod characters;
pub(super) mod content;
pub(super) mod content_file;
pub(super) mod cut_short;
pub(super) mod documents;
pub(super) mod draft;
pub(super) mod echoes;
pub(super) mod encoding;
pub(super) mod entry_kind;
pub(super) mod entry_level;
pub(super) mod entry_name;
pub(super) mod file_size;
pub(super) mod key;
pub(super) mod look_alikes;
pub(super) mod metadata;
pub(super) mod path_as_text;
pub(super) mod required;
pub(super) mod risk_type;
pub(super) mod scope_assertion;
pub(super) mod scope_id;
pub(super) mod twin_ids;
pub(super) mod twin_keys;
pub(super) mod twin_names;
pub(super) mod twin_policies;
