"""The rows of parts of a case that are new or changed, as tuples."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from homebuy_plugin.store.bulk import Bulk, Row
from homebuy_plugin.store.plain_json import dated
from homebuy_plugin.store.rows import PARTS, Part
from homebuy_plugin.workflow.state import RungState


@dataclass(frozen=True, kw_only=True)
class PartRows:
    """How the parts of one kind are written.

    Attributes:
        row: of the id of the case, the place of the part, the part, and its decision record.
    """

    part: Part
    insert: Bulk
    update: Bulk
    row: Callable[[int, int, Any, Any], Row]

    @classmethod
    def of(cls, part: Part) -> "PartRows":
        """The statements and rows of one kind of part."""
        columns, row = _rung(part) if part.kind is RungState else _plain(part)
        names, key = ("case_id", *columns), ("case_id", *part.key)
        texts = dict.fromkeys(part.readers, dated)
        return cls(
            part=part,
            insert=Bulk(kind="insert", table=part.table, names=names, texts=texts),
            # A rung that is retried without a new record keeps the one it has.
            update=Bulk(kind="update", table=part.table, names=names, key=key, keep=("record",), texts=texts),
            row=row,
        )


def _plain(part: Part) -> tuple[tuple[str, ...], Callable[[int, int, Any, Any], Row]]:
    values = attrgetter(*(field for field, _ in part.names))
    columns = tuple(column for _, column in part.names)
    if part.place != "position":
        return columns, lambda case_id, _place, value, _record: (case_id, *values(value))
    return ("position", *columns), lambda case_id, place, value, _record: (case_id, place, *values(value))


def _rung(part: Part) -> tuple[tuple[str, ...], Callable[[int, int, Any, Any], Row]]:
    values = attrgetter(*(field for field, _ in part.names))
    columns = (*part.key, *(column for _, column in part.names), "record")
    return columns, lambda case_id, _place, rung, record: (case_id, *rung.key, *values(rung), record)


PART_ROWS = tuple(map(PartRows.of, PARTS))
