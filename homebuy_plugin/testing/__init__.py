"""For tests of a host: databases, and a host that records what it is asked.

The fixtures of ``homebuy_plugin.testing.pytest_fixtures`` give each test an empty
database; :class:`RecordingHost` stands in for a platform. ``homebuy_plugin.testing.worlds``
plays a case through packs and rules without any database.
"""

from homebuy_plugin.testing.recording import Call, RecordingHost

__all__ = ["Call", "RecordingHost"]
