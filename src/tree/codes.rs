//! Every kind of finding there is, in one table; `docs/findings.md` has a heading for each, in this order.

use super::{rules, yaml};
use crate::domain::{Code, Level};

/// All kinds of findings: the stable code, the level, and what it is in a few words.
pub const ALL: &[(Code, Level, &str)] = &[
    // The folders and files.
    (rules::entry_kind::LINK, Level::Error, "A symbolic link"),
    (rules::entry_kind::NOT_REGULAR, Level::Error, "Neither a folder nor a regular file"),
    (rules::entry_name::NOT_UTF8, Level::Error, "A name that is not UTF-8"),
    (rules::entry_name::INVALID, Level::Error, "A name that can't stand in an address"),
    (rules::entry_name::ENDING, Level::Error, "A policy file by another ending"),
    (rules::entry_level::FILE_ABOVE, Level::Error, "A policy file above the organizations"),
    (rules::entry_level::FOLDER_BELOW, Level::Error, "A folder below a repository"),
    (rules::twin_names::CODE, Level::Error, "Names that some systems can't tell apart"),
    (rules::look_alikes::CONFUSABLE, Level::Error, "Two names that look the same"),
    (rules::look_alikes::MIXED, Level::Warning, "A name in several scripts"),
    (rules::twin_names::SCOPE_FILES, Level::Error, "Two scope files in a folder"),
    (rules::file_size::CODE, Level::Error, "A file over 256 KiB"),
    // The text of a file.
    (rules::encoding::CODE, Level::Error, "A file that is not UTF-8"),
    (rules::characters::CODE, Level::Error, "A character that can't be seen"),
    (rules::characters::IN_CONTENT, Level::Warning, "A character that can't be seen, in a policy's text"),
    (rules::documents::EMPTY_FILE, Level::Error, "A file that holds nothing"),
    (rules::documents::EMPTY_DOCUMENT, Level::Error, "A document that holds nothing"),
    (rules::documents::SEVERAL, Level::Error, "A scope file with several documents"),
    // YAML.
    (yaml::SYNTAX, Level::Error, "Not readable as YAML"),
    (yaml::TOO_DEEP, Level::Error, "Nested too deeply"),
    (yaml::TOO_MANY_NODES, Level::Error, "Too many values or documents"),
    (yaml::ANCHOR, Level::Error, "An anchor"),
    (yaml::ALIAS, Level::Error, "An alias"),
    (yaml::MERGE_KEY, Level::Error, "A merge key"),
    (yaml::TAG, Level::Error, "A tag"),
    (yaml::DIRECTIVE, Level::Error, "A directive"),
    (yaml::DUPLICATE_FIELD, Level::Error, "A field given twice"),
    (yaml::BAD_FIELD_NAME, Level::Error, "A field's name that is no text"),
    // The fields.
    (yaml::NOT_A_MAPPING, Level::Error, "Something else where fields are due"),
    (yaml::NOT_A_TEXT, Level::Error, "Something else where a text is due"),
    (yaml::NOT_A_LIST, Level::Error, "Something else where a list is due"),
    (yaml::NOT_A_FLAG, Level::Error, "Neither true nor false"),
    (yaml::NOT_A_NUMBER, Level::Error, "No number, or out of bounds"),
    (yaml::UNKNOWN_FIELD, Level::Error, "A field that there isn't"),
    (yaml::EMPTY_VALUE, Level::Error, "A field without a value"),
    (rules::required::CODE, Level::Error, "A field that is missing"),
    (rules::risk_type::CODE, Level::Error, "A `riskType` that there isn't"),
    (rules::action_type::CODE, Level::Error, "An `actionType` that there isn't"),
    (rules::key::MISSING, Level::Error, "A `key` that is missing"),
    (rules::metadata::CODE, Level::Error, "More than 64 entries of metadata"),
    (rules::draft::CODE, Level::Error, "A draft"),
    // The text of a policy.
    (rules::cut_short::CODE, Level::Warning, "A text that ends before a `#`"),
    (rules::path_as_text::CODE, Level::Warning, "A text that is the path of a file"),
    (rules::content::TWICE, Level::Error, "Both `content` and `contentFile`"),
    (rules::content::TOO_LARGE, Level::Error, "Content over 32 KiB"),
    (rules::content_file::OUTSIDE, Level::Error, "A `contentFile` outside the tree"),
    (rules::content_file::BAD_PATH, Level::Error, "A `contentFile` that isn't a plain path"),
    (rules::content_file::MISSING, Level::Error, "A `contentFile` that does not exist"),
    (rules::content_file::A_POLICY, Level::Error, "A `contentFile` that is a policy file"),
    (rules::content_file::EMPTY, Level::Error, "A `contentFile` that holds nothing"),
    // Scopes, and what several policies have to do with each other.
    (rules::scope_id::CODE, Level::Error, "An id that the service can't have given"),
    (rules::scope_assertion::CODE, Level::Error, "A policy in another scope than it says"),
    (rules::twin_ids::CODE, Level::Error, "Two folders for one scope"),
    (rules::twin_keys::CODE, Level::Error, "Two policies of a scope with one key"),
    (rules::twin_policies::CODE, Level::Error, "Two policies of a scope that are equal"),
    (rules::echoes::CODE, Level::Warning, "A text that holds here already"),
];
