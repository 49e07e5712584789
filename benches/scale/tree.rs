//! Trees to measure with: the same bytes each time, one organization with a workspace for every 500 policies and a
//! repository for every 100, the policies dealt out evenly over all of them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many words a line of text has: as many as lines of the length that people write.
const WORDS_PER_LINE: usize = 16;
const POLICIES_PER_REPOSITORY: usize = 100;
const REPOSITORIES_PER_WORKSPACE: usize = 5;

/// What a policy's text is put together from: the words of such texts. Whole lines would make texts that repeat each other,
/// and telling those apart would be what is measured.
const LINES: [&str; 12] = [
    "Do not share personally identifiable information of customers or staff: names, addresses, dates of birth.",
    "Source code of products under development must not leave the repository that it belongs to.",
    "Credentials, tokens, private keys and connection strings are secrets, whatever they are written in.",
    "Card numbers are replaced by their last four digits before anything is sent, in text and in pictures.",
    "Contracts and prices that were agreed with a partner are confidential until the legal team says otherwise.",
    "Medical data may only be used by a service that the data protection officer has released for it.",
    "Ask for figures from the published reports; internal forecasts are not to be summarized or translated.",
    "Generated code is reviewed by a person before it is merged; say in the pull request that it was generated.",
    "An answer that gives legal, medical or financial advice is checked by somebody who is allowed to give it.",
    "Log files are cut down to the lines in question, without host names, addresses and session ids.",
    "Data of test systems counts as data of production wherever it was copied from there.",
    "Vulnerabilities that are not public yet are discussed in the security team's channels and nowhere else.",
];

/// Numbers that look random and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap_or_default()
    }
}

/// Writes a tree of `policies` policies of 600 to 1,000 bytes each.
pub(crate) fn write(root: &Path, policies: usize) -> io::Result<()> {
    let scopes = scopes(root, policies);
    for scope in &scopes {
        fs::create_dir_all(scope)?;
    }
    File::create(root.join("acme/_scope.yaml"))?.write_all(b"id: org-benchmark\nname: Acme Inc\n")?;
    let mut numbers = Numbers(1);
    for number in 0..policies {
        let file = scopes[number % scopes.len()].join(format!("policy-{number:05}.yaml"));
        File::create(file)?.write_all(policy(number, &mut numbers).as_bytes())?;
    }
    Ok(())
}

fn scopes(root: &Path, policies: usize) -> Vec<PathBuf> {
    let organization = root.join("acme");
    let mut scopes = vec![organization.clone()];
    for repository in 0..policies.div_ceil(POLICIES_PER_REPOSITORY) {
        let workspace = organization.join(format!("workspace-{:02}", repository / REPOSITORIES_PER_WORKSPACE));
        if repository % REPOSITORIES_PER_WORKSPACE == 0 {
            scopes.push(workspace.clone());
        }
        scopes.push(workspace.join(format!("repository-{repository:03}")));
    }
    scopes
}

fn policy(number: usize, numbers: &mut Numbers) -> String {
    let risk = ["LOW", "MEDIUM", "HIGH"][numbers.below(3)];
    let action = ["log", "alert", "block"][numbers.below(3)];
    let mut text = format!(
        "name: Policy {number:05}\nriskType: {risk}\nactionType: {action}\nmetadata:\n  owner: security\ncontent: |\n"
    );
    let words: Vec<&str> =
        LINES.iter().flat_map(|line| line.split([' ', ':', ';', ',', '.']).filter(|word| !word.is_empty())).collect();
    let length = 600 + numbers.below(300);
    while text.len() < length {
        text.push(' ');
        for _ in 0..WORDS_PER_LINE {
            text.push(' ');
            text.push_str(words[numbers.below(words.len())]);
        }
        text.push('\n');
    }
    text
}
