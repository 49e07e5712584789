//! What a document promises: it comes back as it was, and not at all where one byte is another.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    ActionType, Address, ChangeKind, Endpoint, OrgId, Policy, PolicyId, RepoId, RiskType, Scope, ScopedPolicy,
    WorkspaceId,
};
use crate::state::{Entry, Intent, Lease, Process, Stored, Undecided};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        any::<String>().prop_filter("not empty", |text| !text.is_empty()),
        Just("a \"quote\", a \\, \u{1b}[2K, \u{202e}, \u{0}, é, 汉, 😀\n\tline two\n".to_owned()),
    ]
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-377_705_023_201_i64..=253_402_207_200, 0..1_000_000_000_i32)
        .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn policy_id() -> impl Strategy<Value = PolicyId> {
    "[0-9a-f]{4}-[0-9a-f]{4}".prop_map(|id| PolicyId::new(id).unwrap())
}

/// A policy that fits an address with `depth` scopes above its key.
fn scoped(depth: usize) -> impl Strategy<Value = ScopedPolicy> {
    let risk = proptest::sample::select(RiskType::ALL.to_vec());
    let action = proptest::sample::select(ActionType::ALL.to_vec());
    ("[a-z]{1,4}", text(), text(), risk, action).prop_map(move |(id, name, content, risk, action)| {
        let workspace = (depth > 1).then(|| WorkspaceId::new(format!("w-{id}")).unwrap());
        let repo = (depth > 2).then(|| RepoId::new(format!("r-{id}")).unwrap());
        let scope = Scope::from_ids(OrgId::new(id).unwrap(), workspace, repo).unwrap();
        ScopedPolicy { scope, policy: Policy::new(name, content, risk, action).unwrap() }
    })
}

fn address(depth: usize) -> impl Strategy<Value = Address> {
    proptest::collection::vec("[a-zé0-9]{1,5}", depth)
        .prop_map(|below| format!("acme/{}", below.join("/")).parse().unwrap())
}

fn entry() -> impl Strategy<Value = (Address, Entry)> {
    (1..=3_usize)
        .prop_flat_map(|depth| {
            let stored = proptest::option::of((text(), text()).prop_map(|(name, content)| Stored { name, content }));
            let commit = proptest::option::of("[0-9a-f]{40}");
            (
                address(depth),
                policy_id(),
                scoped(depth),
                stored,
                time(),
                text(),
                (commit, any::<bool>(), proptest::option::of(address(2))),
            )
        })
        .prop_map(|(address, id, sent, stored, applied_at, file, (commit, protected, moved_to))| {
            (address, Entry { id, sent, stored, applied_at, file, commit, protected, moved_to })
        })
}

fn intent() -> impl Strategy<Value = (Address, Intent)> {
    use proptest::option::of;
    let kinds = [ChangeKind::Create, ChangeKind::Update, ChangeKind::Move, ChangeKind::Delete, ChangeKind::Rename];
    (
        address(2),
        proptest::sample::select(kinds.to_vec()),
        time(),
        of(policy_id()),
        (of(address(1)), of(policy_id())),
        (of(scoped(3)), of(scoped(2))),
        (of(text()), of(text()), any::<bool>()),
        of(proptest::collection::btree_set(policy_id(), 2..4)),
    )
        .prop_map(
            |(
                address,
                change,
                intended_at,
                id,
                (from, replaces),
                (before, after),
                (file, commit, protected),
                candidates,
            )| {
                let undecided = candidates.map(|candidates| Undecided { candidates });
                (
                    address,
                    Intent {
                        change,
                        intended_at,
                        id,
                        from,
                        replaces,
                        before,
                        after,
                        file,
                        commit,
                        protected,
                        undecided,
                    },
                )
            },
        )
}

fn lease() -> impl Strategy<Value = Lease> {
    let process = (text(), text(), any::<u32>(), any::<u64>()).prop_map(|(boot, namespace, pid, started)| Process {
        boot,
        namespace,
        pid,
        started,
    });
    let run = proptest::option::of(text());
    let marks = (any::<bool>(), any::<bool>());
    (any::<u128>(), text(), time(), time(), run, proptest::option::of(process), marks).prop_map(
        |(id, holder, acquired_at, expires_at, run, process, (revoked, contested))| Lease {
            id: Uuid::from_u128(id),
            holder,
            acquired_at,
            expires_at,
            run,
            process,
            revoked,
            contested,
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    use proptest::collection::btree_set;
    let maps = (
        proptest::collection::vec(entry(), 0..5),
        proptest::collection::vec(intent(), 0..4),
        btree_set(policy_id(), 0..4),
    );
    (any::<u128>(), any::<u64>(), maps, proptest::option::of(lease())).prop_map(
        |(lineage, serial, (policies, pending, known), lease)| Record {
            serial,
            policies: policies.into_iter().collect(),
            pending: pending.into_iter().collect(),
            known,
            lease,
            ..Record::new(Uuid::from_u128(lineage), org("acme"), endpoint())
        },
    )
}

fn org(name: &str) -> ScopeName {
    ScopeName::new(name).unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint::DEFAULT.parse().unwrap()
}

/// One policy of a workspace, and a fixed write id.
fn small() -> (Record, Vec<u8>) {
    let scope = Scope::Workspace { org: OrgId::new("o-1").unwrap(), workspace: WorkspaceId::new("w-1").unwrap() };
    let policy = Policy::new("PII".into(), "No personal data.\n".into(), RiskType::High, ActionType::Block).unwrap();
    let entry = Entry {
        id: PolicyId::new("p-1").unwrap(),
        sent: ScopedPolicy { scope, policy },
        stored: None,
        applied_at: "2026-11-22T18:00:00Z".parse().unwrap(),
        file: "acme/production/pii.yaml".into(),
        commit: None,
        protected: false,
        moved_to: None,
    };
    let mut record = Record::new(Uuid::from_u128(7), org("acme"), endpoint());
    record.policies = BTreeMap::from([("acme/production/pii".parse().unwrap(), entry)]);
    let bytes = encode(&record, Uuid::from_u128(9)).unwrap();
    (record, bytes)
}

/// A document with its right checksum, made from another one's text.
fn resealed(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let (digits, sealed) = bytes[FRAME.len()..].split_at_mut(DIGITS);
    digits.copy_from_slice(checksum(sealed).as_bytes());
    bytes
}

fn changed(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(small().1).unwrap();
    assert!(text.contains(from), "{from}");
    resealed(&text.replacen(from, to, 1))
}

fn why(bytes: &[u8]) -> String {
    match decode(bytes) {
        Err(Unreadable::Corrupt { why }) => why,
        other => panic!("not corrupt: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_comes_back_as_it_was(record in record(), write_id in any::<u128>()) {
        let bytes = encode(&record, Uuid::from_u128(write_id)).unwrap();
        prop_assert_eq!(decode(&bytes), Ok(record));
    }

    /// The form in a document is written by hand, so that unknown fields can be refused (serde's `flatten` can't); the types'
    /// own is the reference.
    #[test]
    fn the_form_in_a_document_is_that_of_the_types(record in record()) {
        let bytes = encode(&record, Uuid::nil()).unwrap();
        let mut written: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let envelope = written.as_object_mut().unwrap();
        prop_assert!(envelope.remove("checksum").is_some());
        prop_assert!(envelope.remove("writeId").is_some());
        prop_assert_eq!(written, serde_json::to_value(&record).unwrap());
    }

    #[test]
    fn one_byte_changed_anywhere_is_noticed(record in record(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut bytes = encode(&record, Uuid::nil()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(decode(&bytes).is_err(), "byte {at} ^ {flip}");
    }
}

#[test]
fn every_bit_flipped_and_every_cut_of_a_document_is_noticed() {
    let (_, bytes) = small();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(decode(&flipped).is_err(), "bit {bit} of byte {at}");
        }
        let cut = why(&bytes[..at]);
        let expected = if at == 0 {
            "empty"
        } else if at < bytes.len() - 1 {
            "cut short"
        } else {
            "checksum"
        };
        assert!(cut.contains(expected), "{at} of {} bytes: {cut}", bytes.len());
    }
}

#[test]
fn a_document_reads_well_line_by_line() {
    let (_, bytes) = small();
    let text = String::from_utf8(bytes).unwrap();
    let (_, after) = text.split_once("\",\n").unwrap();
    assert_eq!(
        after,
        r#"  "writeId": "00000000-0000-0000-0000-000000000009",
  "format": 1,
  "lineage": "00000000-0000-0000-0000-000000000007",
  "serial": 0,
  "org": "acme",
  "endpoint": "https://backend.flashback.tech",
  "policies": {
    "acme/production/pii": {
      "id": "p-1",
      "orgId": "o-1",
      "workspaceId": "w-1",
      "repoId": null,
      "name": "PII",
      "riskType": "HIGH",
      "actionType": 2,
      "content": "No personal data.\n",
      "appliedAt": "2026-11-22T18:00:00Z",
      "file": "acme/production/pii.yaml"
    }
  }
}
"#
    );
}

#[test]
fn the_same_record_saved_twice_is_never_the_same_bytes() {
    let (record, bytes) = small();
    assert_ne!(encode(&record, Uuid::from_u128(10)).unwrap(), bytes);
    assert_eq!(encode(&record, Uuid::from_u128(9)).unwrap(), bytes);
}

#[test]
fn a_newer_format_is_told_as_such_whatever_its_shape() {
    for newer in [
        b"{\"format\": 2}".to_vec(),
        b"{\"format\": 2, \"seal\": {\"kind\": \"other\"}, \"policies\": []}\n".to_vec(),
        changed("\"format\": 1", "\"format\": 2"),
        changed("\"format\": 1", "\"format\": 2, \"shards\": []"),
        // By hand, without a checksum to it.
        String::from_utf8(small().1).unwrap().replace("\"format\": 1", "\"format\": 2").into_bytes(),
    ] {
        assert_eq!(decode(&newer), Err(Unreadable::TooNew { found: 2 }), "{}", String::from_utf8_lossy(&newer));
    }
    let far = b"{\"format\": 18446744073709551615}";
    assert_eq!(decode(far), Err(Unreadable::TooNew { found: u64::MAX }));
    let error = decode(far).unwrap_err().at("acme.json".into(), "no matter").to_string();
    assert_eq!(error, "the record at acme.json has format 18446744073709551615; this version reads up to 1");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let text = String::from_utf8(small().1).unwrap();
    for (bytes, expected) in [
        (b"".to_vec(), "it is empty"),
        (b"<html>".to_vec(), "1:1: it is no JSON"),
        (b"{}".to_vec(), "1:1: it doesn't begin with"),
        (b"[1]".to_vec(), "1:1: it doesn't begin with"),
        (text.replace("PII", "IIP").into_bytes(), "2:15: its checksum"),
        (text.replace('\n', "\r\n").into_bytes(), "1:2: its line endings"),
        (text.replace("  \"serial\"", "<<<<<<< HEAD\n  \"serial\"").into_bytes(), "6:1: it holds a merge conflict"),
        (text.replace("\"serial\": 0", "\"serial\": nought").into_bytes(), "6:14: expected ident"),
        (format!("{text}{text}").into_bytes(), "24:1: trailing characters"),
        (changed("\"serial\": 0", "\"serial\": -1"), "6:14: invalid value"),
        (changed("\"serial\": 0", "\"serial\": 0, \"x\": 1"), "6:18: unknown field `x`"),
        (changed("\"name\": \"PII\"", "\"name\": \"PII\", \"x\": 1"), "15:24: unknown field `x`"),
        (changed("  \"serial\": 0,\n", ""), "missing field `serial`"),
        (changed("\"repoId\": null", "\"repoId\": \"r\", \"workspaceId\": null"), "duplicate field `workspaceId`"),
        (changed("\"workspaceId\": \"w-1\",\n      \"repoId\": null", "\"repoId\": \"r\""), "repoId is set"),
        (changed("\"format\": 1", "\"format\": 0"), "format 0 was never written"),
        (changed("\"HIGH\"", "\"hihg\""), "unknown variant `hihg`"),
        (changed("\"PII\"", "\"\""), "acme/production/pii: name is empty"),
        (changed("acme/production/pii\": {", "acme/pii\": {"), "acme/pii lies at the organization level"),
        (
            changed("acme/production/pii\": {", "other/production/pii\": {"),
            "other/production/pii is not a policy of acme",
        ),
        (changed("acme/production/pii\": {", "pii\": {"), "organization[/workspace[/repository]]/key"),
    ] {
        let said = why(&bytes);
        assert!(said.contains(expected), "{said:?} lacks {expected:?}");
    }
}

#[test]
fn an_address_twice_is_refused_where_a_map_would_keep_the_last() {
    let text = String::from_utf8(small().1).unwrap();
    let (from, to) = (text.find("    \"acme/production").unwrap(), text.find("\n  }\n}").unwrap());
    let twice = format!("{},\n{}", &text[..to], &text[from..]);
    assert!(why(&resealed(&twice)).contains("acme/production/pii is there twice"));
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let (record, _) = small();
    let (address, entry) = record.policies.first_key_value().unwrap();
    let with = |address: &str, entry: &Entry| {
        let policies = BTreeMap::from([(address.parse().unwrap(), entry.clone())]);
        encode(&Record { policies, ..record.clone() }, Uuid::nil())
    };
    assert!(with(address.as_str(), entry).is_ok());
    assert!(with("other/production/pii", entry).is_err());
    assert!(with("acme/pii", entry).is_err());
    assert!(encode(&Record { format: 0, ..record.clone() }, Uuid::nil()).is_err());
    let intent = Intent {
        change: ChangeKind::Rename,
        intended_at: Timestamp::UNIX_EPOCH,
        id: None,
        from: Some("other/production/pii".parse().unwrap()),
        replaces: None,
        before: None,
        after: None,
        file: None,
        commit: None,
        protected: false,
        undecided: None,
    };
    let pending = BTreeMap::from([(address.clone(), intent)]);
    let error = encode(&Record { pending, ..record.clone() }, Uuid::nil()).unwrap_err();
    assert_eq!(error.to_string(), "other/production/pii, which is pending, is not a policy of acme");
}

#[test]
fn another_organizations_record_is_refused_naming_both() {
    let (record, bytes) = small();
    assert_eq!(decode_at(&bytes, &org("acme"), "x.json", || panic!("nobody asked for a remedy")).unwrap(), record);
    let error = decode_at(&bytes, &org("globex"), "x.json", || "put it back".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "the record at x.json can't be read: it is the record of acme, not of globex");
    assert_eq!(error.hint(), "put it back");
}
