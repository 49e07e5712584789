//! Where the files of the tree can be read by whoever reads a report. A value: who looked into the environment for it is `cli`.

use url::Url;

use super::{escape, path_below};

/// The tree's folder as people wrote it, and the web address under which the repository's files are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    root: String,
    below: Option<String>,
    base: Option<Url>,
}

/// A text that is no web address of a repository's files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address of a repository's files: {why}")]
pub struct InvalidLink {
    text: String,
    why: &'static str,
}

impl InvalidLink {
    /// What to do.
    pub const HINT: &'static str =
        "give what stands before a file's path, as in https://github.com/acme/policies/blob/main";
}

impl Links {
    /// No links: files are named as the tree's folder was written, and in the repository as `below` says where that is known.
    #[must_use]
    pub fn none(root: &str, below: Option<&str>) -> Self {
        Self { root: root.to_owned(), below: below.and_then(plain_path), base: None }
    }

    /// Links that begin with `base`, `https://github.com/acme/policies/blob/main`.
    ///
    /// # Errors
    /// [`InvalidLink`] where `base` is no http or https address, or has a password, a query or a fragment in it.
    pub fn to(self, base: &str) -> Result<Self, InvalidLink> {
        // The text is not repeated where it may hold a password.
        let wrong = |text: &str, why| InvalidLink { text: text.to_owned(), why };
        let url = Url::parse(base.trim_end_matches('/')).map_err(|_| wrong(base, "it can't be read"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("…", "there is a name or a password in it"));
        }
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
            return Err(wrong(base, "it does not begin with https:// or http://"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(base, "there is a `?` or a `#` in it"));
        }
        Ok(Self { base: Some(url), ..self })
    }

    /// A file of the tree, for people: as in every report.
    pub(super) fn shown(&self, file: &str) -> String {
        path_below(&self.root, file)
    }

    /// A file of the tree, for machines that know the repository: below its root, where that is known.
    pub(super) fn in_repository(&self, file: &str) -> String {
        path_below(self.below.as_deref().unwrap_or(&self.root), file)
    }

    /// Where a file can be read, at a line.
    pub(super) fn url(&self, file: &str, line: Option<usize>) -> Option<String> {
        let (base, below) = (self.base.as_ref()?, self.below.as_deref()?);
        let path = plain_path(&path_below(below, file))?;
        let line = line.map_or_else(String::new, |line| format!("#L{line}"));
        Some(format!("{}/{}{line}", base.as_str().trim_end_matches('/'), escape::uri_path(&path)))
    }
}

/// A path that stays below where it begins, without what means nothing in it.
fn plain_path(path: &str) -> Option<String> {
    let path = path.replace(std::path::MAIN_SEPARATOR, "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let leads_away = path.starts_with('/') || parts.contains(&"..");
    (!leads_away).then(|| if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(below: &str) -> Links {
        Links::none("./policies", Some(below)).to("https://github.com/acme/rules/blob/main/").expect("an address")
    }

    #[test]
    fn a_file_has_an_address_where_its_place_in_the_repository_is_known() {
        let url = |below: &str, file: &str| links(below).url(file, Some(4));
        assert_eq!(
            url("policies", "acme/a b(1).yaml").as_deref(),
            Some("https://github.com/acme/rules/blob/main/policies/acme/a%20b%281%29.yaml#L4")
        );
        assert_eq!(url(".", "a.yaml").as_deref(), Some("https://github.com/acme/rules/blob/main/a.yaml#L4"));
        assert_eq!(url("../up", "a.yaml"), None);
        assert_eq!(url("/abs", "a.yaml"), None);
        assert_eq!(url("policies", "../../../../evil/repo"), None);
        assert_eq!(Links::none("policies", Some("policies")).url("a.yaml", None), None);
        assert_eq!(links("x/policies").shown("a.yaml"), "policies/a.yaml");
        assert_eq!(links("x/policies").in_repository("a.yaml"), "x/policies/a.yaml");
    }

    #[test]
    fn only_a_web_address_is_taken_and_no_password_is_repeated() {
        for bad in
            ["javascript:alert(1)", "ftp://x/y", "//x", "https://", "https://x/?a", "https://x/#a", "data:text/html,x"]
        {
            assert!(Links::default().to(bad).is_err(), "{bad}");
        }
        let error = Links::default().to("https://me:hunter2@github.com/x").expect_err("a password").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
