//! Files that the user names: why one can't be read, and which one was perhaps meant.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use crate::tree::yaml;

use super::exit::Exit;
use super::fault::Fault;

/// Why a file that the user named can't be read. `what` is what it is to be, `otherwise` what to do where nothing better is
/// known.
pub(super) fn unread(exit: Exit, what: &str, path: &Path, error: Error, otherwise: &str) -> Fault {
    let near = Some(()).filter(|()| error.kind() == ErrorKind::NotFound).and_then(|()| near(path, Path::is_file));
    let advice = match (error.kind(), near) {
        (_, Some(near)) => format!("did you mean {}?", near.display()),
        (ErrorKind::PermissionDenied, _) => format!("let this user read it, or {otherwise}"),
        _ => otherwise.to_owned(),
    };
    let cause = match error.kind() {
        ErrorKind::InvalidData => Error::other("it is not UTF-8 text"),
        ErrorKind::IsADirectory => Error::other("it is a folder"),
        _ => error,
    };
    Fault::new(exit, format!("can't read {what}{}", path.display())).because(cause).hint(advice)
}

/// The tree that was perhaps meant; or the saved plan, which `apply` takes in a tree's place.
pub(super) fn near_tree(path: &Path) -> Option<PathBuf> {
    near(path, |there| there.is_dir() || there.extension().is_some_and(|ending| ending == "json"))
}

/// What is there beside a path that isn't, is of the kind that was meant, and nearly has its name.
fn near(path: &Path, is_of_the_kind: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent()?;
    let here = if folder == Path::new("") { Path::new(".") } else { folder };
    let names = std::fs::read_dir(here).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names = names.filter(|there| !there.starts_with('.') || name.starts_with('.'));
    // A link to nothing has the very name.
    let names: Vec<String> = names.filter(|there| there != name && is_of_the_kind(&folder.join(there))).collect();
    let near = yaml::nearest(name, names.iter().map(String::as_str))?;
    Some(folder.join(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_files_name_is_found_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plan.json", "policies", ".hidden"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::File::create(folder.path().join("policie")).unwrap();
        let near = |name: &str| near(&folder.path().join(name), Path::is_dir);
        assert_eq!(near("plan.jso"), Some(folder.path().join("plan.json")));
        assert_eq!(near("policy"), None, "another word");
        assert_eq!(near("policise"), Some(folder.path().join("policies")));
        assert_eq!(near("hidden"), None, "what is hidden was not meant");
        assert_eq!(near("none/plan.json"), None);
        assert_eq!(near(".."), None);
        assert_eq!(near("plan.json"), None, "itself");
    }
}
