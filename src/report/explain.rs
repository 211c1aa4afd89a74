//! Why a case did not come out as expected, in words.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::{
    Paint,
    excerpt::{beginning, named_sides, telling_first},
};
use crate::verdict::{CaseResult, CheckResult, Exchange, StepName, Verdict};

/// How many characters of a body are shown.
const BODY: usize = 1200;

/// Writes what is wrong in `case`: the failing checks with their differences, the exchanges of their steps, and what to do
/// next.
pub(super) fn case(case: &CaseResult, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if !case.about.is_empty() {
        writeln!(out, "  {}", case.about)?;
    }
    let origin: Vec<&str> = case.location.iter().chain(&case.requirements).map(String::as_str).collect();
    if !origin.is_empty() {
        writeln!(out, "  {}", paint.dim(origin.join(", ")))?;
    }
    if let Some(declared) = &case.declared {
        let link = declared.link.as_deref().map(|link| format!(" ({link})")).unwrap_or_default();
        writeln!(out, "  declared as a deviation: {}{link}", declared.reason)?;
    }
    for check in case.checks.iter().filter(|check| check.verdict.is_failure()) {
        writeln!(out)?;
        self::check(check, &case.values, paint, out)?;
    }
    let mut steps: Vec<&StepName> = Vec::new();
    for step in case.checks.iter().filter(|check| check.verdict.is_failure()).filter_map(|check| check.step.as_ref()) {
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    for exchange in case.exchanges.iter().filter(|exchange| steps.contains(&&exchange.step)) {
        writeln!(out)?;
        self::exchange(exchange, paint, out)?;
    }
    writeln!(out)?;
    writeln!(out, "  hint: {}", hint(case))
}

fn hint(case: &CaseResult) -> String {
    match case.verdict {
        Verdict::Stale => "the deviation no longer fails; take its entry out of the deviations file".to_owned(),
        Verdict::Error => {
            "this is no judgement about the implementation; see what the message says and run again".to_owned()
        }
        Verdict::Pass | Verdict::Fail | Verdict::Skip | Verdict::Known => {
            let name = case.name();
            format!(
                "add `--run '{name}'` to the command line to run it alone; `isi-conformance serve {name}` keeps its registry \
                 up, and prints its requests to send by hand"
            )
        }
    }
}

fn check(check: &CheckResult, names: &BTreeMap<String, String>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let verdict = paint.verdict(check.verdict, check.verdict);
    write!(out, "  {verdict} {} ({})", paint.bold(check.kind), check.level)?;
    if let Some(step) = &check.step {
        write!(out, ", {step}")?;
    }
    match &check.message {
        Some(message) => writeln!(out, ": {message}")?,
        None => writeln!(out)?,
    }
    for difference in telling_first(&check.differences) {
        let (expected, actual) = named_sides(difference, names);
        writeln!(out, "    {}", difference.path)?;
        writeln!(out, "      expected {expected}")?;
        writeln!(out, "      actual   {actual}")?;
    }
    match check.omitted {
        0 => Ok(()),
        more => writeln!(out, "    and {more} more"),
    }
}

fn exchange(exchange: &Exchange, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let Exchange { step, request, response, curl, registry, .. } = exchange;
    writeln!(out, "  {}", paint.bold(format_args!("exchange of {step}")))?;
    writeln!(out, "    {} {}", request.method, request.path)?;
    body(&request.body, out)?;
    match response {
        Some(response) => {
            writeln!(out, "    answered {}", response.status)?;
            body(&response.body, out)?;
        }
        None => writeln!(out, "    not answered")?,
    }
    match registry.as_slice() {
        [] => writeln!(out, "    the registry was asked nothing")?,
        lines => {
            writeln!(out, "    the registry was asked")?;
            lines.iter().try_for_each(|line| writeln!(out, "      {line}"))?;
        }
    }
    writeln!(out, "    the request was")?;
    writeln!(out, "      {curl}")
}

fn body(text: &str, out: &mut dyn Write) -> io::Result<()> {
    beginning(text.trim_end(), BODY).lines().try_for_each(|line| writeln!(out, "      {line}"))
}
