"""What a rung that fired does to its case, as events at the rung's instant."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import TaskDef
from homebuy_plugin.engine.actions import Intent
from homebuy_plugin.types import Pick
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import ActionDraft, Casework, Subject
from homebuy_plugin.workflow.records import pick_json
from homebuy_plugin.workflow.state import StageState
from homebuy_plugin.workflow.tasks import create_task


def carry_out(
    case: Casework, candidate: Candidate, about: Subject, intents: tuple[Intent, ...], at: datetime
) -> None:
    """Apply every intent; a host's own action becomes a row for the host."""
    for intent in intents:
        effect = _EFFECTS.get(intent.name)
        if effect is None:
            _host_action(case, candidate, about, intent)
        else:
            effect(case, candidate, about, intent.params, at)


def _host_action(case: Casework, candidate: Candidate, about: Subject, intent: Intent) -> None:
    case.actions.append(
        ActionDraft(
            rung=candidate.key,
            name=intent.name,
            params=deepcopy(intent.params),
            task=about.task.code if about.task else None,
            rule=candidate.key[3],
            version=candidate.version,
        )
    )


def _raise_level(
    case: Casework, c: Candidate, about: Subject, params: Mapping[str, Any], at: datetime
) -> None:
    if int(params["level"]) > case.state.level:
        case.emit(e.LEVEL_RAISED, at, level=int(params["level"]), rule=c.key[3])


def _set_flag(case: Casework, c: Candidate, about: Subject, params: Mapping[str, Any], at: datetime) -> None:
    if params["flag"] not in case.state.flags:
        case.emit(e.FLAG_SET, at, flag=params["flag"], rule=c.key[3])


def _propose(case: Casework, c: Candidate, about: Subject, params: Mapping[str, Any], at: datetime) -> None:
    case.emit(e.CLOSURE_PROPOSED, at, rule=c.key[3], reason=params["reason"])


def _reassign(case: Casework, c: Candidate, about: Subject, params: Mapping[str, Any], at: datetime) -> None:
    pick = chosen(case, params, at)
    if not pick.officers:
        case.errors.append(f"rule {c.key[3]}: nobody to reassign to: {pick.text}")
        return
    task: dict[str, Any] = {"task": about.task.id} if about.task else {}
    kind = e.TASK_REASSIGNED if about.task else e.CASE_REASSIGNED
    picks = [pick_json(pick)]
    case.emit(kind, at, owners=pick.officers, rule=c.key[3], why=pick.text, picks=picks, **task)


def chosen(case: Casework, params: Mapping[str, Any], at: datetime) -> Pick:
    """The officers that ``user``, ``users`` or ``role`` with a strategy name, as far as they are there."""
    users = params.get("users") or ([params["user"]] if params.get("user") else [])
    if users:
        return case.directory.named([f"user:{u}" for u in users], case.local(at))
    role, strategy = params["role"], params.get("strategy", "role")
    if strategy == "role":
        return _the_role(case, role, at)
    return case.directory.pick(role, strategy, case.local(at))


def _the_role(case: Casework, role: str, at: datetime) -> Pick:
    """A role itself, whoever is in it; that nobody is there now is said."""
    on = case.local(at)
    there = tuple(o.key for o in case.directory.members(role, on) if case.directory.available(o.key, on))
    text = "the role owns it" if there else f"nobody in the role {role.replace('_', ' ')} is there now"
    return Pick(officers=(f"role:{role}",), role=role, strategy="role", among=there, text=text)


def _add_task(case: Casework, c: Candidate, about: Subject, params: Mapping[str, Any], at: datetime) -> None:
    """Add a task of the pack, or a plain one, unless one of that code is open already."""
    code = params["task"]
    if any(t.code == code and t.status in ("pending", "open", "on_hold") for t in case.state.tasks.values()):
        return
    definition = case.world.pack.task(code) or TaskDef(code=code, name=code.replace("_", " "))
    create_task(case, definition, stage_for(case, code, params.get("stage")), at, adhoc=True)


def stage_for(case: Casework, code: str, wanted: str | None) -> StageState | None:
    """The open stage named, else the one the task belongs to, else the main one."""
    stages = [s for s in case.state.open_stages() if wanted in (None, s.code)]

    def fitness(stage: StageState) -> tuple[bool, bool]:
        definition = case.world.pack.stage(stage.code)
        return definition is not None and definition.task(code) is not None, not stage.parallel

    return max(reversed(stages), key=fitness, default=None)


_EFFECTS = {
    "raise_level": _raise_level,
    "set_flag": _set_flag,
    "propose_closure": _propose,
    "reassign": _reassign,
    "add_task": _add_task,
}
