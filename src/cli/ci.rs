//! What a CI system says of the run in its environment: which run it is, of which commit, started by whom.

/// The address of the run, as precise as the system names it: the attempt or the job, where there are several. The user's
/// own word goes before all.
pub(super) fn run_url(said: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let github = || {
        let (server, repository, run) =
            (said("GITHUB_SERVER_URL")?, said("GITHUB_REPOSITORY")?, said("GITHUB_RUN_ID")?);
        let attempt = said("GITHUB_RUN_ATTEMPT").map_or_else(String::new, |attempt| format!("/attempts/{attempt}"));
        Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
    };
    let azure = || {
        let collection = said("SYSTEM_COLLECTIONURI").or_else(|| said("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"))?;
        let (project, build) = (said("SYSTEM_TEAMPROJECT")?.replace(' ', "%20"), said("BUILD_BUILDID")?);
        Some(format!("{}/{project}/_build/results?buildId={build}", collection.trim_end_matches('/')))
    };
    let buildkite = || {
        let job = said("BUILDKITE_JOB_ID").map_or_else(String::new, |job| format!("#{job}"));
        Some(format!("{}{job}", said("BUILDKITE_BUILD_URL")?))
    };
    // GitLab, CircleCI, Jenkins.
    let plain = || ["CI_JOB_URL", "CIRCLE_BUILD_URL", "BUILD_URL"].into_iter().find_map(said);
    said("POLICYSYNC_RUN_URL").or_else(github).or_else(azure).or_else(buildkite).or_else(plain)
}

/// The commit that the tree is of.
pub(super) fn commit(said: &impl Fn(&str) -> Option<String>) -> Option<String> {
    // Ours, GitHub, GitLab, Azure, Buildkite, CircleCI, Jenkins.
    let names = [
        "POLICYSYNC_COMMIT",
        "GITHUB_SHA",
        "CI_COMMIT_SHA",
        "BUILD_SOURCEVERSION",
        "BUILDKITE_COMMIT",
        "CIRCLE_SHA1",
        "GIT_COMMIT",
    ];
    names.into_iter().find_map(said)
}

/// The address under which the files of that commit can be read.
pub(super) fn files_url(said: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let github = || {
        let (server, repository, commit) =
            (said("GITHUB_SERVER_URL")?, said("GITHUB_REPOSITORY")?, said("GITHUB_SHA")?);
        Some(format!("{server}/{repository}/blob/{commit}"))
    };
    let gitlab = || Some(format!("{}/-/blob/{}", said("CI_PROJECT_URL")?, said("CI_COMMIT_SHA")?));
    github().or_else(gitlab)
}

/// The folder that the repository was checked out into.
pub(super) fn workspace(said: &impl Fn(&str) -> Option<String>) -> Option<String> {
    ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().find_map(said)
}

/// Who started it: the person in whose name a CI system works, else the system's user.
pub(super) fn user(said: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let names = [
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
        "BUILD_REQUESTEDFOR",
        "BUILDKITE_BUILD_CREATOR",
        "CIRCLE_USERNAME",
        "USER",
        "LOGNAME",
        "USERNAME",
    ];
    names.into_iter().find_map(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = &'static [(&'static str, &'static str)];

    fn environment(pairs: Pairs) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn each_system_names_the_run_and_the_users_own_word_goes_before_all() {
        const GITHUB: Pairs = &[
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/policies"),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_RUN_ATTEMPT", "2"),
        ];
        let cases: [(Pairs, Option<&str>); 9] = [
            (&[], None),
            (GITHUB, Some("https://github.com/acme/policies/actions/runs/17/attempts/2")),
            (GITHUB.split_at(3).0, Some("https://github.com/acme/policies/actions/runs/17")),
            (GITHUB.split_at(2).0, None),
            (&[("CI_JOB_URL", "https://gitlab.example/j/1")], Some("https://gitlab.example/j/1")),
            (
                &[
                    ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/acme/"),
                    ("SYSTEM_TEAMPROJECT", "AI rules"),
                    ("BUILD_BUILDID", "9"),
                ],
                Some("https://dev.azure.com/acme/AI%20rules/_build/results?buildId=9"),
            ),
            (
                &[("BUILDKITE_BUILD_URL", "https://buildkite.com/a/b/builds/3"), ("BUILDKITE_JOB_ID", "01")],
                Some("https://buildkite.com/a/b/builds/3#01"),
            ),
            (&[("BUILD_URL", "https://jenkins.example/job/x/4/")], Some("https://jenkins.example/job/x/4/")),
            (
                &[("POLICYSYNC_RUN_URL", "https://ci.example/1"), ("CI_JOB_URL", "https://gitlab.example/j/1")],
                Some("https://ci.example/1"),
            ),
        ];
        for (pairs, wanted) in cases {
            assert_eq!(run_url(&environment(pairs)).as_deref(), wanted, "{pairs:?}");
        }
    }

    #[test]
    fn the_files_of_the_commit_have_an_address() {
        let github = environment(&[
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/policies"),
            ("GITHUB_SHA", "c0ffee"),
        ]);
        assert_eq!(files_url(&github).as_deref(), Some("https://github.com/acme/policies/blob/c0ffee"));
        let gitlab = environment(&[("CI_PROJECT_URL", "https://gitlab.example/a/p"), ("CI_COMMIT_SHA", "ab12")]);
        assert_eq!(files_url(&gitlab).as_deref(), Some("https://gitlab.example/a/p/-/blob/ab12"));
        assert_eq!(files_url(&environment(&[("GITHUB_SHA", "c0ffee")])), None);
    }

    #[test]
    fn the_commit_and_the_user_are_found_too() {
        let jenkins = environment(&[("GIT_COMMIT", "c0ffee"), ("USER", "jenkins")]);
        assert_eq!((commit(&jenkins).as_deref(), user(&jenkins).as_deref()), (Some("c0ffee"), Some("jenkins")));
        let azure = environment(&[("BUILD_SOURCEVERSION", "ab12"), ("BUILD_REQUESTEDFOR", "Ada"), ("USER", "vsts")]);
        assert_eq!((commit(&azure).as_deref(), user(&azure).as_deref()), (Some("ab12"), Some("Ada")));
    }
}
