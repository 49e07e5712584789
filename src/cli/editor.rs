//! Opens a file in the user's editor, at a line.

use std::path::Path;
use std::process::Command;

use super::environment;
use super::exit::Exit;
use super::fault::Fault;

/// The user's editor: `$VISUAL`, else `$EDITOR`.
pub(super) struct Editor {
    /// The variable that names it.
    variable: &'static str,
    /// The program and its arguments.
    said: String,
}

impl Editor {
    /// The one that is set; nothing where none is, and that is a failure only where one `must` be.
    pub(super) fn find(must: bool) -> Result<Option<Self>, Fault> {
        let set = |variable| environment::variable(variable).map(|said| Self { variable, said });
        match ["VISUAL", "EDITOR"].into_iter().find_map(set) {
            None if must => Err(Fault::new(Exit::Usage, "there is no editor: neither VISUAL nor EDITOR is set")
                .hint("set one, as in EDITOR=vim, or leave --edit out")),
            found => Ok(found),
        }
    }

    /// Opens `path` at `line`, and waits.
    pub(super) fn open(&self, path: &Path, line: usize) -> Result<(), Fault> {
        let Self { variable, said } = self;
        let mut words = said.split_whitespace();
        let Some(program) = words.next() else { return Ok(()) };
        let failed = |why: String| {
            let message = format!("{} is written, and the editor did not open it: {why}", path.display());
            Fault::new(Exit::Failure, message).hint(format!("look at {variable}, which is {said:?}"))
        };
        match Command::new(program).args(words).args(at_line(program, path, line)).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(format!("{program} ended with {status}"))),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// How an editor is told a line; one that isn't known gets the file alone.
fn at_line(program: &str, path: &Path, line: usize) -> Vec<String> {
    let path = path.to_string_lossy().into_owned();
    let stem = Path::new(program).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match stem.as_str() {
        "vi" | "vim" | "nvim" | "gvim" | "nano" | "emacs" | "emacsclient" | "micro" | "kak" | "joe" | "mg" | "ne" => {
            vec![format!("+{line}"), path]
        }
        "code" | "codium" | "code-insiders" | "cursor" => vec!["--goto".to_owned(), format!("{path}:{line}")],
        "hx" | "helix" | "subl" | "zed" => vec![format!("{path}:{line}")],
        _ => vec![path],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_words() {
        let at = |program| at_line(program, Path::new("a/b.yaml"), 5).join(" ");
        assert_eq!(at("/usr/bin/vim"), "+5 a/b.yaml");
        assert_eq!(at("code"), "--goto a/b.yaml:5");
        assert_eq!(at("hx"), "a/b.yaml:5");
        assert_eq!(at("ed"), "a/b.yaml");
    }
}
