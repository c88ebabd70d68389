"""What ``homebuy rules explain`` says."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.talk import print_json, remark, say
from homebuy_plugin.cli.vocabulary import book_of, published_book, shipped_book
from homebuy_plugin.insight.rulebook import Rulebook, RuleText
from homebuy_plugin.publishing import shipped_texts


def explain_rules(place: Place, name: str | None, output: str) -> None:
    """Say one rule, the rules of a file, or all."""
    book, wanted = _book(place, name)
    texts = [text for text in book.texts() if wanted in (None, text.id)]
    if not texts and wanted is not None:
        _no_such_rule(wanted, book)
    if output == "json":
        print_json([_as_data(text) for text in texts])
        return
    for text in texts:
        for line in _told(text):
            say(line)


def _book(place: Place, name: str | None) -> tuple[Rulebook, str | None]:
    """The rules to look in, and the id to look for."""
    if name is not None and (name.endswith(".json") or Path(name).is_file()):
        return _of_file(place, Path(name)), None
    if place.is_named:
        return published_book(place), name
    remark("(No database named: these are the rules that come with the package.)")
    return shipped_book(place), name


def _of_file(place: Place, path: Path) -> Rulebook:
    if not path.is_file():
        raise click.UsageError(f"There is no file {path}.")
    texts = {f"(shipped)/{source}": text for source, text in shipped_texts().items()}
    texts[str(path)] = path.read_text(encoding="utf-8")
    return book_of(place, texts, [str(path)])


def _no_such_rule(name: str, book: Rulebook) -> None:
    known = sorted(text.id for text in book.texts())
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else " Without a name, all rules are told."
    raise click.UsageError(f"There is no rule {name!r}.{hint}")


def _told(text: RuleText) -> Iterator[str]:
    yield click.style(text.name, bold=True)
    yield f"  {text.id} · {text.kind} · {text.state}"
    last = ""
    for head, line in text.lines:
        yield f"  {head if head != last else '':<9} {line}"
        last = head
    yield ""


def _as_data(text: RuleText) -> dict[str, object]:
    lines: Sequence[dict[str, str]] = [{"part": head, "text": line} for head, line in text.lines]
    return {"id": text.id, "name": text.name, "kind": text.kind, "state": text.state, "lines": lines}
