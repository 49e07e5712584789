//! What a runner says of a run in its environment.

use crate::domain::{Endpoint, InvalidEndpoint};

/// `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Whose it is.
    pub owner: String,
    /// Its name.
    pub name: String,
}

/// Where a run takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The repository of the workflow.
    pub repository: Repository,
    /// The commit that the workflow runs on.
    pub commit: String,
    /// The base of the REST calls.
    pub api: Endpoint,
    /// The one address of the GraphQL calls.
    pub graphql: Endpoint,
}

/// The environment is not a runner's.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSurroundings {
    /// A variable that every runner sets is not set.
    #[error("{0} is not set: this is no GitHub runner")]
    Missing(&'static str),
    /// It is no `owner/name`.
    #[error("GITHUB_REPOSITORY is {0:?}, not owner/name")]
    Repository(String),
    /// No token may be sent there.
    #[error("{variable} can't be used")]
    Url {
        /// Which variable.
        variable: &'static str,
        /// Why not.
        source: InvalidEndpoint,
    },
}

impl Surroundings {
    /// Reads them; `said` gives a variable's value.
    ///
    /// # Errors
    /// [`InvalidSurroundings`] where one is missing or can't be right.
    pub fn read(said: &impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSurroundings> {
        let needed = |name: &'static str| said(name).ok_or(InvalidSurroundings::Missing(name));
        let repository = needed("GITHUB_REPOSITORY")?;
        let url = |variable: &'static str| {
            let url = needed(variable)?.parse::<Endpoint>();
            url.map_err(|source| InvalidSurroundings::Url { variable, source })
        };
        let parts = repository.split_once('/').filter(|(owner, name)| is_part(owner) && is_part(name));
        let Some((owner, name)) = parts else { return Err(InvalidSurroundings::Repository(repository)) };
        Ok(Self {
            repository: Repository { owner: owner.to_owned(), name: name.to_owned() },
            commit: needed("GITHUB_SHA")?,
            api: url("GITHUB_API_URL")?,
            graphql: url("GITHUB_GRAPHQL_URL")?,
        })
    }
}

fn is_part(text: &str) -> bool {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text != "." && text != ".." && text.chars().all(usable)
}

impl std::fmt::Display for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(repository: &str, api: &str) -> Result<Surroundings, InvalidSurroundings> {
        Surroundings::read(&|name| {
            Some(match name {
                "GITHUB_REPOSITORY" => repository.to_owned(),
                "GITHUB_SHA" => "c0ffee".to_owned(),
                _ => api.to_owned(),
            })
        })
    }

    #[test]
    fn the_token_goes_over_tls_or_to_this_machine() {
        assert_eq!(read("o/r.js", "https://api.github.com").unwrap().repository.to_string(), "o/r.js");
        assert!(read("o/r", "http://127.0.0.1:9").is_ok());
        for (repository, api) in [
            ("o", "https://api.github.com"),
            ("o/r/x", "https://api.github.com"),
            ("o/..", "https://api.github.com"),
            ("o/r", "http://api.github.com"),
            ("o/r", "http://127.0.0.1.evil.example"),
        ] {
            assert!(read(repository, api).is_err(), "{repository} {api}");
        }
        assert!(Surroundings::read(&|_| None).unwrap_err().to_string().contains("GITHUB_REPOSITORY"));
    }
}
