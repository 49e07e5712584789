//! Reports: what people and machines read. Snapshots show the form; the laws beside them hold for any text at all.

#[path = "report_attacks.rs"]
mod attacks;
#[path = "report_findings.rs"]
mod findings;
#[path = "report_html.rs"]
mod html;
#[path = "report_laws.rs"]
mod laws;
#[path = "report_lint.rs"]
mod lint;
#[path = "report_live.rs"]
mod live;
#[path = "report_machines.rs"]
mod machines;
#[path = "report_markdown.rs"]
mod markdown;
#[path = "report_plan.rs"]
mod plan;
#[path = "report_schemas.rs"]
mod schemas;
#[path = "report_tree.rs"]
mod tree;
#[path = "report_violations.rs"]
mod violations;
#[path = "report_words.rs"]
mod words;
#[path = "report_world.rs"]
mod world;
