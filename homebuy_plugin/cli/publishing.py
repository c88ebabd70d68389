"""What the commands about published versions do."""

import getpass
import json
import re
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.talk import columns, heading, print_json, remark, say
from homebuy_plugin.cli.vocabulary import texts_below
from homebuy_plugin.documents.coverage import MISTAKES
from homebuy_plugin.documents.differences import Difference, differences
from homebuy_plugin.documents.formats import PUBLISHED, WHOLE
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.insight.moment import own_now
from homebuy_plugin.insight.wording import count, spell_date, spell_instant
from homebuy_plugin.types import PIN, LiveCases

if TYPE_CHECKING:
    from homebuy_plugin.configuration import PublishedVersion, Review
    from homebuy_plugin.core import HomeBuy
    from homebuy_plugin.documents.diagnostics import Located
    from homebuy_plugin.migration import CaseMove, DeadlineMove, MigrationPreview

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_RULE_IN_WORDS = re.compile("rule “(.+)”")
_RULE_POINTER = re.compile(r"/rules/(\d+)")
_MOST = 30
"""Cases whose moves are listed one by one before a question; the dry run lists all."""


def publish_paths(
    place: Place, paths: Sequence[Path], reason: str, by: str | None, yes: bool, live_cases: LiveCases
) -> bool:
    """Publish files after everything that is asked of them; whether it was done."""
    if not paths:
        raise click.UsageError("Which files? Drafts are published by name, for example: rules/")
    texts = {name: text.decode("utf-8-sig", "replace") for name, text in texts_below(paths).items()}
    with place.home_buy() as hb:
        return _publish(hb, texts, reason, by, yes, live_cases)


def _publish(
    hb: "HomeBuy", texts: Mapping[str, str], reason: str, by: str | None, yes: bool, live_cases: LiveCases
) -> bool:
    review = hb.configuration.review(texts)
    _tell_review(review, texts)
    if not review.ok:
        return False
    if live_cases != PIN:
        _tell_moves(hb.preview_migration(texts, live_cases=live_cases, now=_now(hb)), most=_MOST)
    elif not review.differences:
        say("Nothing differs from what is in force; there is nothing to publish.")
        return True
    if not _agreed(f"Publish {_listed(review)}?", yes):
        return False
    done = hb.publish(texts, author=by or _me(), reason=reason, live_cases=live_cases, now=_now(hb))
    _tell_done(done)
    return True


def _now(hb: "HomeBuy") -> datetime | None:
    """What is published in a simulation is published in its time."""
    return own_now(hb.engine, hb.settings.schema)


def _tell_review(review: "Review", texts: Mapping[str, str]) -> None:
    told = [each for each in review.findings if _is_news(each, texts, _changed_rules(review))]
    say(render([*review.problems, *told], files=len(texts)))
    rest = len(review.findings) - len(told)
    if rest:
        say(f"{count(rest, 'remark')} about rules that did not change; see: homebuy rules coverage")
    for what, changes in review.differences.items():
        heading(what)
        for each in changes:
            say(f"  {click.style(each.text, fg=_COLOURS[each.sign])}")
    mistakes = sum(each.code in MISTAKES for each in review.findings)
    if mistakes:
        say()
        say(click.style(f"The analysis found {count(mistakes, 'likely mistake')}: see above.", fg="yellow"))


def _changed_rules(review: "Review") -> frozenset[str]:
    """Ids of the rules that differ from those in force."""
    places = (each.what[0] for changes in review.differences.values() for each in changes)
    return frozenset(found[1] for place in places if (found := _RULE_IN_WORDS.fullmatch(place)))


def _is_news(finding: "Located", texts: Mapping[str, str], changed: Container[str]) -> bool:
    """A likely mistake always is; another remark where its rule, or one that it names, is new."""
    place = _RULE_POINTER.match(finding.pointer)
    if place is None or finding.code in MISTAKES:
        return True
    rules = json.loads(texts[finding.source])["rules"]
    named = [rule for rule in rules if (rule.get("name") or rule["id"]) in finding.message]
    return any(rule["id"] in changed for rule in (rules[int(place[1])], *named))


def _listed(review: "Review") -> str:
    return ", ".join(review.differences) or "it anew for the open cases"


def _agreed(question: str, yes: bool) -> bool:
    """Whether the answer is yes. Where nobody can answer it has to be given beforehand."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to answer. Give the answer beforehand with --yes.")
    say()
    agreed = click.confirm(question, default=False)
    if not agreed:
        remark("Nothing was published.")
    return agreed


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name in this container
        return "homebuy"


def _tell_done(done: Mapping[str, int]) -> None:
    say()
    for name, version in done.items():
        say(f"Published {name}, version {version}.")
    if not done:
        say("Every open case has what is in force; there is nothing to do.")


# --- differences -----------------------------------------------------------------------------------


def show_differences(place: Place, what: Sequence[str], output: str) -> bool:
    """Print what differs; whether anything does."""
    with place.home_buy() as hb:
        found = _compared(hb, what)
    if output == "json":
        print_json({name: [_as_data(each) for each in changes] for name, changes in found.items()})
        return bool(found)
    for name, changes in found.items():
        heading(name)
        for each in changes:
            say(f"  {click.style(each.text, fg=_COLOURS[each.sign])}")
    if not found:
        say("Nothing differs.")
    return bool(found)


def _compared(hb: "HomeBuy", what: Sequence[str]) -> Mapping[str, tuple[Difference, ...]]:
    if all(Path(each).exists() for each in what):
        texts = {n: t.decode("utf-8-sig", "replace") for n, t in texts_below(map(Path, what)).items()}
        review = hb.configuration.review(texts)
        if not review.ok:
            raise click.UsageError(render(review.problems, files=len(texts)))
        for each in review.findings:
            if each.code == "HB238":
                remark(f"Warning: {each.message}")
        return review.differences
    if len(what) > 2:
        raise click.UsageError("Name files, one version, or two versions of one document.")
    return _of_versions(hb, [named(each) for each in what])


def _of_versions(
    hb: "HomeBuy", wanted: "Sequence[tuple[str, str, int | None]]"
) -> Mapping[str, tuple[Difference, ...]]:
    (kind, code, first), *rest = wanted
    last = rest[0] if rest else (kind, code, None)
    if last[:2] != (kind, code):
        raise click.UsageError("Two versions of one document are compared, not of two.")
    texts = [next(iter(hb.configuration.texts(kind, code, number).values())) for number in (first, last[2])]
    before, after = (json.loads(text) for text in texts)
    attributes = hb.configuration.in_force().attributes
    found = differences(kind, before, after, hb.desk.library.catalogue(attributes))
    return {f"{kind} {code}": found} if found else {}


def named(what: str) -> tuple[str, str, int | None]:
    """Kind, code and version of ``KIND[:CODE][@VERSION]``."""
    name, _, number = what.partition("@")
    kind, _, code = name.partition(":")
    if kind not in PUBLISHED or (number and not number.isdigit()):
        kinds = ", ".join(PUBLISHED)
        raise click.UsageError(
            f"{what!r} is no file, nor a version like escalation@3 or pack:right_to_buy.england@1. "
            f"Kinds: {kinds}."
        )
    if not code and kind in ("pack", "calendar"):
        raise click.UsageError(f"Which {kind}? Write it like {kind}:CODE@VERSION. See: homebuy rules history")
    return kind, code or WHOLE, int(number) if number else None


def _as_data(each: Difference) -> dict[str, object]:
    return {"sign": each.sign, "what": each.what, "before": each.before, "after": each.after}


# --- versions --------------------------------------------------------------------------------------


def show_history(place: Place, what: str | None, output: str) -> None:
    """Print every version."""
    kind, _, code = (what or "").partition(":")
    if kind and kind not in PUBLISHED:
        raise click.UsageError(f"There is no kind {kind!r}. Kinds: {', '.join(PUBLISHED)}.")
    with place.home_buy() as hb:
        found = hb.configuration.history(kind or None, code or None)
        zone = ZoneInfo(hb.settings.timezone)
    if output == "json":
        print_json([{k: getattr(v, k) for k in v.__dataclass_fields__} for v in found])
        return
    last = ""
    for version in found:
        name = version.kind if version.code == WHOLE else f"{version.kind}:{version.code}"
        if name != last:
            heading(name)
        last = name
        for line in columns([_row(version, zone)]):
            say(line)


def _row(version: "PublishedVersion", zone: ZoneInfo) -> list[str]:
    marks = ["in force"] if version.in_force else []
    if version.kind in ("pack", "calendar"):
        marks += [count(version.open_cases, "open case")] if version.open_cases else []
        marks += [f"open cases: {version.live_cases.replace('_', ' ')}"] if version.live_cases != PIN else []
    who = f"{version.author}: {version.reason}"
    return [f"{version.version:>4}", spell_instant(version.published_at, zone), who, ", ".join(marks)]


def roll_back(place: Place, what: str, reason: str, by: str | None, yes: bool, live_cases: LiveCases) -> bool:
    """Publish an old version anew; whether it was done."""
    kind, code, number = named(what)
    if number is None:
        raise click.UsageError(f"Which version? Write it like {what}@1. See: homebuy rules history {what}")
    with place.home_buy() as hb:
        texts = hb.configuration.texts(kind, code, number)
        return _publish(
            hb, {f"{name} {number}": text for name, text in texts.items()}, reason, by, yes, live_cases
        )


def export_to(place: Place, folder: Path) -> None:
    """Write what is in force as files; a file that is there is kept."""
    with place.home_buy() as hb:
        texts = hb.configuration.texts()
    folder.mkdir(parents=True, exist_ok=True)
    names = {name: f"{name.removesuffix(f' {WHOLE}').replace(' ', '_')}.json" for name in texts}
    paths = {folder / names[name]: text for name, text in texts.items()}
    there = [str(path) for path in paths if path.exists()]
    if there:
        raise click.UsageError(f"These files are there already: {', '.join(there)}. Name another folder.")
    for path, text in paths.items():
        path.write_text(f"{text}\n", encoding="utf-8")
    say(f"{count(len(paths), 'file')} written to {folder}.")


# --- open cases ------------------------------------------------------------------------------------


def show_moves(place: Place, paths: Iterable[Path], live_cases: LiveCases, output: str) -> None:
    """Print every deadline that would move."""
    texts = {n: t.decode("utf-8-sig", "replace") for n, t in texts_below(paths).items()} or None
    with place.home_buy() as hb:
        found = hb.preview_migration(texts, live_cases=live_cases, now=_now(hb))
    if output == "json":
        from dataclasses import asdict

        print_json({**asdict(found), "deadlines": found.deadlines, "told": found.told})
        return
    _tell_moves(found, anew=texts is None)


def move_cases(place: Place, reason: str, by: str | None, yes: bool, live_cases: LiveCases) -> bool:
    """Have open cases follow what is in force; whether it was done."""
    with place.home_buy() as hb:
        found = hb.preview_migration(live_cases=live_cases, now=_now(hb))
        _tell_moves(found, most=_MOST, anew=True)
        if not found.documents:
            return True
        if not _agreed(f"Move {count(found.looked_at, 'open case')}?", yes):
            return False
        _tell_done(hb.migrate(author=by or _me(), reason=reason, live_cases=live_cases, now=_now(hb)))
        say("Each case moves with its next tick or call.")
        return True


def _tell_moves(found: "MigrationPreview", most: int | None = None, anew: bool = False) -> None:
    if not found.documents:
        say("Every open case has what is in force; there is nothing to move.")
        return
    aside = ": what is in force, published anew for them" if anew else ""
    heading(f"Open cases, with {', '.join(found.documents)}{aside}")
    for move in found.cases[:most]:
        for line in _told(move):
            say(line)
    if most is not None and len(found.cases) > most:
        more = count(len(found.cases) - most, "more case")
        say(f"  … and {more}. All of them: homebuy rules migrate --dry-run")
    say(
        f"Of {count(found.looked_at, 'open case')}, {len(found.cases)} would change: "
        f"{count(found.deadlines, 'deadline')} would move "
        f"and {count(found.told, 'notice')} be written at once."
    )


def _told(move: "CaseMove") -> Iterator[str]:
    yield f"  {move.reference}"
    rows = [[_place(each), _when(each.before), "to", _after(each)] for each in move.deadlines]
    yield from columns(rows, indent="    ")
    for word, codes in (("new task", move.added), ("task falls away", move.cancelled)):
        yield from (f"    {word}: {code}" for code in codes)
    if move.told:
        yield f"    {count(move.told, 'notice')} at once"


def _place(move: "DeadlineMove") -> str:
    law = ", the law's" if move.kind == "statutory" else ""
    return f"{move.task or move.stage} ({move.clock}{law})"


def _when(on: object) -> str:
    from datetime import date

    return spell_date(on) if isinstance(on, date) else "none"


def _after(move: "DeadlineMove") -> str:
    return f"{_when(move.after)}{click.style('  past already', fg='red') if move.passed else ''}"
