"""How many examples a property is tried with: many once in CI, fewer at every run of a developer."""

import os

VARIABLE = "HOMEBUY_THOROUGH"


def examples(many: int) -> int:
    """So many where ``HOMEBUY_THOROUGH`` is set; a third of them otherwise."""
    return many if os.environ.get(VARIABLE) else max(5, many // 3)
