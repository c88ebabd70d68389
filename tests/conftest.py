"""Fixtures and settings that every test shares."""

import os

from hypothesis import HealthCheck, settings

from homebuy_plugin.testing.effort import examples

pytest_plugins = ["homebuy_plugin.testing.pytest_fixtures"]

# A deadline measures the machine, not the code.
settings.register_profile(
    "homebuy", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(100)
)
# The same examples every time, so that a red build means a change and not luck.
settings.register_profile("homebuy-ci", settings.get_profile("homebuy"), derandomize=True, print_blob=True)
settings.load_profile("homebuy-ci" if os.environ.get("CI") else "homebuy")
