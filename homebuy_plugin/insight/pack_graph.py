"""The stages of a pack as a picture: where each card lies, and which way the lines go.

The main way runs down the left: the longest chain of stages that open by themselves. What
branches off it stands on the right, beside the stage it leaves; what an event opens stands
there too. Lines that do not go straight down run in lanes of their own between the columns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from homebuy_plugin.documents.model import Pack, StageDef
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.insight.pack_cards import WIDTH, Card, card, law_texts, opening
from homebuy_plugin.insight.pack_words import PackWords

MARGIN, TOP = 40, 108
GAP = 44
LANE = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """A card with its place."""

    card: Card
    x: int
    y: int
    main: bool

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.y + self.card.height

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + WIDTH


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one stage to another along some corners.

    Attributes:
        automatic: it opens by itself; otherwise a person opens it.
    """

    source: str
    target: str
    automatic: bool
    corners: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to be drawn."""

    cards: tuple[Placed, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def main_way(pack: Pack) -> tuple[str, ...]:
    """The longest chain of stages that open by themselves, from the first stage on."""
    first = next((stage for stage in pack.stages if not stage.parallel and not stage.opens_on), None)
    return _longest(pack, first.code, ()) if first else ()


def _longest(pack: Pack, code: str, before: tuple[str, ...]) -> tuple[str, ...]:
    here = (*before, code)
    stage = pack.stage(code)
    following = [link.stage for link in stage.next if link.opens == "automatic"] if stage else []
    ways = [_longest(pack, target, here) for target in following if target not in here]
    return max(ways, key=len, default=here)


def draw(pack: Pack, catalogue: Catalogue) -> Drawing:
    """Lay a pack out."""
    say = PackWords(pack, catalogue)
    way = main_way(pack)
    side = [stage for stage in pack.stages if stage.code not in way]
    wanted = list(_links(pack))
    lanes = sum(1 for source, target, _ in wanted if not _straight(way, source, target))
    left = sum(1 for source, target, _ in wanted if _on_left(way, source, target))
    x = MARGIN + (left + 1) * LANE * bool(left)
    main = list(_column(pack, way, say, x))
    where = {placed.card.code: placed for placed in main}
    right_x = x + WIDTH + (lanes - left + 2) * LANE + 8
    for placed in _beside(pack, side, where, say, right_x):
        where[placed.card.code] = placed
    edges = tuple(_routes(wanted, where, way))
    cards = tuple(where.values())
    bottom = max((placed.bottom for placed in cards), default=TOP)
    width = (right_x if side else x) + WIDTH + MARGIN + LANE // 2
    return Drawing(cards=cards, edges=edges, width=width, height=bottom + MARGIN)


def _links(pack: Pack) -> Iterator[tuple[str, str, bool]]:
    for stage in pack.stages:
        for link in stage.next:
            if pack.stage(link.stage):
                yield stage.code, link.stage, link.opens == "automatic"


def _straight(way: tuple[str, ...], source: str, target: str) -> bool:
    return (source, target) in pairwise(way)


def _on_left(way: tuple[str, ...], source: str, target: str) -> bool:
    return source in way and target in way and not _straight(way, source, target)


def _column(pack: Pack, way: tuple[str, ...], say: PackWords, x: int) -> Iterator[Placed]:
    y = TOP
    for code in way:
        stage = pack.stage(code)
        assert stage is not None  # noqa: S101 - the way is made of stages
        placed = Placed(card(stage, say), x, y, True)
        yield placed
        y = placed.bottom + GAP


def _beside(
    pack: Pack, side: list[StageDef], where: dict[str, Placed], say: PackWords, x: int
) -> Iterator[Placed]:
    """Each beside the first stage that leads to it, or that its event follows; none on another."""
    y = TOP
    for wish, stage in sorted(((_wish(pack, s, where), s) for s in side), key=lambda pair: pair[0]):
        placed = Placed(card(stage, say), x, max(y, wish), False)
        yield placed
        y = placed.bottom + GAP


def _wish(pack: Pack, stage: StageDef, where: dict[str, Placed]) -> int:
    leading = [s.code for s in pack.stages if any(link.stage == stage.code for link in s.next)]
    from_main = [where[code].y for code in leading if code in where]
    if from_main:
        return min(from_main)
    return max((placed.y for placed in where.values()), default=TOP) if stage.parallel else TOP


def _routes(
    wanted: list[tuple[str, str, bool]], where: dict[str, Placed], way: tuple[str, ...]
) -> Iterator[Edge]:
    lanes = {True: 0, False: 0}
    ports: dict[str, int] = {}

    def port(code: str) -> int:
        ports[code] = ports.get(code, 0) + 1
        return where[code].y + 14 + 13 * ports[code]

    for source, target, automatic in wanted:
        start, end = where[source], where[target]
        if _straight(way, source, target):
            middle = start.x + WIDTH // 2
            yield Edge(source, target, automatic, ((middle, start.bottom), (middle, end.y)))
            continue
        left = _on_left(way, source, target)
        if start.main or end.main:
            lanes[left] += 1
            corners = _lane(start, end, left, lanes[left], port(source), port(target))
        else:
            corners = _outside(start, end, port(source), port(target))
        yield Edge(source, target, automatic, corners)


def _outside(start: Placed, end: Placed, out: int, into: int) -> tuple[tuple[int, int], ...]:
    """From one card of the right column to another, round its right."""
    x = start.right + LANE
    return ((start.right, out), (x, out), (x, into), (end.right, into))


def _lane(
    start: Placed, end: Placed, left: bool, lane: int, out: int, into: int
) -> tuple[tuple[int, int], ...]:
    """Out of one card, along a lane, into the other."""
    if left:
        x = start.x - lane * LANE - 6
        return ((start.x, out), (x, out), (x, into), (end.x, into))
    main = start if start.main else end
    x = main.right + (lane + 1) * LANE - 6
    return (
        (start.right if start.main else start.x, out),
        (x, out),
        (x, into),
        (end.right if end.main else end.x, into),
    )


def mermaid(pack: Pack, catalogue: Catalogue) -> str:
    """The stages as a mermaid flowchart, for a wiki."""
    say = PackWords(pack, catalogue)
    lines = ["flowchart TD"]
    for stage in pack.stages:
        open_, close = ("([", "])") if stage.parallel else ("[", "]")
        lines.append(f"  {stage.code}{open_}{_shown([stage.name, *law_texts(stage)])}{close}")
    for stage in pack.stages:
        for link in stage.next:
            arrow = "-->" if link.opens == "automatic" else "-.->"
            clause = f"|{_shown([say.when(link.when)])}|" if link.when else ""
            lines.append(f"  {stage.code} {arrow}{clause} {link.stage}")
    for stage in pack.stages:
        if stage.opens_on:
            events = _shown([opening(point, say) for point in stage.opens_on])
            lines.append(f"  {stage.code}_opens{{{{{events}}}}} --> {stage.code}")
    return "\n".join(lines)


def _shown(texts: Iterable[str]) -> str:
    safe = (text.replace('"', "#quot;").replace("<", "&lt;") for text in texts)
    return f'"{"<br/>".join(safe)}"'


def svg(pack: Pack, catalogue: Catalogue) -> str:
    """The stages as an SVG picture."""
    from homebuy_plugin.insight.pack_svg import picture

    return picture(pack, draw(pack, catalogue))
