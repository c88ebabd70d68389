"""What ``homebuy rules coverage`` does."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.talk import print_json, remark, say
from homebuy_plugin.cli.validating import gathered
from homebuy_plugin.cli.vocabulary import base_vocabulary
from homebuy_plugin.documents.coverage import MISTAKES, cover_texts
from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.rendering import as_dict, render

_WORDS = {
    "HB185": ("kind of case that no rule takes", "kinds of case that no rule takes"),
    "HB187": (
        "rule that goes before others by its order alone",
        "rules that go before others by their order alone",
    ),
}
_MISTAKES = ("mistake", "mistakes")


def cover_paths(place: Place, paths: tuple[Path, ...], since: date | None, output: str) -> bool:
    """Analyse the rules of files and print what is found; whether there are no mistakes."""
    texts, beside = gathered(place, paths)
    found, sound = cover_texts(texts, base_vocabulary(place), beside=beside, since=since)
    if not sound:
        remark("These have to be corrected before the rules can be looked at as a set.")
    ok = sound and not any(each.code in MISTAKES for each in found)
    if output == "json":
        print_json({"files": sorted(texts), "counts": _counts(found)}, ok=ok, problems=[*map(as_dict, found)])
        return ok
    say(render(found, files=len(texts), format="full" if output == "table" else output))
    if sound and output == "table":
        say(_summary(found))
    return ok


def _counts(found: Sequence[Located]) -> dict[str, int]:
    return dict(sorted(Counter(each.code for each in found).items()))


def _summary(found: Sequence[Located]) -> str:
    """How many of what, in a sentence."""
    counts = Counter(each.code for each in found)
    mistakes = sum(count for code, count in counts.items() if code in MISTAKES)
    parts = [_number(mistakes, _MISTAKES), *(_number(counts[code], words) for code, words in _WORDS.items())]
    exact = "" if counts["HB190"] else " The analysis is exact."
    words = ", ".join(parts)
    return f"{words[:1].upper()}{words[1:]}.{exact}"


def _number(count: int, words: tuple[str, str]) -> str:
    return f"{count or 'no'} {words[count != 1]}"
