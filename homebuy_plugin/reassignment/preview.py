"""Who gets what of an officer's work, case by case, and what a plan and a newer one differ in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from homebuy_plugin.allocation import decide
from homebuy_plugin.exceptions import InvalidArgument, UnknownName
from homebuy_plugin.owning import host_owner, previous_owners
from homebuy_plugin.reassignment.plan import RULES, PlannedMove, ReassignmentPlan, essence
from homebuy_plugin.store import cases, directory, workload
from homebuy_plugin.types import Officer, Pick
from homebuy_plugin.workbench import Bench
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import task_def
from homebuy_plugin.workflow.effects import chosen
from homebuy_plugin.workflow.state import ACTIVE_TASK, TaskState
from homebuy_plugin.workflow.tasks import owners_in_role


def planned(bench: Bench, officer: str, to: str, strategy: str, at: datetime) -> ReassignmentPlan:
    """The plan as of an instant; the officers chosen count as having what they got."""
    bench.directory.leaving = officer
    key = f"user:{officer}"
    _check_known(bench, officer, to, at)
    _check_reachable(bench, to, at)
    asking = _Asking(bench, key, to, strategy, at)
    loaded = cases.load(bench.conn, workload.work_of(bench.conn, key))
    moves = [move for each in loaded for move in asking.moves(bench.open(each, at))]
    manages = tuple(workload.managed_by(bench.conn, key))
    return ReassignmentPlan(
        officer=officer, to=to, strategy=strategy, at=at, moves=tuple(moves), manages=manages
    )


def _check_known(bench: Bench, officer: str, to: str, at: datetime) -> None:
    """A misspelt name is refused where there is a list to tell it by.

    Who has work is known, whatever the list says; so is whom the host answers for. Without a list
    of the landlord's own every name may be one of the host's.
    """
    names = directory.names(bench.conn)
    on = bench.shelf.home().local_date(at)
    if not _works(bench, officer):
        _check_listed(names, f"user:{officer}", lambda: _host_knows(bench, officer, on))
    kind, _, ident = to.partition(":")
    if kind == "user":
        _check_listed(names, to, lambda: _host_knows(bench, ident, on))
    elif kind == "role":
        _check_listed(names, to, lambda: bool(bench.directory.members(ident, on)))


def _works(bench: Bench, officer: str) -> bool:
    key = f"user:{officer}"
    return bool(workload.work_of(bench.conn, key)) or bool(workload.managed_by(bench.conn, key))


def _host_knows(bench: Bench, officer: str, on: date) -> bool:
    """Whether a plugin says anything of an officer."""
    asked = bench.directory.answers.officer_available(bench.session, Officer(id=officer), on)
    return asked is not None


def _check_listed(names: Iterable[str], key: str, otherwise: Callable[[], bool]) -> None:
    kind, _, ident = key.partition(":")
    known = [name.partition(":")[2] for name in names if name.startswith(f"{kind}:")]
    if known and ident not in known and not otherwise():
        raise UnknownName("officer" if kind == "user" else "role", ident, known)


def _check_reachable(bench: Bench, to: str, at: datetime) -> None:
    """A person who is not there gets nothing, not even when somebody says so."""
    on = bench.shelf.home().local_date(at)
    if to.startswith("user:") and not bench.directory.available(to, on):
        name = bench.directory.contact(to).name or to[5:]
        raise InvalidArgument(f"{name} is away, or no longer here, on {on}. Name somebody who is there.")


@dataclass(slots=True)
class _Asking:
    """Asks, case by case, who is to have it in an officer's place."""

    bench: Bench
    officer: str
    to: str
    strategy: str
    at: datetime

    def moves(self, case: Casework) -> Iterator[PlannedMove]:
        """What moves of one case. The case given is a copy, and is changed as planned."""
        moved = None
        if self.officer in case.state.owners:
            moved = self._case(case)
            case.state.owners = moved.after
            yield moved
        for task in case.state.tasks.values():
            if task.status in ACTIVE_TASK and self.officer in task.owners:
                yield self._task(case, task, moved)

    def _case(self, case: Casework) -> PlannedMove:
        before = case.state.owners
        if self.to == RULES:
            return self._by_rules(case, before)
        pick = self._pick(case)
        after = self._in_place(before, pick.officers)
        return PlannedMove(
            reference=case.state.reference, before=before, after=after, because=pick.text, picks=(pick,)
        )

    def _by_rules(self, case: Casework, before: tuple[str, ...]) -> PlannedMove:
        """As if the case came in now."""
        case.state.owners = ()
        rules, version = self.bench.shelf.allocation()
        ask, previous = host_owner(self.bench), previous_owners(self.bench.conn)
        found = decide(case, rules, version, self.at, ask, previous)
        return PlannedMove(
            reference=case.state.reference,
            before=before,
            after=self._in_place(before, found.owners),
            manager=found.manager,
            groups=found.groups,
            because=found.record.text.removesuffix("."),
            picks=found.record.picks,
        )

    def _pick(self, case: Casework) -> Pick:
        if self.to.startswith("user:"):
            return Pick(officers=(self.to,), text="named")
        params = {"role": self.to.removeprefix("role:"), "strategy": self.strategy}
        return chosen(case, params, self.at)

    def _in_place(self, owners: tuple[str, ...], others: Sequence[str]) -> tuple[str, ...]:
        """The owners with others in the officer's place; co-owners stay."""
        place = owners.index(self.officer)
        return tuple(dict.fromkeys((*owners[:place], *others, *owners[place + 1 :])))

    def _task(self, case: Casework, task: TaskState, moved: PlannedMove | None) -> PlannedMove:
        """A task of a role finds its owner in that role; of a case that moves it follows the case."""
        definition = task_def(case, task)
        role = definition.owner_role if definition and self.to == RULES else None
        picks: tuple[Pick, ...] = ()
        others: tuple[str, ...] = ()
        because = "it follows its case"
        if role:
            others = owners_in_role(case, role, case.local(self.at))
            because = f"for the role {role.replace('_', ' ')}" if others else because
        elif self.to != RULES and moved is None:
            pick = self._pick(case)
            picks, others, because = (pick,), pick.officers, pick.text
        return PlannedMove(
            reference=case.state.reference,
            task=task.id,
            what=definition.name if definition else task.code.replace("_", " "),
            before=task.owners,
            after=self._in_place(task.owners, others),
            because=because,
            picks=picks,
        )


def differences(bench: Bench, wanted: ReassignmentPlan, fresh: ReassignmentPlan) -> Iterator[str]:
    """What would now be done otherwise, one sentence each."""
    old = {(m.reference, m.task): m for m in wanted.moves}
    new = {(m.reference, m.task): m for m in fresh.moves}
    for key, move in old.items():
        if key not in new:
            yield f"{_thing(move)} is not theirs any more"
        elif essence(new[key]) != essence(move):
            yield f"{_thing(move)} would now go to {_names(bench, new[key])}, not to {_names(bench, move)}"
    yield from (f"{_thing(move)} is theirs too" for key, move in new.items() if key not in old)


def _thing(move: PlannedMove) -> str:
    return f"“{move.what}” of {move.reference}" if move.task else move.reference


def _names(bench: Bench, move: PlannedMove) -> str:
    names = [bench.directory.contact(o).name or o.partition(":")[2] for o in move.after]
    return " and ".join(names) or ("whoever has the case" if move.task else "nobody")
