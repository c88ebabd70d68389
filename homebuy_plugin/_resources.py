"""Where the package's own data lies: the rule packs and the sample landlord.

A wheel holds them inside the package. In a checkout, and so under an editable install, they are the
top-level folders ``rules/`` and ``fixtures/`` beside ``pyproject.toml``.
"""

from pathlib import Path
from typing import Literal

from homebuy_plugin.exceptions import ResourceMissing

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: Literal["rules", "fixtures"]) -> Path:
    """Find one of the package's data folders.

    Args:
        name: ``rules`` (packs, rule sets, templates, calendars) or ``fixtures`` (the sample landlord).

    Raises:
        ResourceMissing: the installation has lost the folder.
    """
    installed = _PACKAGE / name
    if installed.is_dir():
        return installed
    checkout = _PACKAGE.parent
    # Without this guard a wheel lacking its data would read site-packages/rules: django-rules.
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise ResourceMissing(
        f"The folder {name}/ of homebuy_plugin is missing: neither inside {_PACKAGE} nor in a checkout "
        "around it. Install the package again."
    )
