//! A record that could not be saved goes to a file of its own, beside the user: it is the only copy.

use crate::apply::Unsaved;
use crate::report::escape;
use crate::state::{Record, atomic_file, codec};

use super::console::Console;
use super::exit::{Exit, Fault};

/// Keeps each record where it can, and says where and what to do with it.
pub(super) fn keep(unsaved: &[Unsaved], console: &Console) {
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
                let path = path.display();
                console.fault(
                    &lost("").hint(format!("it is kept in {path}; put it back with: policysync state push {path}")),
                );
            }
            None => {
                console.fault(
                    &lost(" anywhere")
                        .hint("it follows here; keep it, and put it back with `policysync state push FILE`"),
                );
                console.say_always(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}
