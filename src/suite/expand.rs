//! From one written case to many: rows and matrices.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    document::{Diagnostic, Node, Source, Value},
    variable::template,
};

type Row<'a> = BTreeMap<&'a str, &'a Node>;

/// The cases that a written case stands for: one for every row and every combination of the matrix, variables replaced.
///
/// # Errors
/// When rows or matrix are no rows or matrix, or a variable with a list or mapping stands inside a longer text.
pub(super) fn expand(source: &Source, case: &Node) -> Result<Vec<Node>, Diagnostic> {
    let rows = rows(source, case)?;
    let variables: BTreeSet<&str> = rows.iter().flat_map(BTreeMap::keys).copied().collect();
    let body: Vec<_> =
        case.entries().iter().filter(|(key, _)| key.name != "rows" && key.name != "matrix").cloned().collect();
    rows.into_iter()
        .map(|row| {
            let mut node = Node { value: Value::Mapping(body.clone()), span: case.span };
            leave_out(&mut node, &row, &variables);
            substitute(source, &mut node, &row)?;
            Ok(node)
        })
        .collect()
}

fn rows<'a>(source: &Source, case: &'a Node) -> Result<Vec<Row<'a>>, Diagnostic> {
    let mut rows: Vec<Row<'a>> = match case.get("rows") {
        None => vec![Row::new()],
        Some(written) => non_empty(source, written, "rows")?
            .iter()
            .map(|row| match &row.value {
                Value::Mapping(entries) => Ok(entries.iter().map(|(key, node)| (key.name.as_str(), node)).collect()),
                _ => Err(Diagnostic::new(source, row.span, "a row is a mapping from variables to values")),
            })
            .collect::<Result<_, _>>()?,
    };
    if let Some(matrix) = case.get("matrix") {
        for (axis, values) in matrix.entries() {
            let values = non_empty(source, values, "an axis of a matrix")?;
            rows = rows
                .iter()
                .flat_map(|row| {
                    values.iter().map(move |value| {
                        let mut row = row.clone();
                        row.insert(&axis.name, value);
                        row
                    })
                })
                .collect();
        }
    }
    Ok(rows)
}

fn non_empty<'a>(source: &Source, node: &'a Node, what: &str) -> Result<&'a [Node], Diagnostic> {
    match node.items() {
        [] => Err(Diagnostic::new(source, node.span, format!("{what}: expected a list with something in it"))),
        items => Ok(items),
    }
}

/// Takes away what a row leaves out: entries whose value is a variable that only other rows have.
fn leave_out(node: &mut Node, row: &Row<'_>, variables: &BTreeSet<&str>) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| leave_out(item, row, variables)),
        Value::Mapping(entries) => {
            entries.retain(|(_, entry)| {
                let name = entry.as_str().and_then(whole_name);
                name.is_none_or(|name| row.contains_key(name) || !variables.contains(name))
            });
            entries.iter_mut().for_each(|(_, entry)| leave_out(entry, row, variables));
        }
        _ => {}
    }
}

fn substitute(source: &Source, node: &mut Node, row: &Row<'_>) -> Result<(), Diagnostic> {
    match &mut node.value {
        Value::String(text) => {
            if let Some(value) = whole(text, row) {
                // The value keeps its own place: what is wrong with it is wrong in the row.
                *node = value.clone();
            } else {
                *text = inside(source, node.span, text, row)?;
            }
        }
        Value::Sequence(items) => {
            for item in items {
                substitute(source, item, row)?;
            }
        }
        Value::Mapping(entries) => {
            for (key, entry) in entries {
                key.name = inside(source, key.span, &key.name, row)?;
                substitute(source, entry, row)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The value of the variable that makes up the whole of `text`.
fn whole<'a>(text: &str, row: &Row<'a>) -> Option<&'a Node> {
    row.get(whole_name(text)?).copied()
}

fn whole_name(text: &str) -> Option<&str> {
    template::placeholders(text)
        .next()
        .filter(|placeholder| placeholder.range == (0..text.len()))
        .map(|placeholder| placeholder.name)
}

fn inside(source: &Source, span: crate::document::Span, text: &str, row: &Row<'_>) -> Result<String, Diagnostic> {
    template::replace(text, |name| {
        row.get(name)
            .map(|node| match &node.value {
                Value::String(text) => Ok(text.clone()),
                Value::Bool(value) => Ok(value.to_string()),
                Value::Number(number) => Ok(number.to_string()),
                Value::Null | Value::Sequence(_) | Value::Mapping(_) => Err(Diagnostic::new(
                    source,
                    span,
                    format!("variable `{name}` is {} here, which cannot stand inside a text", node.kind()),
                )
                .hint("a text that is the variable alone takes a value of any type")),
            })
            .transpose()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::parse;

    fn expanded(text: &str) -> Result<Vec<serde_json::Value>, Diagnostic> {
        let source = Source::new("suite.yaml", text);
        Ok(expand(&source, &parse(&source)?)?.iter().map(Node::to_json).collect())
    }

    #[test]
    fn a_case_without_rows_stands_for_itself() {
        assert_eq!(expanded("{name: a, steps: [1]}").unwrap(), [json!({"name": "a", "steps": [1]})]);
    }

    #[test]
    fn rows_and_matrix_multiply() {
        let names: Vec<_> =
            expanded("{name: '{{a}}-{{b}}-{{c}}', rows: [{a: 1}, {a: 2}], matrix: {b: [x, y], c: [z]}}")
                .unwrap()
                .iter()
                .map(|case| case["name"].as_str().unwrap().to_owned())
                .collect();
        assert_eq!(names, ["1-x-z", "1-y-z", "2-x-z", "2-y-z"]);
    }

    #[test]
    fn a_variable_alone_takes_a_value_of_any_type() {
        assert_eq!(
            expanded("{status: '{{status}}', rows: [{status: {a: [1]}}]}").unwrap(),
            [json!({"status": {"a": [1]}})]
        );
    }

    #[test]
    fn what_a_row_leaves_out_is_not_there() {
        let cases = expanded("{expect: {status: '{{status}}'}, rows: [{status: 422}, {}]}").unwrap();
        assert_eq!(cases, [json!({"expect": {"status": 422}}), json!({"expect": {}})]);
    }

    #[test]
    fn a_variable_stands_inside_a_variable_of_the_run() {
        let cases = expanded("{from: 'lib/app@{{digest {{image}}}}', rows: [{image: s2-basic}]}").unwrap();
        assert_eq!(cases, [json!({"from": "lib/app@{{digest s2-basic}}"})]);
    }

    #[test]
    fn a_list_inside_a_text_is_refused_where_it_is_used() {
        insta::assert_snapshot!(expanded("name: x-{{a}}\nrows:\n  - a: [1]\n").unwrap_err(), @r"
        error: variable `a` is a list here, which cannot stand inside a text
         --> suite.yaml:1:7
          |
        1 | name: x-{{a}}
          |       ^^^^^^^

        hint: a text that is the variable alone takes a value of any type
        ");
    }
}
