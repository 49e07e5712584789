//! How far the reading of violations is: over all questions, each of which says for itself how many there are.

use std::sync::{Mutex, PoisonError};

use crate::cli::console::Console;
use crate::cli::stretch::{BETWEEN_LINES, Stretch};

/// Tells how many were read of how many.
pub(super) struct HowFar {
    stretch: Stretch,
    /// How many of each question are read at most.
    at_most: u64,
    /// How many were read of each question, and of how many.
    questions: Mutex<Vec<(u64, Option<u64>)>>,
}

impl HowFar {
    pub(super) fn begin(console: &Console, questions: usize, at_most: usize) -> Self {
        let stretch = Stretch::begin(console, "reading the violations", BETWEEN_LINES);
        Self { stretch, at_most: at_most as u64, questions: Mutex::new(vec![(0, None); questions]) }
    }

    /// So many of a question were read, of so many, where the service says that.
    pub(super) fn tell(&self, question: usize, read: u64, total: Option<u64>) {
        // A panic elsewhere leaves numbers that can be shown.
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = questions.get_mut(question) {
            *one = (read.min(self.at_most), total.map(|total| total.min(self.at_most)));
        }
        let (read, total) = sum(&questions);
        self.stretch.stands_at(read, total, "violations");
    }
}

/// Of how many is known once each question has said it.
fn sum(questions: &[(u64, Option<u64>)]) -> (u64, Option<u64>) {
    let read = questions.iter().fold(0u64, |sum, (read, _)| sum.saturating_add(*read));
    let total = questions.iter().try_fold(0u64, |sum, (_, total)| Some(sum.saturating_add((*total)?)));
    (read, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_how_many_is_known_once_each_question_has_said_it() {
        assert_eq!(sum(&[(100, Some(250)), (0, None)]), (100, None));
        assert_eq!(sum(&[(100, Some(250)), (7, Some(7))]), (107, Some(257)));
        assert_eq!(sum(&[(9, Some(u64::MAX)), (9, Some(1))]), (18, Some(u64::MAX)));
    }
}
