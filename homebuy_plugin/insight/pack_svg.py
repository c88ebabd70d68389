"""A drawing of a pack as SVG: no scripts, no fonts to fetch, readable when printed."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from homebuy_plugin.documents.model import Pack
from homebuy_plugin.insight.pack_cards import HEAD, LINE, WIDTH, Card
from homebuy_plugin.insight.pack_graph import MARGIN, Drawing, Edge, Placed
from homebuy_plugin.insight.pack_text import size, title

_PHASES = {
    "application": "#3566a8",
    "eligibility": "#2f7f86",
    "valuation": "#7b5aa6",
    "offer": "#b0682a",
    "offer_accepted": "#4d7c3a",
    "completion": "#2f6b4f",
    "appeal": "#a2475d",
    "delay": "#8a3b2e",
}
_STYLE = (
    "text{font-family:'Segoe UI','Helvetica Neue',Arial,'DejaVu Sans',sans-serif;font-size:12px;fill:#26303a}"
    ".t{font-size:22px;font-weight:600}.s{font-size:13px;fill:#5a6672}"
    ".n{font-size:14px;font-weight:600;fill:#fff}.c{font-size:11px;fill:#fff;opacity:.85}"
    ".law{fill:#8c2f1b;font-weight:600}.note{fill:#5a6672}"
    ".a{fill:none;stroke:#3d4854;stroke-width:1.8}"
    ".o{fill:none;stroke:#7f8b97;stroke-width:1.5;stroke-dasharray:5 4}"
)
_ROUND = 7


def picture(pack: Pack, drawing: Drawing) -> str:
    """The whole picture."""
    lines = [
        _opening(drawing),
        f"<title>{escape(title(pack))}: stages</title><desc>{escape(size(pack))}</desc>",
        f"<style>{_STYLE}</style>",
        _heads(),
        f'<rect width="{drawing.width}" height="{drawing.height}" fill="#fbfaf7"/>',
        f'<text class="t" x="{MARGIN}" y="44">{escape(title(pack))}</text>',
        f'<text class="s" x="{MARGIN}" y="66">{escape(size(pack))}</text>',
        *_legend(),
        *(_edge(edge) for edge in drawing.edges),
        *(part for placed in drawing.cards for part in _card(placed)),
        "</svg>",
    ]
    return "\n".join(lines)


def _opening(drawing: Drawing) -> str:
    width, height = drawing.width, drawing.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">'
    )


def _heads() -> str:
    heads = (_head(name, colour) for name, colour in (("a", "#3d4854"), ("o", "#7f8b97")))
    return f"<defs>{''.join(heads)}</defs>"


def _head(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
    )


def _legend() -> Iterator[str]:
    x, y = MARGIN, 86
    yield f'<path class="a" marker-end="url(#a)" d="M{x} {y}h34"/>'
    yield f'<text class="s" x="{x + 42}" y="{y + 4}">opens by itself</text>'
    yield f'<path class="o" marker-end="url(#o)" d="M{x + 150} {y}h34"/>'
    yield f'<text class="s" x="{x + 192}" y="{y + 4}">a person opens it</text>'
    yield f'<text class="s law" x="{x + 322}" y="{y + 4}">a date of the law</text>'


def _edge(edge: Edge) -> str:
    kind = "a" if edge.automatic else "o"
    return (
        f'<path class="{kind}" marker-end="url(#{kind})" d="{_path(edge.corners)}">'
        f"<title>{escape(edge.source)} to {escape(edge.target)}</title></path>"
    )


def _path(corners: tuple[tuple[int, int], ...]) -> str:
    """A line through corners, each of them rounded."""
    parts = [f"M{corners[0][0]} {corners[0][1]}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(here, before), _towards(here, after)
        parts.append(f"L{start[0]} {start[1]}Q{here[0]} {here[1]} {end[0]} {end[1]}")
    return "".join([*parts, f"L{corners[-1][0]} {corners[-1][1]}"])


def _towards(here: tuple[int, int], there: tuple[int, int]) -> tuple[int, int]:
    """A point a little away from a corner, on the way to the next."""
    steps = [there[i] - here[i] for i in (0, 1)]
    return (here[0] + max(-_ROUND, min(_ROUND, steps[0])), here[1] + max(-_ROUND, min(_ROUND, steps[1])))


def _card(placed: Placed) -> Iterator[str]:
    card, colour = placed.card, _PHASES.get(placed.card.phase, "#555")
    dash = ' stroke-dasharray="7 4"' if card.parallel else ""
    yield f"<g id={quoteattr('stage-' + card.code)}><title>{escape(card.name)}</title>"
    yield _box(placed, colour, dash)
    yield f'<text class="n" x="{placed.x + 14}" y="{placed.y + 19}">{escape(card.name)}</text>'
    yield _phase(placed, card)
    for index, line in enumerate(card.lines):
        y = placed.y + HEAD + LINE * index + 12
        indent = 14 + 10 * (len(line.text) - len(line.text.lstrip()) > 0)
        yield f'<text class="{line.kind}" x="{placed.x + indent}" y="{y}">{escape(line.text.strip())}</text>'
    yield "</g>"


def _box(placed: Placed, colour: str, dash: str) -> str:
    x, y, height = placed.x, placed.y, placed.card.height
    head = f"M{x} {y + 28}v-18a10 10 0 0 1 10-10h{WIDTH - 20}a10 10 0 0 1 10 10v18z"
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height}" rx="10" fill="#fff" stroke="{colour}" '
        f'stroke-width="1.6"{dash}/><path d="{head}" fill="{colour}"/>'
    )


def _phase(placed: Placed, card: Card) -> str:
    beside = " · beside the others" if card.parallel else ""
    text = escape(card.phase.replace("_", " ") + beside)
    return f'<text class="c" text-anchor="end" x="{placed.right - 14}" y="{placed.y + 19}">{text}</text>'
