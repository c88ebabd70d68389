"""Each module has a table of disorders; one at a time is put into a landlord that was in order."""

from collections.abc import Callable
from typing import Any

import pytest

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import Disorder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "disorder" in metafunc.fixturenames:
        metafunc.parametrize("disorder", metafunc.module.DISORDERS, ids=str)


@pytest.fixture
def problems(
    disorder: Disorder, landlord: dict[str, Any], validate: Callable[..., list[Located]]
) -> list[Located]:
    """What is said of the landlord then."""
    disorder.put_into(landlord)
    return validate(landlord)
