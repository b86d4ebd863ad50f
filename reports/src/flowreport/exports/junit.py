"""JUnit XML: a suite per subject, a case per case. A wrong answer, a crash and the like are failures."""

from flowreport import units
from flowreport.exports.entries import Entry, Problem, entries, unbuilt
from flowreport.junit import JunitCase, JunitSuite, junit_document
from flowreport.model import Run, Status
from flowreport.outcomes import words

_NS = 1e9


def export(run: Run) -> str:
    """The document; ends in a line end."""
    absent = dict(unbuilt(run))
    found = entries(run)
    suites = []
    for subject in run.subjects:
        cases = [_case(e) for e in found if e.case.subject == subject.id]
        if subject.id in absent:
            state = words(Status.NOT_BUILT)
            cases = [JunitCase("all", subject.id, skipped=(state, f"{state}: {absent[subject.id]}"))]
        suites.append(JunitSuite(subject.id, run.created, _properties(run), cases))
    return junit_document(f"run {run.id}", suites)


def _properties(run: Run) -> list[tuple[str, str]]:
    e = run.environment
    return [
        ("run", run.id),
        ("commit", run.tool.commit),
        ("seed", str(run.seed)),
        ("cpu_model", e.cpu_model),
        ("kernel", e.kernel),
    ]


def _case(entry: Entry) -> JunitCase:
    """A case fails when one of its trials did; it is skipped when it has no numbers for another reason."""
    failed = [p for p in entry.problems if p.failed]
    told = failed or entry.problems
    failure = skipped = None
    if failed:
        failure = (failed[0].state, _message(told))
    elif not entry.trials:
        skipped = (told[0].state if told else "not run", _message(told))
    return JunitCase(
        name=entry.name,
        group=entry.case.subject,
        seconds=sum(t.wall_ns for t in entry.trials) / _NS,
        failure=failure,
        skipped=skipped,
        output=[f"{units.plural(len(entry.trials), 'trial')} counted", *map(_told, entry.problems)],
    )


def _message(problems: "list[Problem] | tuple[Problem, ...]") -> str:
    return "; ".join(map(_told, problems))


def _told(problem: Problem) -> str:
    times = f" {units.TIMES}{problem.trials}" if problem.trials else ""
    limit = f" ({problem.limit})" if problem.limit else ""
    return f"{problem.state}{times}{f': {problem.reason}' if problem.reason else ''}{limit}"
