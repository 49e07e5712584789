//! Policies to begin with. A template is a policy file like any other; a test reads each as one.

/// A policy to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// What it is asked for by, and the key of its policy where none is given.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

macro_rules! templates {
    ($($name:literal)*) => {
        &[$(Template { name: $name, text: include_str!(concat!("templates/", $name, ".yaml")) }),*]
    };
}

/// All of them; the first is what a new tree begins with.
pub const TEMPLATES: &[Template] = templates! {
    "personal-data" "secrets" "source-code" "regulated-advice" "confidential" "decisions-about-people"
    "unreviewed-actions" "harmful-content"
};

/// Words that others use for them.
const SYNONYMS: &[(&str, &str)] = &[
    ("pii", "personal-data"),
    ("gdpr", "personal-data"),
    ("privacy", "personal-data"),
    ("credentials", "secrets"),
    ("keys", "secrets"),
    ("passwords", "secrets"),
    ("code", "source-code"),
    ("advice", "regulated-advice"),
    ("hr", "decisions-about-people"),
    ("agents", "unreviewed-actions"),
    ("harassment", "harmful-content"),
];

impl Template {
    /// The template of a name, or of another word for it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let synonym = SYNONYMS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name)).map(|(_, of)| *of);
        TEMPLATES.iter().find(|template| template.name == synonym.unwrap_or(name)).copied()
    }

    /// What people see of it in the console: its `name`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.text.lines().find_map(|line| line.strip_prefix("name: ")).unwrap_or(self.name)
    }

    /// The line of its text at which there is something to write: the first of the policy's own words.
    #[must_use]
    pub fn first_line(&self) -> usize {
        self.text.lines().take_while(|line| !line.starts_with("content:")).count() + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn each_template_is_a_policy_without_a_finding_and_none_says_what_another_does() {
        let folder = tempfile::tempdir().unwrap();
        let mut writing = tree::writing::Writing::into(folder.path()).unwrap();
        writing.folder("acme", None).unwrap();
        for Template { name, text } in TEMPLATES {
            writing.file(&format!("acme/{name}.yaml"), text, tree::writing::Over::Nothing).unwrap();
        }
        let read = tree::read(folder.path()).unwrap();
        assert!(read.findings.is_empty(), "{:?}", read.findings);
        assert_eq!(read.policies.len(), TEMPLATES.len());
        for template in TEMPLATES {
            let policy = read.policies.values().find(|desired| desired.place.file.contains(template.name)).unwrap();
            assert_eq!(policy.scoped.policy.name(), template.title());
            let line = template.text.lines().nth(template.first_line() - 1).unwrap();
            assert_eq!(Some(line.trim()), policy.scoped.policy.content().lines().next());
            assert!(template.text.lines().all(|line| line.chars().count() <= 122), "{}", template.name);
        }
    }

    #[test]
    fn other_words_lead_to_a_template() {
        for (word, template) in SYNONYMS {
            assert_eq!(Template::named(word).unwrap().name, *template);
        }
        assert_eq!(Template::named("nothing"), None);
    }
}
