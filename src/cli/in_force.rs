//! The settings in force, and who said each.

use crate::report::{LogEvent, LogLevel, LogLine, Setting, SettingFrom, escape};

use super::Global;
use super::args::CallArgs;
use super::console::Console;
use super::settings::{Pace, Settings, shown};

/// What was said by flags or variables, of the settings that not every command has.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) tree: bool,
    pub(super) calls: &'a CallArgs,
    pub(super) settle: bool,
    pub(super) prune: Option<bool>,
    /// The settings that the command doesn't go by.
    pub(super) without: &'static [&'static str],
}

/// Tells the settings that a run goes by, for `-vv`.
pub(super) fn tell(global: &Global, said: Said<'_>, settings: &Settings, pace: &Pace, console: &Console) {
    for Setting { name, value, from } in self::settings(global, said, settings, pace) {
        let text = format!("{name} is {}, {}", escape::line(&value), from.said());
        console.tell(LogLine {
            setting: Some(name),
            value: Some(value),
            from: Some(from),
            ..LogLine::new(LogLevel::Debug, LogEvent::Setting, text)
        });
    }
}

/// All settings that a run would go by.
pub(super) fn settings(global: &Global, args: Said<'_>, settings: &Settings, pace: &Pace) -> Vec<Setting> {
    let (file, calls) = (&settings.config, args.calls);
    let from = |said: bool, argument: &str, in_file: bool| match (said, in_file) {
        (true, _) if global.flags.contains(argument) => SettingFrom::Flag,
        (true, _) => SettingFrom::Environment,
        (false, true) => SettingFrom::File,
        (false, false) => SettingFrom::Default,
    };
    let stand_in = |found: SettingFrom| if global.sandbox { SettingFrom::Flag } else { found };
    let endpoint = from(global.endpoint.is_some(), "endpoint", file.endpoint.is_some());
    let state = from(global.state.is_some(), "state", file.state.is_some());
    let concurrency = from(calls.concurrency.is_some(), "concurrency", file.concurrency.is_some());
    let prune = from(args.prune.is_some(), "prune", file.prune.is_some());
    let all = [
        ("tree", settings.shown_tree(), from(args.tree, "path", file.tree.is_some())),
        ("endpoint", settings.endpoint.to_string(), stand_in(endpoint)),
        ("state", settings.state.to_string(), stand_in(state)),
        ("concurrency", pace.concurrency.to_string(), concurrency),
        ("timeout", shown(pace.call), from(calls.timeout.is_some(), "timeout", file.timeout.is_some())),
        ("settle", shown(pace.settle), from(args.settle, "settle", file.settle.is_some())),
        ("prune", args.prune.unwrap_or(settings.prune).to_string(), prune),
    ];
    let all = all.into_iter().filter(|(name, ..)| !args.without.contains(name));
    all.map(|(name, value, from)| Setting { name: name.to_owned(), value, from }).collect()
}
