//! What `init` asks on a terminal. Each answer is looked at when it is given; a wrong one is told, and asked for again.

use std::io::{self, BufRead, Write};
use std::str::FromStr as _;

use crate::domain::{ScopeName, ScopePath};
use crate::report::escape;
use crate::state::Location;

use super::author_args::{Folder, Workflows};
use super::settings::STATE_FOLDER;

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) folders: Vec<Folder>,
    /// Where the record is to live.
    pub(super) state: String,
    /// Whose workflow files are written.
    pub(super) workflows: Workflows,
}

/// Asks. `in_git`: whether the record can live on a branch; `live`: whether workspaces come from the service.
pub(super) fn ask(input: &mut dyn BufRead, out: &mut dyn Write, in_git: bool, live: bool) -> io::Result<Answers> {
    let organization = question(input, out, "The organization's folder, as in addresses (acme): ", |answer| {
        ScopeName::new(answer).map_err(|why| format!("{answer:?} can't be a folder's name: {why}"))
    })?;
    let top = ScopePath::organization(&organization);
    let prompt = format!("Its id at the service, from the console [{organization}]: ");
    let first = question(input, out, &prompt, |answer| match answer {
        "" => Ok(Folder { path: top.clone(), id: None }),
        id => Folder::from_str(&format!("{top}={id}")),
    })?;
    let mut folders = vec![first];
    if !live {
        let prompt = "Workspaces and repositories, each with its id where that is another,\n\
                      as in production=ws-1 production/billing=repo-7 [none yet]: ";
        folders.extend(question(input, out, prompt, |answer| {
            let below = answer.split_whitespace().map(|word| Folder::from_str(&format!("{top}/{word}")));
            below.collect::<Result<Vec<_>, _>>()
        })?);
    }
    let default = if in_git { "git:origin" } else { STATE_FOLDER };
    let prompt = format!(
        "Where is what was applied recorded?\n  \
         git:origin         a branch of this repository; needs nothing else\n  \
         s3://BUCKET/PATH   an object store, also gs:// and az://\n  \
         {STATE_FOLDER}  this folder; for trying out\n[{default}]: "
    );
    let state = question(input, out, &prompt, |answer| {
        let place = if answer.is_empty() { default } else { answer };
        place.parse::<Location>().map(|_| place.to_owned()).map_err(|why| why.to_string())
    })?;
    let is_shared = !matches!(state.parse(), Ok(Location::Folder(_)));
    let workflows = match is_shared {
        true => question(input, out, "Workflow files for github, gitlab or none? [none]: ", |answer| match answer {
            "github" => Ok(Workflows::Github),
            "gitlab" => Ok(Workflows::Gitlab),
            "none" | "" => Ok(Workflows::None),
            other => Err(format!("{other:?} is none of them")),
        })?,
        // A runner is thrown away after its job, and the folder with it.
        false => Workflows::None,
    };
    Ok(Answers { folders, state, workflows })
}

fn question<T>(
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    prompt: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> io::Result<T> {
    loop {
        write!(out, "{prompt}")?;
        out.flush()?;
        let mut answer = String::new();
        if input.read_line(&mut answer)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read(answer.trim()) {
            Ok(answer) => return Ok(answer),
            Err(why) => writeln!(out, "  {}", escape::line(&why))?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str, in_git: bool, live: bool) -> (io::Result<Answers>, String) {
        let mut out = Vec::new();
        let answered = ask(&mut answers.as_bytes(), &mut out, in_git, live);
        (answered, String::from_utf8(out).unwrap())
    }

    fn folder(text: &str) -> Folder {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_answered_is_taken_and_nothing_means_the_default() {
        let (answers, out) = asked("acme\norg-1\nproduction=ws-1 production/api\n\ngithub\n", true, false);
        let folders = ["acme=org-1", "acme/production=ws-1", "acme/production/api"].map(folder).to_vec();
        assert_eq!(answers.unwrap(), Answers { folders, state: "git:origin".to_owned(), workflows: Workflows::Github });
        // What is typed ends each line with a question.
        let typed = out.replace("]: ", "]: \n").replace("): ", "): \n");
        assert!(typed.lines().all(|line| line.chars().count() <= 80), "{out}");
        let (answers, _) = asked("acme\n\ns3://records/policies\n\n", false, true);
        let (folders, state) = (vec![folder("acme")], "s3://records/policies".to_owned());
        assert_eq!(answers.unwrap(), Answers { folders, state, workflows: Workflows::None });
        assert_eq!(asked("acme\n\n\n\n", false, false).0.unwrap().state, STATE_FOLDER);
    }

    #[test]
    fn a_wrong_answer_is_told_and_asked_for_again() {
        let (answers, out) = asked("\nmy org\nacme\norg 1\norg-1\na/b/c\n\ngit:\n\njenkins\n\n", true, false);
        assert_eq!(answers.unwrap().folders, [folder("acme=org-1")]);
        for said in [
            "can't be empty",
            "letters, digits",
            "no spaces",
            "at most three scopes",
            "a remote follows",
            "\"jenkins\" is none",
        ] {
            assert!(out.contains(said), "{said}: {out}");
        }
    }

    #[test]
    fn who_leaves_is_not_asked_on() {
        assert_eq!(asked("acme\n", true, false).0.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
