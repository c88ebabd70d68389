"""A document written for plain business-rules, as one of ours.

Plain rules are a list of ``{"conditions": …, "actions": …}``. Names are kept; what
business-rules demands or allows and ours does not (a value where none means anything, a select
of one, further keys) is put right and said. Whatever else does not fit is left as it is, for the
checks that every document goes through to report with its place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homebuy_plugin.documents.diagnostics import problem
from homebuy_plugin.engine import limits
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.operators import OPERATORS
from homebuy_plugin.exceptions import InvalidDocument

Kind = Literal["allocation", "escalation"]
Json = dict[str, Any]

_OF_A_SELECT = {"contains": "is", "does_not_contain": "is_not"}
"""business-rules asks of a select of one what it contains; a choice of ours is one value."""
_TOO_DEEP = limits.DEPTH + 2


@dataclass(kw_only=True)
class Imported:
    """What became of a plain document.

    Attributes:
        document: ours, not checked yet.
        remarks: what was changed or left out, in plain sentences.
    """

    document: Json
    remarks: list[str] = field(default_factory=list)


def import_rules(
    raw: object, catalogue: Catalogue, kind: Kind, *, trigger: str = "target_exceeded"
) -> Imported:
    """Our document of a plain one.

    Args:
        raw: the parsed JSON.
        catalogue: says of which type each variable is.
        kind: of the document to make.
        trigger: of escalation rules; plain rules do not know any.

    Raises:
        InvalidDocument: this is no list of plain rules.
    """
    rules = _rules(raw)
    if not rules:
        message = "This is no list of business-rules rules: each is an object with conditions and actions."
        raise InvalidDocument(
            [problem("HB009", message, 'Write [{"conditions": …, "actions": …}].')], "import"
        )
    made = Imported(document={"format": f"homebuy.{kind}/1", "rules": []})
    taken: set[str] = set()
    for index, rule in enumerate(rules):
        work = _Work(catalogue, f"Rule {index + 1}", made.remarks)
        name = str(rule.get("name") or rule.get("description") or f"Imported rule {index + 1}")
        found: Json = {"id": _new_id(rule.get("id") or name, taken), "name": name[:200]}
        found |= {"rank": (index + 1) * 10} if kind == "allocation" else {"trigger": trigger}
        found["state"] = "on"
        conditions = work.conditions(rule.get("conditions"), 0)
        found |= {} if conditions is None else {"conditions": conditions}
        found["actions"] = [work.action(each) for each in _list(rule.get("actions"))]
        for key in sorted(set(map(str, rule)) - {"id", "name", "description", "conditions", "actions"}):
            made.remarks.append(f"{work.where}: “{key}” means nothing to business-rules and was left out.")
        made.document["rules"].append(found)
    return made


def _rules(raw: object) -> Sequence[Mapping[str, Any]]:
    if isinstance(raw, Mapping) and "conditions" in raw:
        raw = [raw]
    listed = raw.get("rules") if isinstance(raw, Mapping) and "format" not in raw else raw
    if not isinstance(listed, list) or not listed:
        return ()
    return listed if all(isinstance(each, Mapping) and "actions" in each for each in listed) else ()


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _new_id(name: object, taken: set[str]) -> str:
    """A slug of a name that no other rule has."""
    slug = re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:50] or "rule"
    found, number = slug, 2
    while found in taken:
        found, number = f"{slug}-{number}", number + 1
    taken.add(found)
    return found


@dataclass(frozen=True)
class _Work:
    catalogue: Catalogue
    where: str
    remarks: list[str]

    def conditions(self, node: Any, depth: int) -> Any:
        """The same conditions as ours; what is no condition is kept for the checks."""
        if depth > _TOO_DEEP or not isinstance(node, Mapping):
            return node
        for group in ("all", "any"):
            if list(node) == [group] and isinstance(node[group], list):
                return {group: [self.conditions(each, depth + 1) for each in node[group]]}
        return self._leaf(dict(node))

    def _leaf(self, leaf: Json) -> Json:
        variable = self.catalogue.variables.get(str(leaf.get("name")))
        if variable is None:
            return leaf
        operator = str(leaf.get("operator"))
        if variable.type == "choice" and operator in _OF_A_SELECT:
            leaf["operator"] = _OF_A_SELECT[operator]
            self.remarks.append(
                f"{self.where}: “{operator}” became “{leaf['operator']}”: “{variable.name}” is one value."
            )
        known = OPERATORS[variable.type].get(str(leaf["operator"])) if "operator" in leaf else None
        if known is not None and known.operand == "none":
            leaf.pop("value", None)  # plain rules must have one, whatever it is
        return leaf

    def action(self, raw: Any) -> Any:
        """An action with its parameters; empty ones are left out."""
        if not isinstance(raw, Mapping):
            return raw
        kept = {
            key: value for key, value in raw.items() if key in ("name", "params") and value not in (None, {})
        }
        for key in sorted(set(map(str, raw)) - {"name", "params"}):
            self.remarks.append(f"{self.where}: “{key}” of an action was left out.")
        return kept
