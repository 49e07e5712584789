//! An answer as it came: a status, and as much of a body as is wanted.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::Refusal;
use super::redaction::Secrets;
use super::retry::Seen;

/// The longest message shown, in characters.
const MESSAGE: usize = 500;

/// What the service, or whatever stands in front of it, answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// What time it was there, in whole seconds.
    pub(super) date: Option<SystemTime>,
    /// Where a redirect points to; nobody goes there.
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
    /// Whether the body is there to its last byte. Only answers that say no may lack some.
    pub(super) whole: bool,
    /// Set where the service asked for a longer wait than is granted.
    pub(super) asked_too_long: Option<(Duration, Duration)>,
    /// Whether the same request was sent before, and may have taken effect then or may yet.
    pub(super) sent_again: bool,
}

/// The service's own way to say no, `{"success": false, …}`. What stands in front of it says something else.
#[derive(serde::Deserialize)]
struct WireFailure {
    success: bool,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the service itself said no, whatever the status.
    pub(super) fn is_own_failure(&self) -> bool {
        self.whole && serde_json::from_slice(&self.body).is_ok_and(|failure: WireFailure| !failure.success)
    }

    pub(super) fn seen(&self) -> Seen {
        // A long list isn't read twice for a question that only an error asks.
        let own = !self.is_success() && self.is_own_failure();
        Seen::Answer { status: self.status, own, retry_after: self.retry_after }
    }

    /// What it says, to show: without secrets, at most 500 characters; control characters are left to whoever shows it.
    pub(super) fn refusal(&self, secrets: &Secrets) -> Refusal {
        let said = self.message(secrets);
        let added = if let Some((asked, granted)) = self.asked_too_long {
            let (asked, granted) = (asked.as_secs(), granted.as_secs());
            Some(format!("it asks to wait {asked} s, more than the {granted} s that are waited at most"))
        } else {
            let to = self.location.as_deref().filter(|_| (300..400).contains(&self.status));
            to.map(|to| format!("it points to {}, where nothing is sent", secrets.cut(to)))
        };
        let parts: Vec<String> = [Some(said).filter(|said| !said.is_empty()), added].into_iter().flatten().collect();
        Refusal { status: self.status, message: shorten(&parts.join("; ")) }
    }

    fn message(&self, secrets: &Secrets) -> String {
        if let Ok(Value::Object(json)) = serde_json::from_slice(&self.body)
            && let Some(Value::String(message)) = json.get("message")
        {
            return shorten(&secrets.cut(message));
        }
        let text = String::from_utf8_lossy(&self.body);
        // Secrets go before anything is cut off, or the rest of one would stay.
        let text = if self.whole { secrets.cut(&text) } else { secrets.cut_part(&text) };
        if let Some(title) = html_title(&text) {
            return shorten(&title);
        }
        shorten(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default())
    }
}

/// The text, or its first 499 characters and an ellipsis.
pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() <= MESSAGE {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MESSAGE - 1).collect();
    short.push('…');
    short
}

/// An HTML page's title, or that it is one; nothing for any other text.
fn html_title(text: &str) -> Option<String> {
    // ASCII alone, so that places in one are places in the other.
    let lower = text.to_ascii_lowercase();
    let begin = lower.trim_start();
    if !["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| begin.starts_with(tag)) {
        return None;
    }
    let title = lower.find("<title").and_then(|tag| {
        let from = tag + lower[tag..].find('>')? + 1;
        let to = from + lower[from..].find("</title")?;
        Some(text[from..to].split_whitespace().collect::<Vec<_>>().join(" "))
    });
    Some(title.filter(|title| !title.is_empty()).unwrap_or_else(|| "an HTML page".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Token;

    fn answer(status: u16, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        Answer {
            status,
            retry_after: None,
            date: None,
            location: None,
            body,
            whole: true,
            asked_too_long: None,
            sent_again: false,
        }
    }

    #[test]
    fn the_message_is_the_services_or_the_first_line_or_the_pages_title() {
        let secrets = Secrets::default();
        for (body, wanted) in [
            (r#"{"success":false,"message":"no such thing"}"#, "no such thing"),
            (r#"{"message":"Endpoint request timed out"}"#, "Endpoint request timed out"),
            (r#"{"error":"x"}"#, r#"{"error":"x"}"#),
            (r#"{"message":7}"#, r#"{"message":7}"#),
            ("\r\n  upstream connect error \r\nreset", "upstream connect error"),
            ("<!DOCTYPE html>\n<html><TITLE lang=en>\n 502  Bad\nGateway </TITLE>", "502 Bad Gateway"),
            ("<html><body>x", "an HTML page"),
            ("<html><title></title>", "an HTML page"),
            ("<html><title", "an HTML page"),
            ("<html>\u{130}<title>\u{130}</title>", "\u{130}"),
            ("", ""),
            (" \n ", ""),
            ("\u{1b}[2Kx", "\u{1b}[2Kx"),
        ] {
            assert_eq!(answer(502, body).refusal(&secrets).message, wanted, "{body:?}");
        }
    }

    #[test]
    fn a_message_has_at_most_500_characters() {
        let message = answer(400, &"ü".repeat(70_000)).refusal(&Secrets::default()).message;
        assert_eq!(message.chars().count(), 500);
        assert!(message.ends_with('…'));
        let whole = "ü".repeat(500);
        assert_eq!(answer(400, &whole).refusal(&Secrets::default()).message, whole);
    }

    #[test]
    fn a_secret_is_gone_before_the_message_is_cut() {
        let secrets = Secrets::default();
        let token = "canary".repeat(40);
        secrets.add(&Token::new(token.clone()).unwrap());
        // At the edge of what is shown, and at the edge of what was read.
        let at_the_edge = answer(400, &format!("{}{token}", "x".repeat(450)));
        assert!(!at_the_edge.refusal(&secrets).message.contains("canary"));
        let half = Answer { whole: false, ..answer(400, &format!("Bearer {}", &token[..100])) };
        assert_eq!(half.refusal(&secrets).message, "Bearer [REDACTED]");
        let redirect = Answer { location: Some(format!("https://x/?t={token}")), ..answer(307, "") };
        assert_eq!(redirect.refusal(&secrets).message, "it points to https://x/?t=[REDACTED], where nothing is sent");
    }

    #[test]
    fn only_the_services_own_json_is_its_own() {
        for (body, own) in [
            (r#"{"success":false,"message":"x"}"#, true),
            (r#"{"success":false}"#, true),
            (r#"{"success":true}"#, false),
            (r#"{"success":"false"}"#, false),
            (r#"{"message":"Internal server error"}"#, false),
            ("[]", false),
            ("null", false),
            ("<html>", false),
            ("", false),
        ] {
            assert_eq!(answer(500, body).is_own_failure(), own, "{body}");
            assert!(!Answer { whole: false, ..answer(500, body) }.is_own_failure());
        }
    }
}
