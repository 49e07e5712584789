//! The action, without GitHub: its own `action.yml` in a small runner, a stand-in for GitHub's API, and the sandbox.

#[path = "action_cancel.rs"]
mod cancel;
#[path = "action_expressions.rs"]
mod expressions;
#[path = "action_github.rs"]
mod github;
#[path = "action_inputs.rs"]
mod inputs;
#[path = "action_obtain.rs"]
mod obtain;
#[path = "action_outputs.rs"]
mod outputs;
#[path = "action_posting.rs"]
mod posting;
#[path = "action_reviewed.rs"]
mod reviewed;
#[path = "action_runner.rs"]
mod runner;
#[path = "action_story.rs"]
mod story;
#[path = "action_versions.rs"]
mod versions;
#[path = "action_workflows.rs"]
mod workflows;
