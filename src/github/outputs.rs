//! Outputs of a step, as the runner reads them from the file that `GITHUB_OUTPUT` names.

/// An output that can't be written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value of the output {0} holds the line that would end it")]
pub struct InvalidOutput(&'static str);

/// One output, over several lines. The delimiter is random, so that no value can hold it and go on with an output of its own.
///
/// # Errors
/// [`InvalidOutput`] where the value holds the delimiter all the same.
pub fn block(name: &'static str, value: &str, delimiter: uuid::Uuid) -> Result<String, InvalidOutput> {
    let delimiter = format!("policysync-{}", delimiter.simple());
    if value.contains(&delimiter) {
        return Err(InvalidOutput(name));
    }
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_t_end_its_block() {
        let delimiter = uuid::Uuid::from_u128(7);
        let text = "policysync-00000000000000000000000000000007";
        assert_eq!(block("a", "x\ny", delimiter), Ok(format!("a<<{text}\nx\ny\n{text}\n")));
        assert_eq!(block("a", &format!("x\n{text}\nb=c"), delimiter), Err(InvalidOutput("a")));
    }
}
