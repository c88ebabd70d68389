"""The page that explains every code of a problem: ``rules/PROBLEMS.md``.

To write it anew: ``python -m homebuy_plugin.documents.code_page > rules/PROBLEMS.md``.
"""

import sys
from collections.abc import Iterator

from homebuy_plugin.documents.codes import CODES

_GROUPS = (
    ("HB0", "JSON", "The file itself: syntax, encoding, size, keys and the plain shape of values."),
    (
        "HB1",
        "Rules",
        "Conditions, actions, allocation and escalation; from HB180 what the analysis of rule sets says.",
    ),
    ("HB2", "Stages and deadlines", "Packs: stages, tasks, clocks and what they name."),
    ("HB3", "Letters, groups and facts", "Templates, groups and the attribute dictionary."),
    ("HB4", "Calendars", "Working hours and bank holidays."),
    ("HB5", "Sample data", "Officers and cases to try things on."),
)

_HEAD = """# What is wrong with this document?

Every problem has a code. A code never changes its meaning and is never used again for another.
`homebuy rules validate` and `homebuy rules coverage` show each problem with its code, its file,
line and column, the line itself with a caret, the JSON pointer, and what may have been meant; all
problems in one run, in order of place.

```
rules.json:18:68  HB111  “tenancy_years” is a number and has no test “greater_then”.
     |
  18 |       {"name": "tenancy_years", "operator": "greater_then", "value": 3}
     |                                             ^^^^^^^^^^^^^^   /rules/1/conditions/all/0/operator
     = help: Did you mean “greater_than”? Tests for it: equal_to, is, …
```

The same as one line each with `--output plain`, for programs with `--output json` (`source line
column end_column pointer code severity message help`), and as notes on a pull request with
`--output github`. *Warning* means that nothing is refused for it; everything else is refused.
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for prefix, title, about in _GROUPS:
        yield f"## {title}\n\n{about}\n\n| code | means |\n|---|---|"
        yield from (
            f"| `{code}` | {line} |" for code, line in sorted(CODES.items()) if code.startswith(prefix)
        )
        yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
