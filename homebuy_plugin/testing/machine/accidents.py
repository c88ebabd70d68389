"""What may happen to a call on its way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Accident(BaseException):
    """Something that no code expects, such as the end of the process."""


@contextmanager
def accident(engine: Engine, after: int, when: str = "before_cursor_execute") -> Iterator[None]:
    """The statement after so many others meets with one; so does every other from then on."""
    left = [after]

    def meet(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Accident

    event.listen(engine, when, meet)
    try:
        yield
    except Accident:
        pass
    finally:
        event.remove(engine, when, meet)


def waits_for_nobody(connection: Any, _: Any) -> None:
    """Who waits for a lock would wait for ever: whoever holds it is in the same thread."""
    connection.execute("SET lock_timeout = '500ms'")
    connection.commit()
