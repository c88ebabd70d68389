"""What a landlord maintains: read it, look at a change before it is made, make it, take it back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from homebuy_plugin import publishing
from homebuy_plugin.arguments import check_moving, check_now, check_publication
from homebuy_plugin.documents.configured import Configured, texts_of
from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.differences import Difference, differences
from homebuy_plugin.documents.model import Published
from homebuy_plugin.documents.vocabulary import with_names
from homebuy_plugin.exceptions import InvalidArgument
from homebuy_plugin.judging import analysed, judged
from homebuy_plugin.library import Shelf
from homebuy_plugin.migration import MigrationPreview, preview
from homebuy_plugin.store import documents, pins
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import PIN, RECOMPUTE_AND_NOTIFY, LiveCases
from homebuy_plugin.workbench import Desk, instant


@dataclass(frozen=True, kw_only=True)
class PublishedVersion:
    """One version of one document; it never changes.

    Attributes:
        live_cases: what open cases did with it: ``pin recompute recompute_and_notify``.
        open_cases: how many cases that are not closed are pinned to it (packs and calendars).
        in_force: it is the newest of its kind and code.
    """

    kind: str
    code: str
    version: int
    published_at: datetime
    author: str
    reason: str
    live_cases: str = PIN
    open_cases: int = 0
    in_force: bool = False


@dataclass(frozen=True, kw_only=True)
class Review:
    """Files as they would be published.

    Attributes:
        problems: errors, for which they would be refused, and warnings, each with its place.
        findings: what the analysis of the rules as sets says; nothing is refused for it.
        differences: ``kind code`` to what differs from the version in force.
    """

    problems: tuple[Located, ...]
    findings: tuple[Located, ...]
    differences: Mapping[str, tuple[Difference, ...]]

    @property
    def ok(self) -> bool:
        """Whether the files would be accepted."""
        return not any(each.is_error for each in self.problems)


class Configuration:
    """The configuration of one landlord; each call is a transaction of its own."""

    def __init__(self, desk: Desk, engine: Engine) -> None:
        self._desk, self._engine = desk, engine
        self._schema = desk.library.settings.schema

    def in_force(self) -> Configured:
        """Everything that is in force, as typed values.

        Raises:
            DatabaseBehind: nothing is published.
        """
        with reading(self._engine, self._schema) as conn:
            return _configured(self._desk.library.shelf(conn))

    def publish(
        self,
        *values: Published,
        author: str,
        reason: str,
        live_cases: LiveCases = PIN,
        now: datetime | None = None,
    ) -> dict[str, int]:
        """Check typed values and publish them as new versions, as ``HomeBuy.publish`` does files.

        Args:
            *values: packs, rule sets and calendars; tuples of templates, groups or attributes,
                which replace the whole of their kind.
            author: who publishes.
            reason: why, for the record.
            live_cases: what open cases do with new packs and calendars.
            now: instant of publication; None for the database's clock.

        Returns:
            ``kind code`` to the new version, for what differs from the version in force.

        Raises:
            InvalidDocument: with every problem and its pointer; nothing was published.
        """
        return self._publish(texts_of(values), author, reason, live_cases, now)

    def preview(
        self,
        *values: Published,
        live_cases: LiveCases = RECOMPUTE_AND_NOTIFY,
        now: datetime | None = None,
    ) -> MigrationPreview:
        """Every deadline of open cases that would move if these values were published so.

        Its transaction cannot write. See ``HomeBuy.preview_migration``, which takes files.

        Raises:
            InvalidDocument: with every problem and its pointer.
        """
        check_now(now)
        check_moving(live_cases)
        texts = texts_of(values)
        return preview(self._desk, self._engine, texts, self._desk.library.base, now, live_cases)

    def roll_back(
        self,
        kind: str,
        code: str,
        version: int,
        *,
        author: str,
        reason: str,
        live_cases: LiveCases = PIN,
        now: datetime | None = None,
    ) -> dict[str, int]:
        """Publish an old version anew; what came after it stays on record.

        Raises:
            InvalidArgument: there is no such version.
            InvalidDocument: what is published now no longer fits it.
        """
        return self._publish(self.texts(kind, code, version), author, reason, live_cases, now)

    def _publish(
        self, texts: Mapping[str, str], author: str, reason: str, live_cases: LiveCases, now: datetime | None
    ) -> dict[str, int]:
        check_now(now)
        check_publication(author, reason, live_cases)
        with writing(self._engine, self._schema, wait=True) as conn:
            return publishing.publish_texts(
                conn,
                texts,
                self._desk.library.base,
                self._desk.port,
                now=instant(conn, now),
                author=author,
                reason=reason,
                live_cases=live_cases,
            )

    def review(self, texts: Mapping[str, str]) -> Review:
        """What publishing these files would meet with and change; nothing is written.

        Args:
            texts: file name to JSON text.
        """
        base, port = self._desk.library.base, self._desk.port
        with reading(self._engine, self._schema) as conn:
            problems = tuple(judged(conn, texts, base, port))
            if any(each.is_error for each in problems):
                return Review(problems=problems, findings=(), differences={})
            return Review(
                problems=problems,
                findings=tuple(analysed(conn, texts, base, port)),
                differences=self._differences(conn, texts),
            )

    def _differences(
        self, conn: StoreConnection, texts: Mapping[str, str]
    ) -> dict[str, tuple[Difference, ...]]:
        shelf = self._desk.library.shelf(conn)
        plain = self._desk.library.catalogue(shelf.whole("attributes"))
        catalogue = with_names(plain, shelf.packs())
        found = {}
        for draft in publishing.completed(texts, self._desk.port):
            ref = shelf.latest(draft.kind, draft.code)
            before = documents.body(conn, ref.kind, ref.code, ref.version) if ref else None
            changes = differences(draft.kind, before, draft.body, catalogue)
            if changes:
                found[f"{draft.kind} {draft.code}"] = changes
        return found

    def texts(
        self, kind: str | None = None, code: str | None = None, version: int | None = None
    ) -> dict[str, str]:
        """Published documents as files: those in force, or one version of one of them.

        Raises:
            InvalidArgument: there is no such version.
        """
        with reading(self._engine, self._schema) as conn:
            refs = documents.versions(conn, kind, code)
            newest = {(r.kind, r.code): r.version for r in refs}
            if version is not None:
                newest = {(r.kind, r.code): version for r in refs if r.version == version}
            if not newest:
                named = " ".join(str(part) for part in (kind, code, version) if part is not None)
                raise InvalidArgument(f"Nothing is published as {named!r}. See: homebuy rules history")
            return {
                f"{k} {c}": json.dumps(documents.body(conn, k, c, v), ensure_ascii=False, indent=2)
                for (k, c), v in newest.items()
            }

    def history(self, kind: str | None = None, code: str | None = None) -> tuple[PublishedVersion, ...]:
        """Every version, the newest first within its kind and code."""
        with reading(self._engine, self._schema) as conn:
            refs = documents.versions(conn, kind, code)
            newest = {(r.kind, r.code): r.version for r in refs}
            used = {key: pins.in_use(conn, *key) for key in newest}
        return tuple(
            PublishedVersion(
                kind=r.kind,
                code=r.code,
                version=r.version,
                published_at=r.published_at,
                author=r.author,
                reason=r.reason,
                live_cases=r.live_cases,
                open_cases=used[r.kind, r.code].get(r.version, 0),
                in_force=newest[r.kind, r.code] == r.version,
            )
            for r in sorted(refs, key=lambda r: (r.kind, r.code, -r.version))
        )


def _configured(shelf: Shelf) -> Configured:
    refs = {(r.kind, r.code): r for r in shelf.refs}  # they come oldest first
    values = {key: shelf.value(ref) for key, ref in refs.items()}
    rules, set_of = shelf.whole("escalation"), shelf.allocation()[0]
    return Configured(
        packs=tuple(value for (kind, _), value in values.items() if kind == "pack"),
        allocation=set_of,
        **({"escalation": rules} if rules else {}),
        templates=tuple(shelf.whole("templates")),
        groups=tuple(shelf.whole("groups")),
        calendars=tuple(value for (kind, _), value in values.items() if kind == "calendar"),
        attributes=tuple(shelf.whole("attributes")),
        versions={f"{ref.kind} {ref.code}": ref.version for ref in refs.values()},
    )
