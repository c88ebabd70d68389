"""One thing put out of order in documents that were in order, and what is then said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homebuy_plugin.documents.diagnostics import Located

DROP = object()
"""As a value: the key is taken away."""


def another_rule(**more: Any) -> dict[str, Any]:
    """An escalation rule to be added, in order but for what ``more`` says otherwise."""
    return {
        "id": "another",
        "trigger": "target_exceeded",
        "actions": [{"name": "set_flag", "params": {"flag": "x"}}],
        **more,
    }


@dataclass(frozen=True)
class Disorder:
    """A value that should not be there, and the problem it is.

    Attributes:
        code: of the problem.
        source: the file it is put into.
        path: JSON pointer to where it is put; a last part ``-`` appends to a list.
        value: what is put there, or :data:`DROP`.
        says: part of the message.
        at: where the problem is found, if not there.
        help: part of what is said of mending it.
        extra: codes of further problems that the same change brings.
        severity: of the problem.
    """

    code: str
    source: str
    path: str
    value: Any
    says: str
    at: str | None = None
    help: str = ""
    extra: tuple[str, ...] = ()
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.code}-{self.path.rpartition('/')[2]}"

    def put_into(self, documents: Mapping[str, Any]) -> None:
        """Put it into one of some documents, by their file names."""
        place = documents[self.source]
        *way, last = self.path.strip("/").split("/")
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if last == "-":
            place.append(self.value)
        elif self.value is DROP:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = self.value

    def check(self, problems: Sequence[Located]) -> None:
        """Hold it against the problems found."""
        assert sorted(each.code for each in problems) == sorted((self.code, *self.extra)), problems
        (found,) = [each for each in problems if each.code == self.code]
        assert (found.source, found.pointer) == (self.source, self.path if self.at is None else self.at)
        assert self.says in found.message
        assert self.help in found.help
        assert found.severity == self.severity
