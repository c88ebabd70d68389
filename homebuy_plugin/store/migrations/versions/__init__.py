"""The revisions, oldest first. A published one is never edited."""
