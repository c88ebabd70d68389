"""Is the installed ``business_rules`` the one this package was written for?

At least six distributions on PyPI (business-rules-enhanced, -reloaded, -ext, -extra,
-devlibx, -harishbohara) install the same import package and overwrite the original in
silence. One of them has no scalar types at all. So the engine looks before it trusts.
"""

import importlib
from types import ModuleType

from homebuy_plugin.exceptions import EngineUnusable

VERSION = "1.1.1"

FORKS = (
    "business-rules-enhanced",
    "business-rules-reloaded",
    "business-rules-ext",
    "business-rules-extra",
    "business-rules-devlibx",
    "business-rules-harishbohara",
)

#: Module to the names the engine takes from it.
NEEDED = {
    "engine": ("run", "run_all"),
    "fields": ("FIELD_NO_INPUT", "FIELD_NUMERIC", "FIELD_SELECT", "FIELD_SELECT_MULTIPLE", "FIELD_TEXT"),
    "operators": (
        "BaseType",
        "BooleanType",
        "NumericType",
        "SelectMultipleType",
        "StringType",
        "type_operator",
    ),
}


def check_engine(name: str = "business_rules") -> None:
    """Raise :class:`EngineUnusable` unless ``name`` is business-rules 1.1.1, whole.

    Args:
        name: the import package to look at.
    """
    library = _load(name)
    version = getattr(library, "__version__", None)
    if version != VERSION:
        raise _unusable(f"its version is {version}")
    for module, names in NEEDED.items():
        part = _load(f"{name}.{module}")
        missing = [each for each in names if not hasattr(part, each)]
        if missing:
            raise _unusable(f"{module} has no {', '.join(missing)}")


def _load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _unusable(str(error)) from error


def _unusable(why: str) -> EngineUnusable:
    return EngineUnusable(
        f"The installed package business_rules is not business-rules {VERSION}: {why}. "
        f"A fork of the same import name may have overwritten it ({', '.join(FORKS)}). "
        f"Uninstall the fork, then: pip install --force-reinstall business-rules=={VERSION}"
    )
