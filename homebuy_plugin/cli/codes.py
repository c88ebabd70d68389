"""Exit codes: documented, tested, never renumbered."""

FINE = 0
PROBLEMS = 1
"""Problems were found: an invalid rule, a red status, a tick with errors."""
USAGE = 2
CHANGES = 3
"""There are changes (commands that compare)."""
DATABASE = 4
"""The database is unreachable, or behind this version of the package."""
