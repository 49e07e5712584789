//! The token: a text that is sent to one place and shown nowhere.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::UserId;

/// The shortest token accepted, in bytes: whatever echoes a token is cut, and to cut a letter or two out of every message
/// would leave nobody a message to read.
const MIN_TOKEN: usize = 6;
/// The longest token accepted, in bytes: longer headers are refused by common servers, and the bound lets one be found
/// whole in the part of an answer that is read.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// An access or refresh token. It has no `Display`, and `Debug` shows `[REDACTED]`.
#[derive(Clone)]
pub struct Token(SecretString);

/// A text that can't be a token. It says what is wrong and never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{setting} can't be used as a token: {why}")]
pub struct InvalidToken {
    setting: &'static str,
    why: &'static str,
}

impl InvalidToken {
    /// The variable that it came from.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

impl Token {
    /// Takes the access token of `POLICYSYNC_TOKEN`: 6 to 16,384 printable ASCII characters without spaces.
    ///
    /// # Errors
    /// [`InvalidToken`] for any other text; nothing is trimmed, because a token that was cut or joined by mistake is
    /// better found here than by the service.
    pub fn new(text: String) -> Result<Self, InvalidToken> {
        Self::checked("POLICYSYNC_TOKEN", text)
    }

    /// Takes the refresh token of `POLICYSYNC_REFRESH_TOKEN`, by the same rules.
    ///
    /// # Errors
    /// [`InvalidToken`], naming that setting.
    pub fn new_refresh(text: String) -> Result<Self, InvalidToken> {
        Self::checked("POLICYSYNC_REFRESH_TOKEN", text)
    }

    /// Takes the token of another service than the policies' own; `setting` is the variable that it came from.
    ///
    /// # Errors
    /// [`InvalidToken`], naming that setting.
    pub fn of_setting(setting: &'static str, text: String) -> Result<Self, InvalidToken> {
        Self::checked(setting, text)
    }

    fn checked(setting: &'static str, text: String) -> Result<Self, InvalidToken> {
        // From here on the text is wiped when it is dropped, also where it is refused.
        let secret = SecretString::from(text);
        match fault(secret.expose_secret()) {
            None => Ok(Self(secret)),
            Some(why) => Err(InvalidToken { setting, why }),
        }
    }

    /// The user it was given to, where it is a JWT whose payload has a `userId`. Its signature is not checked: this only
    /// tells our own policies from other people's, and the service's answers overrule it.
    ///
    /// `sub` is not used: identity providers fill it with ids of their own, and a wrong user hides our own policies.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        UserId::new(self.claims()?.get("userId")?.as_str()?).ok()
    }

    /// When it ends, where it is a JWT that says so.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.claims()?.get("exp")?.as_i64()?).ok()
    }

    fn claims(&self) -> Option<serde_json::Value> {
        let payload = self.expose().split('.').nth(1)?;
        serde_json::from_slice(&base64url(payload)?).ok()
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.len() < MIN_TOKEN {
        Some("it has fewer than 6 characters, as no token has; was it cut short?")
    } else if text.len() > MAX_TOKEN {
        Some("it is longer than 16 KiB")
    } else if text.ends_with(['\n', '\r']) {
        Some("it ends with a line break; write it with `printf %s`, not `echo`")
    } else if text.contains(['\n', '\r']) {
        Some("it has a line break in it")
    } else if text.contains(char::is_whitespace) {
        Some("it has a space in it; give the token alone, without `Bearer`")
    } else if text.contains(char::is_control) {
        Some("it has a control character in it")
    } else if !text.is_ascii() {
        Some("it has a character outside ASCII in it")
    } else {
        None
    }
}

/// RFC 4648 section 5, padding optional; nothing where it is something else.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_token_is_refused_and_not_shown() {
        for bad in [
            "",
            "hunte",
            "hunter2\n",
            "hunter2\r\n",
            "hun\nter2",
            "hunter2 ",
            "Bearer hunter2",
            "hunter2\u{0}",
            "hunter2\u{7f}",
            "hunter2\u{fc}",
            "\u{feff}hunter2",
            &"hunter2".repeat(MAX_TOKEN),
        ] {
            let error = Token::new(bad.to_owned()).expect_err(bad);
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(shown.contains("POLICYSYNC_TOKEN"), "{shown}");
                assert!(!shown.contains("hunte"), "{shown}");
            }
        }
        let error = Token::new_refresh(String::new()).unwrap_err().to_string();
        assert!(error.starts_with("POLICYSYNC_REFRESH_TOKEN "), "{error}");
        assert!(Token::new("x".repeat(MAX_TOKEN)).is_ok());
    }

    #[test]
    fn a_token_does_not_print() {
        let token = Token::new("hunter2".into()).unwrap();
        assert_eq!(format!("{token:?} {:?}", Some(&token)), "Token([REDACTED]) Some(Token([REDACTED]))");
    }

    #[test]
    fn the_user_is_read_from_a_jwt_and_from_nothing_else() {
        // {"alg":"none"} . {"userId":"user-ünï-7","sub":"idp|1"} . (no signature), by another base64 writer.
        let jwt = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ1c2VyLcO8bsOvLTciLCJzdWIiOiJpZHB8MSJ9.";
        let user = |text: &str| Token::new(text.to_owned()).unwrap().user();
        assert_eq!(user(jwt), Some(UserId::new("user-ünï-7").unwrap()));
        // {"sub":"idp|1"}, {"userId":7}, no JSON, no base64, no JWT.
        for none in ["x.eyJzdWIiOiJpZHB8MSJ9.x", "x.eyJ1c2VySWQiOjd9.x", "x.AAAA.x", "x.!!!!.x", "xxx..x", "opaque"] {
            assert_eq!(user(none), None, "{none}");
        }
    }
}
