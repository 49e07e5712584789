//! `contentFile` names a plain text file inside the tree: by a relative path, through no link, and no policy file.

use crate::domain::{Code, Finding, Place};
use crate::tree::disk::Read;
use crate::tree::rules::{encoding, entry_kind, file_size};
use crate::tree::texts::{Texts, split};
use crate::tree::yaml::{BYTE_ORDER_MARK, nearest, quote, tick};

/// The path leads out of the tree.
pub(in crate::tree) const OUTSIDE: Code = Code("content-outside-tree");
/// The path isn't one that means the same on every system.
pub(in crate::tree) const BAD_PATH: Code = Code("bad-content-path");
/// There is no such file.
pub(in crate::tree) const MISSING: Code = Code("content-file-missing");
/// The file would be read as a policy itself.
pub(in crate::tree) const A_POLICY: Code = Code("content-file-is-policy");
/// The file holds nothing.
pub(in crate::tree) const EMPTY: Code = Code("content-file-empty");

/// The path below the root that `written`, in the file `file`, names. `place` is where it is written.
pub(in crate::tree) fn resolve(file: &str, written: &str, place: &Place) -> Result<String, Finding> {
    let wrong =
        |code, why: &str| Finding::error(code, place.clone(), format!("`contentFile` {} {why}", quote(written)));
    if written.starts_with('/') || written.starts_with('~') {
        return Err(wrong(OUTSIDE, "is not relative to this file").hint("write the path from this file's folder"));
    }
    if written.contains("://") {
        return Err(wrong(BAD_PATH, "is an address").hint("copy the text into the tree, and name that file"));
    }
    // A backslash or a drive's letter means something on one system and nothing on the next.
    if written.contains(['\\', ':', '\0']) {
        return Err(wrong(BAD_PATH, "can't hold `\\`, `:` or NUL").hint("separate folders with `/`"));
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "" => return Err(wrong(BAD_PATH, "has an empty part").hint("name a file")),
            "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(wrong(OUTSIDE, "leads out of the tree").hint("keep the text inside the tree"));
                }
            }
            part => parts.push(part),
        }
    }
    let Some(name) = parts.last().map(|name| name.to_ascii_lowercase()) else {
        return Err(wrong(BAD_PATH, "names the tree itself").hint("name a file"));
    };
    if name.ends_with(".yaml") || name.ends_with(".yml") {
        return Err(wrong(A_POLICY, "has the ending of a policy file").hint("end the text's name with `.md` or `.txt`"));
    }
    Ok(parts.join("/"))
}

/// The text of the file at `path`, as far as it is one.
///
/// `near` finds the path that is meant, where there is no such file.
pub(in crate::tree) fn text(
    path: &str,
    read: Read,
    place: &Place,
    near: &dyn Fn() -> Option<String>,
) -> Result<String, Finding> {
    let wrong = |code, why: String| Finding::error(code, place.clone(), format!("{} {why}", quote(path)));
    match read {
        Read::Missing => Err(wrong(MISSING, "does not exist".to_owned()).hint(match near() {
            Some(near) => format!("did you mean {}?", tick(&near)),
            None => "write its path from this file's folder on, with the ending: `texts/pii.md`".to_owned(),
        })),
        Read::Link => Err(wrong(entry_kind::LINK, "is, or lies below, a symbolic link".to_owned())
            .hint("name the file that the link points to")),
        Read::NotAFile("a file") => Err(wrong(entry_kind::NOT_REGULAR, "lies below a file, not a folder".to_owned())
            .hint("write the path of a file, from this file's folder on: `texts/pii.md`")),
        Read::NotAFile("a folder") => Err(wrong(entry_kind::NOT_REGULAR, "is a folder, not a file".to_owned())
            .hint("name the file in it that holds the text: `texts/pii.md`")),
        Read::NotAFile(what) => Err(wrong(entry_kind::NOT_REGULAR, format!("is {what}, not a file"))
            .hint("put the text into a plain file, and name that")),
        Read::TooLarge => Err(wrong(file_size::CODE, format!("has more than {} bytes (256 KiB)", file_size::LIMIT))
            .hint("a policy's text has at most 32 KiB: split the policy")),
        Read::Bytes(bytes) => {
            let text = encoding::text(path, bytes)?;
            let said = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
            if said.trim().is_empty() {
                return Err(wrong(EMPTY, "is empty".to_owned()).hint("write the policy's text into it"));
            }
            Ok(text)
        }
    }
}

/// The most names of a folder that are compared with a wrong one: a pull request may bring many of both.
const COMPARED: usize = 100;

/// The path of the file that is most likely meant by `path`, as it is written in `file`: one of the same folder with nearly
/// the same name, or the only one of that name elsewhere.
pub(in crate::tree) fn near(file: &str, path: &str, texts: &Texts<'_>) -> Option<String> {
    let (folder, name) = split(path);
    let of_a_near_name = || {
        let beside = texts.in_folder(folder);
        let near = nearest(name, beside.iter().copied().filter(|_| beside.len() <= COMPARED))?;
        Some(if folder.is_empty() { near.to_owned() } else { format!("{folder}/{near}") })
    };
    let found = texts.of_stem(folder, name).map(str::to_owned).or_else(of_a_near_name);
    found.or_else(|| texts.of_name(name).map(str::to_owned)).map(|other| from_folder(split(file).0, &other))
}

/// The way from a folder to a file.
fn from_folder(folder: &str, file: &str) -> String {
    let steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    let parts: Vec<&str> = file.split('/').collect();
    let shared = steps.iter().zip(&parts).take_while(|(step, part)| step == part).count();
    let up = std::iter::repeat_n("..", steps.len() - shared);
    up.chain(parts.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_near_is_said_as_it_would_be_written() {
        let files = Texts::of(["acme/notes.md", "acme/texts/pii.md", "acme/texts/secrets.md", "shared/code.md"]);
        let at = |path| near("acme/prod/a.yaml", path, &files);
        for (path, want) in [
            ("acme/texts/pii", Some("../texts/pii.md")),
            ("acme/texts/PII.txt", Some("../texts/pii.md")),
            ("acme/texts/secerts.md", Some("../texts/secrets.md")),
            ("acme/prod/texts/code.md", Some("../../shared/code.md")),
            ("acme/prod/pii.md", Some("../texts/pii.md")),
            ("acme/texts/customers.md", None),
        ] {
            assert_eq!(at(path).as_deref(), want, "{path}");
        }
        assert_eq!(near("acme/a.yaml", "acme/note.md", &files).as_deref(), Some("notes.md"));
    }

    #[test]
    fn of_a_full_folder_only_a_name_with_another_ending_is_near() {
        for (number, near_one) in [(COMPARED, Some("pii.md")), (COMPARED + 1, None)] {
            let others: Vec<String> = (1..number).map(|number| format!("text-{number}.md")).collect();
            let files = Texts::of(others.iter().map(String::as_str).chain(["pii.md"]));
            assert_eq!(near("a.yaml", "pij.md", &files).as_deref(), near_one, "{number} files");
            assert_eq!(near("a.yaml", "pii.txt", &files).as_deref(), Some("pii.md"), "{number} files");
        }
    }

    #[test]
    fn a_path_stays_in_the_tree() {
        let at = |written: &str| resolve("acme/prod/a.yaml", written, &Place::file("f")).map_err(|f| f.code.0);
        assert_eq!(at("b.md").as_deref(), Ok("acme/prod/b.md"));
        assert_eq!(at("./c/../b.md").as_deref(), Ok("acme/prod/b.md"));
        assert_eq!(at("../../b.md").as_deref(), Ok("b.md"));
        for (outside, code) in [
            ("../../../b.md", "content-outside-tree"),
            ("../../../acme/prod/b.md", "content-outside-tree"),
            ("../../etc/../../passwd", "content-outside-tree"),
            ("/etc/passwd", "content-outside-tree"),
            ("~/b.md", "content-outside-tree"),
            ("C:\\b.md", "bad-content-path"),
            ("..\\..\\..\\b.md", "bad-content-path"),
            ("c:b.md", "bad-content-path"),
            ("b//c.md", "bad-content-path"),
            ("b/", "bad-content-path"),
            ("b\0.md", "bad-content-path"),
            ("../..", "bad-content-path"),
            ("b.YML", "content-file-is-policy"),
        ] {
            assert_eq!(at(outside), Err(code), "{outside}");
        }
    }
}
