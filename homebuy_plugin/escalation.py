"""From decided rungs to outbox rows: one for each person and letter, under a key for ever."""

import hashlib

from homebuy_plugin.store.letters import ACTION, COLLAPSED, PENDING, UNDELIVERABLE, OutboxRow
from homebuy_plugin.workflow.casework import ActionDraft, Casework, NoticeDraft
from homebuy_plugin.workflow.state import RungKey

_LONGEST = 200
_STATES = {"pending": PENDING, "collapsed": COLLAPSED, "undeliverable": UNDELIVERABLE}


def outbox_rows(case: Casework) -> list[OutboxRow]:
    """The rows of everything the case decided to send or to have done."""
    return [_notice(case, draft) for draft in case.notices] + [_action(case, draft) for draft in case.actions]


def _notice(case: Casework, draft: NoticeDraft) -> OutboxRow:
    return OutboxRow(
        key=notice_key(case.state.reference, draft),
        created_at=case.now,
        rule=draft.rule,
        rung=draft.rung,
        recipient=draft.recipient,
        channel=draft.channel,
        template=draft.template,
        subject=draft.subject,
        body=draft.body,
        task=draft.task,
        rule_version=draft.version,
        state=_STATES[draft.status],
        detail=draft.why,
        urgent=draft.urgent,
    )


def _action(case: Casework, draft: ActionDraft) -> OutboxRow:
    return OutboxRow(
        key=action_key(case.state.reference, draft),
        created_at=case.now,
        kind=ACTION,
        rule=draft.rule,
        rung=draft.rung,
        task=draft.task,
        rule_version=draft.version,
        name=draft.name,
        params=draft.params,
    )


def notice_key(reference: str, draft: NoticeDraft) -> str:
    """The idempotency key of a notice: its case, rung, letter and recipient."""
    person = f"{draft.recipient.kind}:{draft.recipient.id}"
    return _key(reference, draft.rung, draft.template, person)


def action_key(reference: str, draft: ActionDraft) -> str:
    """The idempotency key of a host's action: its case, rung and name."""
    return _key(reference, draft.rung, "action", draft.name)


def _key(reference: str, rung: RungKey, *rest: str) -> str:
    subject, clock, run, rule, anchor, occurrence = rung
    text = "/".join(("hb1", reference, subject, clock, str(run), rule, anchor, str(occurrence), *rest))
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"hb1/{reference[:80]}/{digest}"
