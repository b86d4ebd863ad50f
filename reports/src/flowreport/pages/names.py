"""How a page calls subjects and workloads: titles from the run, places in it for colours and the filter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flowreport.cases import Analysis, Group
from flowreport.charts.style import look, marker_outline
from flowreport.model import Benchmark, Case, Run, Subject
from flowreport.outcomes import listing, workers_suffix
from flowreport.pages.table import Cell


@dataclass(frozen=True)
class Mark:
    """A subject in a legend."""

    place: int
    title: str
    note: str
    colour: str
    fallback: str
    outline: str
    role: str


def unlike_key(run: Run, case: Case) -> str:
    """The element that says how the work of a case is not quite the same; empty when it is the same."""
    if run.unlike(case) is None:
        return ""
    workload = [w.id for w in run.workloads].index(case.workload)
    subject = [s.id for s in run.subjects].index(case.subject)
    return f"unlike-{workload}-{case.workers}-{subject}"


def case_key(analysis: Analysis, names: "Names", case: Case) -> str:
    """What page and script call a case: the number of its comparison and the place of its subject, `12-3`."""
    number = analysis.comparisons[case.workload, case.workers, case.tasks]
    return f"{number}-{names.place(case.subject)}"


class Names:
    """Titles and places of a run's subjects and workloads, by id."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._subjects = {s.id: s for s in run.subjects}
        self._places = {s.id: i for i, s in enumerate(run.subjects)}
        self._workloads = {w.id: w.title for w in run.workloads}
        self._several_workers = len(run.worker_counts) > 1
        self.marks: Sequence[Mark] = [self._mark(s) for s in run.subjects]

    def place(self, subject: str) -> int:
        """The place of a subject in the run, which decides its look."""
        return self._places[subject]

    def title(self, subject: str) -> str:
        """The title of a subject."""
        return self._subjects[subject].title

    def cell(self, subject: str) -> Cell:
        """A head cell with the subject's marker and title."""
        return Cell(self.title(subject), subject=self.place(subject), head=True)

    def case_cell(self, case: Case) -> Cell:
        """A head cell with the subject of a case, which carries the mark where the work is not quite the same."""
        return replace(self.cell(case.subject), unlike=unlike_key(self._run, case))

    def group(self, group: Group) -> str:
        """The title of a group; it tells the workers only where the run has several numbers of them."""
        return f"{group.workload.title}{workers_suffix(group.workers) if self._several_workers else ''}"

    def cases(self, cases: Iterable[Case | Benchmark]) -> str:
        """Cases of one subject in short."""
        return listing(cases, self._workloads.__getitem__, several_workers=self._several_workers)

    def _mark(self, subject: Subject) -> Mark:
        place = self._places[subject.id]
        style = look(place)
        roles = (("reference", subject.reference), ("baseline", subject.baseline), ("oracle", subject.oracle))
        return Mark(
            place=place,
            title=subject.title,
            note=subject.note,
            colour=style.colour,
            fallback=style.light,
            outline=marker_outline(style.marker),
            role=", ".join(name for name, is_so in roles if is_so),
        )
