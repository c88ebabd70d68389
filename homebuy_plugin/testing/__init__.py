"""For tests of a host: databases, and a host that records what it is asked."""
