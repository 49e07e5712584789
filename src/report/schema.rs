//! The schemas of the JSON reports, made from their types: JSON Schema 2020-12, closed and exact.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};

use super::{
    ApplyReport, DoctorReport, DriftReport, EffectiveReport, Explained, FilesReport, FindingsReport, LintReport,
    LogLine, MendReport, PlanReport, PullReport, RecommendReport, StateReport, TreeReport, ViolationsReport, escape,
};

/// The names of the reports that have a schema.
pub const SCHEMAS: [&str; 16] = [
    "apply",
    "doctor",
    "drift",
    "effective",
    "explain",
    "files",
    "findings",
    "lint",
    "log",
    "mend",
    "plan",
    "pull",
    "recommend",
    "state",
    "tree",
    "violations",
];

/// The schema of a report, as a document; nothing for a name not among [`SCHEMAS`].
#[must_use]
pub fn schema(name: &str) -> Option<String> {
    match name {
        "apply" => Some(of::<ApplyReport>()),
        "doctor" => Some(of::<DoctorReport>()),
        "drift" => Some(of::<DriftReport>()),
        "effective" => Some(of::<EffectiveReport>()),
        "explain" => Some(of::<Explained>()),
        "files" => Some(of::<FilesReport>()),
        "findings" => Some(of::<FindingsReport>()),
        "lint" => Some(of::<LintReport>()),
        "log" => Some(of::<LogLine>()),
        "mend" => Some(of::<MendReport>()),
        "plan" => Some(of::<PlanReport>()),
        "pull" => Some(of::<PullReport>()),
        "recommend" => Some(of::<RecommendReport>()),
        "state" => Some(of::<StateReport>()),
        "tree" => Some(of::<TreeReport>()),
        "violations" => Some(of::<ViolationsReport>()),
        _ => None,
    }
}

/// The schema of a file that people write, as a document.
#[must_use]
pub fn schema_of_file<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    escape::json(&settings.into_generator().into_root_schema_for::<T>())
}

fn of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(Plain);
    escape::json(&settings.into_generator().into_root_schema_for::<T>())
}

/// Takes out `format: uint`, which is Rust's word and no format of JSON Schema.
#[derive(Debug, Clone)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.get("format").and_then(|format| format.as_str()).is_some_and(|format| format.starts_with("uint")) {
            schema.remove("format");
        }
        transform_subschemas(self, schema);
    }
}
