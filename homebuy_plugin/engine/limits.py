"""How large a rule may be. Nothing an analyst writes can stall a tick or exhaust memory."""

DEPTH = 8
"""Levels of ``all``, ``any`` and ``not`` inside each other."""

CONDITIONS = 200
"""Conditions in one rule."""

NODES = 1_000
"""Conditions and groups in one rule; also stops the checker on hostile input."""

ITEMS = 200
"""Values in a list."""

TEXT = 256
"""Characters of a text."""

PATTERN = 200
"""Characters of a regular expression."""

ACTIONS = 20
"""Actions in one rule."""

DIGITS = 30
"""Digits before the point of a number."""
