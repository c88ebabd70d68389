"""What the demonstration prints."""

from collections.abc import Iterator
from pathlib import Path

from homebuy_plugin.demo.walk import Months


def tell(months: Months, path: Path) -> Iterator[str]:
    """The months as lines."""
    yield f"{len(months.created)} cases, {len(months.diary.notices)} notices"
