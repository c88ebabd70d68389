"""What ``homebuy tick`` does and says."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.rehearsal import rehearsed, rehearsed_data, seen
from homebuy_plugin.cli.talk import print_json, remark, say
from homebuy_plugin.core import HomeBuy
from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.hookspecs import hookimpl
from homebuy_plugin.insight.moment import move_simulation, own_now, simulated_until
from homebuy_plugin.insight.wording import count, spell_instant
from homebuy_plugin.store import journal, migrations
from homebuy_plugin.store.instants import database_now
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.tick import as_json, dry_run
from homebuy_plugin.types import Delivery, Notice, TickReport


class NobodyNotifies(HomeBuyError):
    """A live tick without a plugin that takes notices."""

    def __init__(self) -> None:
        super().__init__(
            "No plugin takes notices over, so nothing was done. Name one that implements homebuy_notify: "
            "homebuy tick --plugin your_platform.homebuy:plugin  (or set HOMEBUY_PLUGINS).\n"
            "To look without sending anything: homebuy tick --dry-run"
        )


class PretendPost:
    """Takes the notices of a pretend database: they are shown and go nowhere."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Delivery:
        """Show it."""
        self.notices.append(notice)
        return Delivery(detail="shown on the command line")


def rehearse(place: Place, at: datetime | None, output: str) -> bool:
    """A dry run; whether all went well."""
    with place.home_buy() as hb:
        _say_if_earlier(hb, at)
        report, cases = dry_run(hb.desk, hb.engine, _instant(hb, at), seen)
        now = _instant(hb, at) or _present(hb)
        if output == "json":
            print_json(rehearsed_data(report, cases, now), ok=not report.errors)
        else:
            for line in rehearsed(report, cases, spell_instant(now, _zone(hb))):
                say(line)
    return not report.errors


def live(place: Place, at: datetime | None, output: str) -> bool:
    """A tick in earnest; whether all went well."""
    post = PretendPost()
    with place.home_buy() as hb:
        migrations.require_current(hb.engine, hb.settings)
        simulated = own_now(hb.engine, hb.settings.schema)
        if simulated is not None:
            hb.port.manager.register(post, "pretend-post")
        elif not hb.port.notifiers():
            raise NobodyNotifies
        now = _checked(hb, _instant(hb, at), simulated)
        _say_if_earlier(hb, at)
        report = hb.tick(now)
        if simulated is not None and now is not None:
            _move(hb, max(now, simulated))
        _tell(hb, report, now, post, output)
    return not (report.errors or report.failed or report.untaken or report.dead)


def _zone(hb: HomeBuy) -> ZoneInfo:
    return ZoneInfo(hb.settings.timezone)


def _instant(hb: HomeBuy, at: datetime | None) -> datetime | None:
    """As given; without an offset it is the landlord's local time. A simulation has its own now."""
    if at is None:
        return own_now(hb.engine, hb.settings.schema)
    return at if at.utcoffset() is not None else at.replace(tzinfo=_zone(hb))


def _present(hb: HomeBuy) -> datetime:
    with reading(hb.engine, hb.settings.schema) as conn:
        return database_now(conn)


def _checked(hb: HomeBuy, at: datetime | None, simulated: datetime | None) -> datetime | None:
    if at is not None and simulated is None and at > _present(hb):
        raise click.UsageError(
            f"--at {at.isoformat()} lies in the future, and what is decided cannot be taken back. "
            "To see what would happen then: add --dry-run."
        )
    return at


def _say_if_earlier(hb: HomeBuy, at: datetime | None) -> None:
    """Time does not go back: what was decided stays, and a dry run shows only what is still to come."""
    wanted = _instant(hb, at) if at is not None else None
    with reading(hb.engine, hb.settings.schema) as conn:
        last = simulated_until(conn) or max((run.now_used for run in journal.last_ticks(conn)), default=None)
    if wanted is not None and last is not None and wanted < last:
        remark(
            f"(--at is earlier than {spell_instant(last, _zone(hb))}, where this database stands. "
            "What was decided up to then stays as it is.)"
        )


def _move(hb: HomeBuy, until: datetime) -> None:
    with writing(hb.engine, hb.settings.schema, wait=True) as conn:
        move_simulation(conn, until)


def _tell(hb: HomeBuy, report: TickReport, now: datetime | None, post: PretendPost, output: str) -> None:
    for error in report.errors:
        remark(f"Error in {error.reference or error.where}: {error.message}")
    if output == "json":
        print_json(as_json(report), ok=not report.errors)
        return
    at = spell_instant(now or _present(hb), _zone(hb))
    for line in _told(report, at, _zone(hb)):
        say(line)
    for notice in post.notices:
        say(f"  {notice.reference}  to {notice.recipient.name or notice.recipient.id}: {notice.subject}")


def _told(report: TickReport, at: str, zone: ZoneInfo) -> Iterator[str]:
    yield f"Tick for {at}."
    if not report.due:
        yield "  Nothing was due."
    else:
        yield (
            f"  {count(report.due, 'wake-up was', 'wake-ups were')} due; "
            f"{count(report.escalated, 'alert')} fired, {count(report.notices, 'notice')} written, "
            f"{count(report.opened, 'task or stage', 'tasks or stages')} opened."
        )
    handed = [f"{count(report.delivered, 'notice')} handed over"]
    handed += [f"{report.failed} failed"] if report.failed else []
    handed += [f"{report.untaken} taken by no plugin"] if report.untaken else []
    handed += [f"{report.dead} given up after the last attempt"] if report.dead else []
    handed += [f"{report.postponed} waiting for their hour"] if report.postponed else []
    handed += [f"{report.held} held back by the storm limit"] if report.held else []
    handed += [f"{report.undeliverable} written for nobody"] if report.undeliverable else []
    yield f"  {', '.join(handed)}."
    if report.timed_out:
        yield "  Its time was up before all was done; the next tick goes on."
    elif report.deferred:
        yield f"  {count(report.deferred, 'case was', 'cases were')} busy and will be looked at next time."
    if report.next_due_at is not None:
        yield f"  Next due: {spell_instant(report.next_due_at, zone)}."
