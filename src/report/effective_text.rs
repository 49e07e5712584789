//! What holds in a scope, for people: one line a policy, the level it comes from above it.

use std::fmt::Write as _;

use super::style::{Role, Styles};
use super::{counted, escape};
use crate::domain::{ActionType, Address, Direction, ScopePath};
use crate::plan::{Change, Holding, Standing};

/// The policies that hold in a scope, level by level, and how many there are and the strongest action on the first line.
#[must_use]
pub fn effective_text(scope: &ScopePath, levels: &[(ScopePath, Vec<Holding<'_>>)], styles: &Styles) -> String {
    let all = || levels.iter().flat_map(|(_, holding)| holding);
    let strongest: Option<ActionType> = all().map(|holding| holding.policy.policy.action_type()).max();
    let strongest = strongest.map_or_else(String::new, |action| format!(", strongest {action}"));
    let count = counted(all().count(), "policy holds here", "policies hold here");
    let mut out = format!("{}: {count}{strongest}\n", styles.paint(Role::Bold, escape::line(scope.as_str())));
    let width = all().map(|holding| holding.address.key().chars().count()).max().unwrap_or_default();
    for (level, holding) in levels {
        let _ = writeln!(out, "\n{} {}", level.level(), escape::line(level.as_str()));
        if holding.is_empty() {
            let _ = writeln!(out, "    {}", styles.paint(Role::Muted, "no policies"));
        }
        for holding in holding {
            one(&mut out, holding, width, styles);
        }
    }
    out
}

fn one(out: &mut String, holding: &Holding<'_>, width: usize, styles: &Styles) {
    let Holding { address, policy, standing } = holding;
    let (action, risk) = (policy.policy.action_type().as_str(), policy.policy.risk_type().as_str());
    let sign = match standing {
        Standing::Changes(change) => {
            let (sign, role) = super::view::sign(change.kind);
            styles.paint(role, sign).to_string()
        }
        Standing::Unmanaged => styles.paint(Role::Warning, "?").to_string(),
        Standing::Stays => " ".to_owned(),
    };
    let key = escape::line(address.key());
    let name = escape::line(policy.policy.name());
    let _ = write!(out, "  {sign} {action:<5}  {risk:<6}  {key:<width$}  \"{name}\"");
    match standing {
        Standing::Changes(change) => changed(out, address, change, styles),
        Standing::Unmanaged => {
            let _ = write!(out, "  {}", styles.paint(Role::Warning, "in no file any more; it stays live"));
        }
        Standing::Stays => {}
    }
    out.push('\n');
}

/// What becomes of it: `update actionType block → log  WEAKER`.
fn changed(out: &mut String, address: &Address, change: &Change, styles: &Styles) {
    let kind = change.kind;
    let mut said = vec![match &change.from {
        Some(old) if old == address => format!("{kind} to {}", escape::line(change.address.as_str())),
        Some(old) => format!("{kind} from {}", escape::line(old.as_str())),
        None => kind.to_string(),
    }];
    if let (Some(before), Some(after)) = (&change.before, &change.after) {
        let (before, after) = (&before.policy, &after.policy);
        for field in &change.fields {
            said.push(match field {
                crate::domain::Field::RiskType => format!("{field} {} → {}", before.risk_type(), after.risk_type()),
                crate::domain::Field::ActionType => {
                    format!("{field} {} → {}", before.action_type(), after.action_type())
                }
                crate::domain::Field::Name | crate::domain::Field::Content => field.to_string(),
            });
        }
    }
    let _ = write!(out, "  {}", styles.paint(Role::Change, said.join(", ")));
    if change.direction == Direction::Weaker {
        let _ = write!(out, "  {}", styles.paint(Role::Weaker, "WEAKER"));
    }
}
