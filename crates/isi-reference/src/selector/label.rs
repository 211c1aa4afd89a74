//! Label selectors: `app=web,tier in (front, back),!legacy`. Grammar and errors are those of k8s.io/apimachinery 1.31 to
//! 1.35, as openshift-apiserver 4.18 and 4.22 answer them.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{Token, tokens};
use crate::{
    error::{ApiError, Result},
    validation::meta,
};

/// What the labels of an object have to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

/// What one label has to be.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    Absent,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads the value of `labelSelector`.
    ///
    /// # Errors
    /// 400, with the words of a server, when it cannot be parsed.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        SelectorParser { tokens: tokens(text), position: 0 }.requirements().map(Self).map_err(ApiError::bad_request)
    }

    /// Whether an object with these labels is selected.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.operator {
                Operator::Exists => value.is_some(),
                Operator::Absent => value.is_none(),
                Operator::In(values) => value.is_some_and(|value| values.contains(value)),
                Operator::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Operator::Greater(limit) => number().is_some_and(|number| number > *limit),
                Operator::Less(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }
}

struct SelectorParser<'a> {
    tokens: Vec<Token<'a>>,
    position: usize,
}

/// What is wrong with a selector.
type Problem = String;

impl<'a> SelectorParser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.position).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.position += 1;
        token
    }

    fn requirements(mut self) -> std::result::Result<Vec<Requirement>, Problem> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                Token::End => return Ok(requirements),
                Token::Word(_) | Token::Symbol("!") => {}
                other @ Token::Symbol(_) => {
                    return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text()));
                }
            }
            let requirement =
                self.requirement().map_err(|problem| format!("unable to parse requirement: {problem}"))?;
            requirements.push(requirement);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Symbol(",") => match self.peek() {
                    Token::Word(_) | Token::Symbol("!") => {}
                    other => return Err(format!("found '{}', expected: identifier after ','", other.text())),
                },
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    fn requirement(&mut self) -> std::result::Result<Requirement, Problem> {
        let absent = self.peek() == Token::Symbol("!");
        if absent {
            self.next();
        }
        let key = match self.next() {
            Token::Word(key) => key,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        let problems = meta::qualified_name_problems(key);
        if !problems.is_empty() {
            return Err(format!("<nil>: Invalid value: {key:?}: {}", problems.join("; ")));
        }
        let operator = match self.peek() {
            _ if absent => Operator::Absent,
            Token::End | Token::Symbol(",") => Operator::Exists,
            _ => self.operator(key)?,
        };
        Ok(Requirement { key: key.to_owned(), operator })
    }

    fn operator(&mut self, key: &str) -> std::result::Result<Operator, Problem> {
        match self.next() {
            Token::Word("in") => Ok(Operator::In(self.values(key)?)),
            Token::Word("notin") => Ok(Operator::NotIn(self.values(key)?)),
            Token::Symbol("=" | "==") => Ok(Operator::In([self.value(key)?].into())),
            Token::Symbol("!=") => Ok(Operator::NotIn([self.value(key)?].into())),
            Token::Symbol(">") => Ok(Operator::Greater(self.number(key)?)),
            Token::Symbol("<") => Ok(Operator::Less(self.number(key)?)),
            other => Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", other.text())),
        }
    }

    /// One value; nothing is the empty one.
    fn value(&mut self, key: &str) -> std::result::Result<String, Problem> {
        let value = self.plain_value()?;
        check_value(key, 0, &value)?;
        Ok(value)
    }

    fn plain_value(&mut self) -> std::result::Result<String, Problem> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(value) => {
                self.next();
                Ok(value.to_owned())
            }
            other @ Token::Symbol(_) => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self, key: &str) -> std::result::Result<i64, Problem> {
        let value = self.plain_value()?;
        let number = value.parse().map_err(|_| {
            format!("values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
        })?;
        check_value(key, 0, &value)?;
        Ok(number)
    }

    /// A list in parentheses. A comma without a value before or behind it stands for an empty value.
    fn values(&mut self, key: &str) -> std::result::Result<BTreeSet<String>, Problem> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        let mut values = BTreeSet::new();
        match self.peek() {
            Token::Symbol(")") => {
                self.next();
                values.insert(String::new());
                return Ok(values);
            }
            Token::Word(_) | Token::Symbol(",") => {}
            other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
        }
        loop {
            match self.next() {
                Token::Word(value) => {
                    values.insert(value.to_owned());
                    match self.peek() {
                        Token::Symbol("," | ")") => {}
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Symbol(",") => {
                    if values.is_empty() || matches!(self.peek(), Token::Symbol("," | ")")) {
                        values.insert(String::new());
                    }
                }
                Token::Symbol(")") => break,
                other => return Err(format!("found '{}', expected: ',', or identifier", other.text())),
            }
        }
        values.iter().enumerate().try_for_each(|(index, value)| check_value(key, index, value))?;
        Ok(values)
    }
}

fn check_value(key: &str, index: usize, value: &str) -> std::result::Result<(), Problem> {
    match meta::label_value_problem(value) {
        None => Ok(()),
        Some(problem) => Err(format!("values[{index}][{key}]: Invalid value: {value:?}: {problem}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn labels() -> BTreeMap<String, String> {
        [("app", "web"), ("tier", "front"), ("size", "5"), ("empty", "")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    #[rstest]
    #[case("", true)]
    #[case(" ", true)]
    #[case("app", true)]
    #[case("other", false)]
    #[case("!other", true)]
    #[case("!app", false)]
    #[case("app=web,tier==front", true)]
    #[case("app!=web", false)]
    #[case("other!=web", true)]
    #[case("app in (web, db)", true)]
    #[case("app in (db)", false)]
    #[case("app notin (db)", true)]
    #[case("other notin (db)", true)]
    #[case("app notin (web,,db)", false)]
    #[case("empty in (,a)", true)]
    #[case("empty in ()", true)]
    #[case("empty=", true)]
    #[case("size>4", true)]
    #[case("size<5", false)]
    #[case("app>4", false)]
    #[case("in in (in)", false)]
    fn labels_match_or_do_not(#[case] selector: &str, #[case] expected: bool) {
        assert_eq!(LabelSelector::parse(selector).unwrap().matches(&labels()), expected);
    }

    // Recorded from openshift-apiserver 4.22.
    #[rstest]
    #[case("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier")]
    #[case("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    #[case("a in b", "unable to parse requirement: found 'b' expected: '('")]
    #[case("!!!", "unable to parse requirement: found '!', expected: identifier")]
    #[case("a=b=c", "found '=', expected: ',' or 'end of string'")]
    #[case(",", "found ',', expected: !, identifier, or 'end of string'")]
    #[case("(", "found '(', expected: !, identifier, or 'end of string'")]
    #[case("a=b,", "found '', expected: identifier after ','")]
    #[case("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    #[case("a!", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt")]
    #[case("!a=b", "found '=', expected: ',' or 'end of string'")]
    #[case(
        "a>x",
        "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"
    )]
    #[case(
        "a<",
        "unable to parse requirement: values[0]: Invalid value: \"\": for 'Gt', 'Lt' operators, the value must be an integer"
    )]
    fn a_malformed_selector_is_refused_in_the_words_of_a_server(#[case] selector: &str, #[case] expected: &str) {
        let error = LabelSelector::parse(selector).unwrap_err();
        assert_eq!((error.code(), error.status().message.as_str()), (400, expected));
    }

    #[rstest]
    #[case("-a", "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric")]
    #[case(
        "A.com/x",
        "unable to parse requirement: <nil>: Invalid value: \"A.com/x\": prefix part a lowercase RFC 1123"
    )]
    #[case("a/b/c", "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a qualified name must consist of")]
    #[case(
        "a=-",
        "unable to parse requirement: values[0][a]: Invalid value: \"-\": a valid label must be an empty string"
    )]
    fn keys_and_values_follow_the_rules_of_labels(#[case] selector: &str, #[case] expected: &str) {
        let error = LabelSelector::parse(selector).unwrap_err();
        assert!(error.status().message.starts_with(expected), "{}", error.status().message);
    }
}
