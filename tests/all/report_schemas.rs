use std::collections::BTreeMap;
use std::path::Path;

use policysync::report::{
    Check, DoctorFormat, DoctorReport, Explained, FileDid, FileDone, FilesFormat, FilesReport, Health, LogEvent,
    LogLevel, LogLine, MendReport, MendedPolicy, Next, PageOf, SCHEMAS, Setting, SettingFrom, doctor_json, drift_json,
    explain_json, files_json, findings_json, log_json, mend_json, plan_json, pull_json, schema, state_json, tree_json,
};
use serde_json::Value;

use super::world::{held, mended_saying, plan_saying, records_saying, tree_saying};

fn explained() -> String {
    let (code, _, title) = policysync::cli::codes().next().expect("a code");
    let page = format!("\n## {code}\n\nError. {title}.\n\nText.\n");
    explain_json(&Explained::find(&page, code.0, PageOf::Error, title).expect("its section"))
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Real documents of each report, with everything optional present in one and absent in another.
fn documents(name: &str) -> Vec<String> {
    match name {
        "apply" => super::violations::of_apply_schema(),
        "doctor" => {
            let check = |hint: Option<&str>| Check {
                what: "text".to_owned(),
                health: Health::Good,
                said: "text".to_owned(),
                hint: hint.map(str::to_owned),
            };
            let setting = Setting { name: "text".to_owned(), value: "text".to_owned(), from: SettingFrom::File };
            let checks = vec![check(None), check(Some("text"))];
            vec![doctor_json(&DoctorReport { format: DoctorFormat::V1, settings: vec![setting], checks })]
        }
        "drift" => vec![super::live::documents("a", "b").remove(1), drift_json(&policysync::plan::Drift::default())],
        "effective" => vec![super::live::documents("a", "b").remove(0)],
        "explain" => vec![explained()],
        "files" => {
            let next = Next { command: "text".to_owned(), what: "text".to_owned() };
            let file = |did, why: Option<&str>| FileDone { path: "text".to_owned(), did, why: why.map(str::to_owned) };
            let files = vec![file(FileDid::Written, None), file(FileDid::Kept, Some("text"))];
            let report = FilesReport { format: FilesFormat::V1, files, next: vec![next] };
            vec![files_json(&report), files_json(&FilesReport { files: vec![], next: vec![], ..report.clone() })]
        }
        "findings" => {
            vec![findings_json(&tree_saying("text"), "policies"), findings_json(&policysync::tree::Tree::default(), "")]
        }
        "lint" | "recommend" => super::lint::documents(name),
        "log" => {
            let bare = LogLine::new(LogLevel::Info, LogEvent::Note, "text");
            let text = || Some("text".to_owned());
            let full = LogLine {
                org: text(),
                address: text(),
                method: text(),
                host: text(),
                path: text(),
                command: text(),
                remote: text(),
                status: Some(200),
                fault: text(),
                attempt: Some(1),
                elapsed_ms: Some(1),
                retry_in_ms: Some(1),
                work: text(),
                done: Some(1),
                total: Some(1),
                failed: Some(1),
                per_second: Some(0.5),
                left_ms: Some(1),
                setting: text(),
                value: text(),
                from: Some(SettingFrom::File),
                code: text(),
                file: text(),
                line: Some(1),
                column: Some(1),
                causes: vec!["text".to_owned()],
                hint: text(),
                exit_code: Some(1),
                record: text(),
                ..bare.clone()
            };
            vec![log_json(&bare), log_json(&full)]
        }
        "mend" => {
            let bare = MendedPolicy { from: None, id: None, ..mended_saying("text").policies.remove(0) };
            let few = MendReport { policies: vec![bare], lease: None, ..mended_saying("text") };
            vec![mend_json(&mended_saying("text")), mend_json(&few)]
        }
        "state" => vec![state_json(&records_saying("text"), &held), state_json(&BTreeMap::new(), &held)],
        "plan" => {
            let mut all =
                vec![plan_json(&plan_saying("a", "b"), "policies"), plan_json(&super::world::plan(vec![], 0), "p")];
            all.extend(super::violations::of_plan_schema());
            all
        }
        "pull" => vec![pull_json(&super::live::pulled("a"), "p", false), pull_json(&Default::default(), "p", true)],
        "tree" => vec![tree_json(&tree_saying("text")), tree_json(&policysync::tree::Tree::default())],
        "violations" => super::violations::of_schema(),
        _ => vec![],
    }
}

#[test]
fn the_schema_files_are_what_the_types_give() {
    for name in SCHEMAS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let wanted = schema(name).expect(name);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            #[expect(clippy::disallowed_methods, reason = "a developer asked for it, in a work tree")]
            std::fs::write(&path, &wanted).expect("schemas/ can be written");
        }
        #[expect(clippy::disallowed_methods, reason = "reads this project's own files")]
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{} is out of date; UPDATE_SCHEMAS=1 cargo test schema writes it", path.display());
    }
    assert_eq!(schema("policy-of-nobody"), None);
}

#[test]
fn real_documents_are_valid() {
    for name in SCHEMAS {
        let schema = read(&schema(name).expect(name));
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}: {schema:#}");
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        assert!(!documents(name).is_empty(), "no document of {name}");
        for document in documents(name) {
            let errors: Vec<_> = validator.iter_errors(&read(&document)).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}\n{document}");
        }
    }
}

/// Every object in a document, by its path.
fn objects(value: &Value, at: &str, found: &mut Vec<(String, Vec<String>)>) {
    match value {
        Value::Object(map) => {
            found.push((at.to_owned(), map.keys().cloned().collect()));
            map.iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| objects(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// What a line of the log may lack.
const OF_A_LINE: &[&str] = &[
    "org",
    "address",
    "method",
    "host",
    "path",
    "command",
    "remote",
    "status",
    "fault",
    "attempt",
    "elapsedMs",
    "retryInMs",
    "work",
    "done",
    "total",
    "failed",
    "perSecond",
    "leftMs",
    "setting",
    "value",
    "from",
    "code",
    "file",
    "line",
    "column",
    "causes",
    "hint",
    "exitCode",
    "record",
];

/// The fields that may be missing from the object at a path of a report.
fn optional(report: &str, at: &str) -> &'static [&'static str] {
    let place: Vec<&str> = at.split('/').filter(|part| part.parse::<usize>().is_err()).collect();
    match (report, place.as_slice()) {
        ("apply", [""]) => &["stops", "warnings", "unsaved"],
        ("apply", ["", "changes"]) => &["id", "error", "hint", "note", "candidates", "impact"],
        ("apply", ["", "changes", "impact"]) => &["blocked", "letThrough", "unknown"],
        ("apply", ["", "stops"]) => &["hint"],
        ("doctor", ["", "checks"]) => &["hint"],
        ("files", ["", "files"]) => &["why"],
        ("findings", ["", "findings"]) => &["hint"],
        ("lint", [""]) => &["minScore"],
        ("lint", ["", "texts"]) => &["softened", "judgement", "notJudged"],
        ("lint", ["", "texts", "judgement"]) => &["score"],
        ("log", [""]) => OF_A_LINE,
        ("mend", [""]) => &["lease"],
        ("mend", ["", "policies"]) => &["from", "id"],
        ("recommend", [""]) => &["tokensIn", "tokensOut"],
        ("recommend", ["", "drafts"]) => &["why"],
        ("state", ["", "organizations"]) => &["lastApplied", "lease"],
        ("state", ["", "organizations", "lease"]) => &["run"],
        ("state", ["", "organizations", "policies"]) => &["stored", "commit"],
        ("plan", ["", "changes"]) => &["from", "file", "line", "impact"],
        ("plan", ["", "changes", "impact"]) => &["blocked", "letThrough", "unknown"],
        ("violations", [""]) => &["byUser", "newest"],
        ("violations", ["", "newest"]) => &["user", "explanation"],
        ("tree", ["", "organizations", ..]) => &["displayName"],
        _ => &[],
    }
}

#[test]
fn schemas_are_closed_and_know_what_is_required() {
    for name in SCHEMAS {
        let validator = jsonschema::draft202012::new(&read(&schema(name).expect(name))).expect("a schema");
        for document in documents(name) {
            let document = read(&document);
            let mut found = Vec::new();
            objects(&document, "", &mut found);
            for (at, keys) in found {
                let mut more = document.clone();
                more.pointer_mut(&at).unwrap()["unknown"] = Value::Null;
                assert!(!validator.is_valid(&more), "{name}: an unknown field at {at:?} passed");
                for key in keys {
                    let mut less = document.clone();
                    less.pointer_mut(&at).unwrap().as_object_mut().unwrap().remove(&key);
                    let may_go = optional(name, &at).contains(&key.as_str());
                    if may_go {
                        let mut null = document.clone();
                        null.pointer_mut(&at).unwrap()[&key] = Value::Null;
                        assert!(!validator.is_valid(&null), "{name}: {key} at {at:?} may be left out, not null");
                    }
                    assert_eq!(validator.is_valid(&less), may_go, "{name}: {key} at {at:?} taken away");
                }
            }
        }
    }
}
