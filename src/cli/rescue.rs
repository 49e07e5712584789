//! A record that could not be saved goes to a file of its own, beside the user: it is the only copy.

use crate::apply::Unsaved;
use crate::report::escape;
use crate::state::{Record, atomic_file, codec};

use super::console::Console;
use super::exit::Exit;
use super::fault::Fault;
use super::settings::{STATE_FOLDER, Settings};

/// Keeps each record where it can, and says where and what to do with it.
pub(super) fn keep(unsaved: &[Unsaved], settings: &Settings, console: &Console) {
    let store = same_store(settings);
    for Unsaved { record, why } in unsaved {
        // It is the save that should have been: later than what the store has, so that it can be put back.
        let record = Record { serial: record.serial + 1, ..(**record).clone() };
        let lost = |how: &str| {
            Fault::new(Exit::Failure, format!("the record of {} could not be saved{how}: {why}", record.org))
        };
        let bytes = match codec::encode(&record, uuid::Uuid::new_v4()) {
            Ok(bytes) => bytes,
            Err(unfit) => {
                console.fault(&lost("").hint(format!("it can't be written down either: {unfit}")));
                continue;
            }
        };
        let name = format!("policysync-record-{}-{}.json", escape::line(record.org.as_str()), record.serial);
        let folders = [std::env::current_dir().unwrap_or_default(), std::env::temp_dir()];
        let kept =
            folders.iter().map(|folder| folder.join(&name)).find(|path| atomic_file::replace(path, &bytes).is_ok());
        match kept {
            Some(path) => {
                let path = path.display().to_string();
                let command = format!("policysync state push {}{store}", quoted(&path));
                console.fault(&lost("").hint(format!("it is kept in {path}; put it back with: {command}")));
            }
            None => {
                console.fault(&lost(" anywhere").hint(format!(
                    "it follows here; keep it, and put it back with `policysync state push FILE{store}`"
                )));
                console.record(&record.org, &String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// What has to be said besides, so that another command finds the same store; nothing where that is the usual one.
fn same_store(settings: &Settings) -> String {
    let place = settings.state.to_string();
    match (&settings.sandbox, place.as_str()) {
        (Some(_), _) => " --sandbox".to_owned(),
        (None, STATE_FOLDER) => String::new(),
        // There may be a password in it.
        (None, place) if place.contains("://") && place.contains('@') => " --state PLACE".to_owned(),
        (None, place) => format!(" --state {}", quoted(place)),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@#=+".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_take_apart_is_quoted() {
        for (word, wanted) in [
            ("/tmp/policysync-record-acme-7.json", "/tmp/policysync-record-acme-7.json"),
            ("git:origin#state", "git:origin#state"),
            ("/my files/it's", "'/my files/it'\\''s'"),
            ("$(id);x", "'$(id);x'"),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
