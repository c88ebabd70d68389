"""``homebuy outbox``: what was sent, what was not and why, and sending it again."""

from typing import TYPE_CHECKING, Any

import click

from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.cli.talk import columns, print_json, say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place
    from homebuy_plugin.store.outbox import OutboxItem

_STATES = (
    "pending",
    "delivered",
    "failed",
    "untaken",
    "held",
    "digested",
    "dead",
    "collapsed",
    "undeliverable",
)
_RECIPIENT = click.option("--recipient", metavar="ID", help="Only to this recipient: p.shah or user:p.shah.")
_REFERENCE = click.option("--case", "reference", metavar="REF", help="Only of this case.")


@click.group()
def outbox() -> None:
    """Notices and actions: what became of them, and offering them again."""


@outbox.command("list")
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; repeatable.")
@_RECIPIENT
@_REFERENCE
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@with_database
@output("table", "json")
def list_(
    place: "Place",
    states: tuple[str, ...],
    recipient: str | None,
    reference: str | None,
    limit: int,
    output: str,
) -> None:
    """List notices and actions, the oldest first."""
    with place.home_buy() as hb:
        found = hb.outbox.list(states=states, recipient=recipient, reference=reference, limit=limit)
    if output == "json":
        print_json([as_data(item) for item in found])
        return
    for line in columns([(i.state, i.reference, _to(i), i.subject or i.name, i.key) for i in found], ""):
        say(line)
    if not found:
        say("There is none.")
    if len(found) == limit:
        say(f"These are the first {limit}; --limit shows more.")


@outbox.command()
@click.argument("key")
@with_database
@output("table", "json")
def show(place: "Place", key: str, output: str) -> None:
    """Show one notice with its words, by its KEY."""
    with place.home_buy() as hb:
        item = hb.outbox.show(key)
    if output == "json":
        print_json({**as_data(item), "body": item.body, "params": dict(item.params)})
        return
    for line in columns([(name, str(value)) for name, value in as_data(item).items() if value], ""):
        say(line)
    say()
    say(item.body or str(dict(item.params)))


@outbox.command()
@click.argument("keys", nargs=-1)
@click.option(
    "--state",
    "states",
    type=click.Choice(("failed", "untaken", "dead")),
    multiple=True,
    help="All in this state; repeatable.",
)
@_RECIPIENT
@_REFERENCE
@with_database
@output("table", "json")
def retry(
    place: "Place",
    keys: tuple[str, ...],
    states: tuple[str, ...],
    recipient: str | None,
    reference: str | None,
    output: str,
) -> None:
    """Offer again what failed, was taken by nobody or was given up: KEYS, or all that the options name.

    The next tick hands it over, under the same key and in the same words.
    """
    _need(keys, states, recipient, reference)
    given: dict[str, Any] = {"states": states} if states else {}
    with place.home_buy() as hb:
        number = hb.outbox.retry(keys, recipient=recipient, reference=reference, **given)
    _tell(number, output)


@outbox.command()
@click.argument("keys", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that is held or waits for its hour.")
@_RECIPIENT
@_REFERENCE
@with_database
@output("table", "json")
def release(
    place: "Place",
    keys: tuple[str, ...],
    everything: bool,
    recipient: str | None,
    reference: str | None,
    output: str,
) -> None:
    """Let go what the storm limit holds back, or what waits for its hour."""
    _need(keys, everything, recipient, reference)
    with place.home_buy() as hb:
        number = hb.outbox.release(keys, recipient=recipient, reference=reference)
    _tell(number, output)


def _need(*given: object) -> None:
    if not any(given):
        raise click.UsageError("Which? Name keys, or which of them all: see --help.")


def _tell(number: int, output: str) -> None:
    if output == "json":
        print_json({"offered_again": number})
        return
    noun = "notice or action" if number == 1 else "notices and actions"
    say(
        f"{number} {noun} will be offered at the next tick."
        if number
        else "There is none: nothing was changed."
    )


def _to(item: "OutboxItem") -> str:
    return f"{item.recipient.kind}:{item.recipient.id}" if item.recipient else "the host"


def as_data(item: "OutboxItem") -> dict[str, Any]:
    """A row for machines, without its words."""
    return {
        "key": item.key,
        "kind": item.kind,
        "state": item.state,
        "reference": item.reference,
        "rule": item.rule,
        "rule_version": item.rule_version,
        "task": item.task,
        "template": item.template,
        "channel": item.channel,
        "name": item.name,
        "recipient": _to(item) if item.recipient else None,
        "subject": item.subject,
        "urgent": item.urgent,
        "attempts": item.attempts,
        "asked": item.asked,
        "error": item.last_error,
        "detail": item.detail,
        "digest": item.digest,
        "created_at": item.created_at,
        "next_try_at": item.next_try_at,
        "handed_over_at": item.handed_over_at,
    }
