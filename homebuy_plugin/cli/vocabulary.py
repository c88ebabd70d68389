"""What rules may name, and the rules themselves: published ones, or the shipped."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homebuy_plugin.cli.place import Place, load_plugin

if TYPE_CHECKING:
    from homebuy_plugin.core import HomeBuy
    from homebuy_plugin.engine.catalogue import Catalogue
    from homebuy_plugin.insight.rulebook import Rulebook
    from homebuy_plugin.plugins import HostPort


def port_of(place: Place) -> "HostPort":
    """The plugins alone, for commands that need no database: nothing connects to this one."""
    from sqlalchemy import create_engine

    from homebuy_plugin.core import HomeBuy

    plugins = [load_plugin(name) for name in place.plugins]
    return HomeBuy.create(create_engine("sqlite://"), plugins).port


def base_vocabulary(place: Place) -> "Catalogue":
    """Built-in names and those of plugins, without any landlord's attributes."""
    from homebuy_plugin.engine import built_in_catalogue
    from homebuy_plugin.library import landlord_catalogue

    return landlord_catalogue(built_in_catalogue(), (), port_of(place))


def landlord_vocabulary(place: Place) -> "Catalogue":
    """Everything conditions may name: with the published attributes, or the shipped ones."""
    if place.database is not None:
        return published_book(place).catalogue
    return shipped_book(place).catalogue


def published_book(place: Place) -> "Rulebook":
    """The rules in force in the database."""
    from homebuy_plugin.store.transactions import reading

    with place.home_buy() as hb, reading(hb.engine, hb.settings.schema) as conn:
        return _published(hb, conn)


def _published(hb: "HomeBuy", conn: Any) -> "Rulebook":
    from homebuy_plugin.documents.vocabulary import with_names
    from homebuy_plugin.insight.rulebook import Rulebook
    from homebuy_plugin.store import directory

    shelf = hb.desk.library.shelf(conn)
    escalation = shelf.whole("escalation")
    names = directory.names(conn)
    packs = shelf.packs()
    return Rulebook(
        catalogue=with_names(hb.desk.library.catalogue(shelf.whole("attributes")), packs),
        allocation=shelf.allocation()[0].rules,
        escalation=escalation.rules if escalation else (),
        packs=packs,
        templates=tuple(shelf.whole("templates")),
        groups=tuple(shelf.whole("groups")),
        roles={k.removeprefix("role:"): v for k, v in names.items() if k.startswith("role:")},
        users={k.removeprefix("user:"): v for k, v in names.items() if k.startswith("user:")},
    )


def shipped_book(place: Place) -> "Rulebook":
    """The rules that come with the package."""
    from homebuy_plugin.publishing import shipped_texts

    return book_of(place, shipped_texts(), ())


def book_of(place: Place, texts: dict[str, str], wanted: Iterable[str]) -> "Rulebook":
    """The rules of some texts; ``wanted`` are the sources whose rules are told, empty for all.

    Raises:
        InvalidDocument: a wanted text has problems.
    """
    from homebuy_plugin.documents.model import AllocationSet, EscalationSet
    from homebuy_plugin.documents.validating import read_all
    from homebuy_plugin.documents.vocabulary import with_names
    from homebuy_plugin.exceptions import InvalidDocument
    from homebuy_plugin.insight.rulebook import Rulebook

    chosen = set(wanted) or set(texts)
    parsed, landlord = read_all(texts, base_vocabulary(place))
    problems = [p for source in chosen for p in parsed[source].problems if p.is_error]
    if problems:
        raise InvalidDocument([p.diagnostic for p in problems], problems[0].source)
    assert landlord.catalogue is not None  # noqa: S101 - read_all was given one
    packs = tuple(entry.value for entry in landlord.packs)
    told = [each.value for each in parsed.values() if each.source in chosen]
    return Rulebook(
        catalogue=with_names(landlord.catalogue, packs),
        allocation=tuple(rule for each in told if isinstance(each, AllocationSet) for rule in each.rules),
        escalation=tuple(rule for each in told if isinstance(each, EscalationSet) for rule in each.rules),
        packs=packs,
        templates=tuple(entry.value for entry in landlord.templates),
        groups=tuple(entry.value for entry in landlord.groups),
    )


def texts_below(paths: Iterable[Path]) -> dict[str, bytes]:
    """The JSON files that paths name: each file, and every ``*.json`` below a folder.

    Raises:
        click.UsageError: a folder has none.
    """
    found: dict[str, bytes] = {}
    for path in paths:
        files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not files:
            raise click.UsageError(f"No rule files found in {path}: they are called *.json.")
        found |= {str(file): file.read_bytes() for file in files}
    return found
