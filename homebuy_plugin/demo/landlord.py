"""The pretend landlord's database: made anew, marked, with its officers."""

import json
import sqlite3
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, create_engine, event

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.model import CaseSample, Landlord
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.store.journal import SIMULATION

DEFAULT = Path("homebuy-demo.db")


class NotOurDatabase(HomeBuyError):
    """A file is in the way that no demonstration made."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} exists and was not made by the demonstration, so it was left alone. "
            "Name another file: homebuy demo --database ./another.db"
        )


def clear(path: Path) -> None:
    """Remove the database of an earlier demonstration.

    Raises:
        NotOurDatabase: it does not carry the mark of one.
    """
    if path.exists():
        if not _is_marked(path):
            raise NotOurDatabase(path)
        path.unlink()
    for rest in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)


def _is_marked(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            return False
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT 1 FROM homebuy_mark WHERE name = ?", (SIMULATION,)).fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return found is not None


def open_engine(path: Path) -> Engine:
    """An engine that trades safety in a power cut for speed: what it holds can be made again."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    return engine


def officers() -> Landlord:
    """The officers, roles and absences of the sample landlord."""
    raw = json.loads((data_folder("fixtures") / "officers.json").read_text(encoding="utf-8"))
    landlord = from_json("officers", raw)
    assert isinstance(landlord, Landlord)  # noqa: S101 - what this kind holds
    return landlord


def cases() -> list[CaseSample]:
    """The sample cases in the order they came in."""
    found: list[CaseSample] = []
    for path in sorted((data_folder("fixtures") / "cases").glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        found += cast("tuple[CaseSample, ...]", from_json("cases", raw))
    return sorted(found, key=lambda sample: (sample.created_at, sample.case.reference))
