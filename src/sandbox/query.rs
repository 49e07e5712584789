//! A request's query: a parameter that counts is given at most once, and what is no plain text is checked.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::answer::Failure;

/// The parameters of a query, as given. Those that the service doesn't know are passed over.
pub(super) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// All that a parameter was given as.
    pub(super) fn every(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A text, as it stands.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.every(name).as_slice() {
            [] => Ok(None),
            [text] => Ok(Some(text)),
            _ => Err(Failure::bad_request(format!("{name} is given more than once"))),
        }
    }

    /// A text that must be there and not be empty.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Failure::bad_request(format!("{name} is required")))
    }

    /// The texts of a comma list.
    pub(super) fn words(&self, name: &str) -> Result<Option<Vec<&str>>, Failure> {
        Ok(self.text(name)?.map(|list| list.split(',').map(str::trim).collect()))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        let flag = |text: &str| text.parse().map_err(|_| Failure::bad_request(format!("{name} must be true or false")));
        self.text(name)?.map(flag).transpose()
    }

    /// A whole number between two bounds; `otherwise` where it is left out.
    pub(super) fn number(&self, name: &str, bounds: (usize, usize), otherwise: usize) -> Result<usize, Failure> {
        let (least, most) = bounds;
        let Some(text) = self.text(name)? else { return Ok(otherwise) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number too long for the machine is larger than all there is, which is all that matters.
        let number = digits.then(|| text.parse().unwrap_or(usize::MAX));
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let upper = if most == usize::MAX { String::new() } else { format!(" and at most {most}") };
            Failure::bad_request(format!("{name} must be a whole number, at least {least}{upper}"))
        })
    }

    /// A date and time of RFC 3339.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        let instant = |text: &str| {
            rfc3339(text).ok_or_else(|| {
                Failure::bad_request(format!("{name} must be a date and time such as 2026-01-31T12:00:00Z"))
            })
        };
        self.text(name)?.map(instant).transpose()
    }
}

/// Stricter than jiff, which also takes weekdays, zone names and other shapes that are not ISO 8601 as the service means it.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let shape = text.as_bytes();
    let dated = shape.get(4) == Some(&b'-') && shape.get(7) == Some(&b'-') && shape.get(13) == Some(&b':');
    let timed = shape.get(10).is_some_and(|byte| matches!(byte, b'T' | b't')) && shape.get(16) == Some(&b':');
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TtZz".contains(&byte));
    if dated && timed && plain { text.to_ascii_uppercase().parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        let take = |query: &str| Query::parse(query).number("take", (1, 100), 50).ok();
        assert_eq!(take(""), Some(50));
        assert_eq!(take("take=1"), Some(1));
        assert_eq!(take("take=100"), Some(100));
        for bad in ["take=0", "take=101", "take=-1", "take=", "take=ten", "take=%2B5", "take=1.5", "take=5&take=5"] {
            assert_eq!(take(bad), None, "{bad}");
        }
        let skip = Query::parse("skip=99999999999999999999999").number("skip", (0, usize::MAX), 0);
        assert_eq!(skip.ok(), Some(usize::MAX));
    }

    #[test]
    fn instants_are_rfc_3339() {
        for good in ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00.123z", "2026-01-31T12:00:00+02:00"] {
            assert!(rfc3339(good).is_some(), "{good}");
        }
        for bad in
            ["", "2026-01-31", "yesterday", "2026-01-31T12:00:00", "2026-13-31T12:00:00Z", "2026-01-31 12:00:00Z"]
        {
            assert!(rfc3339(bad).is_none(), "{bad}");
        }
    }
}
