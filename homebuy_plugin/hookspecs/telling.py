"""The hooks that tell what was done: the recipients, the host's audit, whoever watches."""

from sqlalchemy.orm import Session

from homebuy_plugin.hookspecs.markers import hookspec
from homebuy_plugin.types import AuditEntry, Delivery, Event, Notice


class TellingSpecs:
    """Notices handed over, events recorded and observed."""

    @hookspec(firstresult=True)
    def homebuy_notify(self, notice: Notice) -> Delivery | None:
        """Hand one notice to one recipient.

        Called after commit, from the outbox, one plugin after the other until one
        returns a ``Delivery``. It may be called again with the same ``notice.key`` when
        an earlier attempt failed or its outcome was lost: send each key once.

        Transaction: none; the package's is committed.

        None: not my channel. None from all leaves the notice *untaken*, which is not an
        attempt: it is parked, shown in ``status`` with who was asked, and offered again
        when the plugins change, at the next local day, or by ``homebuy outbox retry``.

        Errors: this attempt failed; it is made again later with a growing delay, unless
        another plugin took the notice. Anything returned but a ``Delivery`` or None
        (True, for instance) is an error as well, so that nothing is reported as sent
        that was not.

        Args:
            notice: rendered when the escalation was decided; not rendered again.

        Returns:
            A ``Delivery`` once the notice is in safe hands.

        Example:
            A mail sender::

                class Mail:
                    def __init__(self):
                        self.sent = {}

                    @hookimpl
                    def homebuy_notify(self, notice):
                        if notice.channel != "email":
                            return None
                        self.sent.setdefault(notice.key, notice)
                        return Delivery(detail="queued")

        .. versionadded:: 0.1.0
        """

    @hookspec
    def homebuy_audit(self, session: Session, entry: AuditEntry) -> None:
        """Record what the package did, in the same transaction.

        Called for every event of a case, as it is written.

        Transaction: that of the call it belongs to: what is recorded commits with what
        was done, or not at all.

        None: always returned; the result is ignored.

        Errors: propagate: what cannot be audited must not happen. In a tick they put
        off that one case.

        Args:
            session: to write the host's own audit table with.
            entry: what happened, when, and by whom.

        Example:
            Keep the kinds in order::

                class Ledger:
                    def __init__(self):
                        self.lines = []

                    @hookimpl
                    def homebuy_audit(self, entry):
                        self.lines.append((entry.reference, entry.kind))

        .. versionadded:: 0.1.0
        """

    @hookspec
    def homebuy_event(self, event: Event) -> None:
        """Observe what happened, after it was committed.

        Called one by one, for dashboards, search indexes and the like.

        Transaction: none; the package's is committed.

        None: always returned; the result is ignored.

        Errors: logged and swallowed.

        Args:
            event: a fact of the past.

        Example:
            Count escalations::

                class Dashboard:
                    def __init__(self):
                        self.counts = {}

                    @hookimpl
                    def homebuy_event(self, event):
                        self.counts[event.kind] = self.counts.get(event.kind, 0) + 1

        .. versionadded:: 0.1.0
        """
