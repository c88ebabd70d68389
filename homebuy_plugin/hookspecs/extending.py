"""The hooks by which a plugin is set up, and adds what the rules of a landlord may name."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from homebuy_plugin.hookspecs.markers import hookspec
from homebuy_plugin.types import Delivery, PerformAction, RuleAction, RuleVariable, Settings


class ExtendingSpecs:
    """Settings a plugin is given; packs, variables and actions it adds."""

    @hookspec(historic=True)
    def homebuy_configure(self, settings: Settings) -> None:
        """Get ready: the plugin is registered, and these are the landlord's settings.

        Called once for each plugin, when it is registered; a plugin registered late
        still gets it, with the same settings.

        Transaction: none.

        None: always returned; the result is ignored. Wrappers are not possible here.

        Errors: the plugin is unregistered and the exception propagates.

        Args:
            settings: as given to ``HomeBuy.create``.

        Example:
            Keep the landlord's time zone::

                class LocalTime:
                    zone = None

                    @hookimpl
                    def homebuy_configure(self, settings):
                        self.zone = settings.timezone

        .. versionadded:: 0.1.0
        """

    @hookspec
    def homebuy_scheme_packs(self) -> Iterable[str | PathLike[str] | Mapping[str, Any]] | None:
        """Offer packs of stages, tasks and clocks beside the shipped ones.

        Called when documents are published by ``homebuy db upgrade``, not per case.

        Transaction: none.

        None: this plugin offers no packs.

        Errors: propagate; nothing is published. A pack that cannot be used is refused
        with its diagnostics, naming the plugin.

        Returns:
            Paths of JSON files, or documents already parsed.

        Example:
            A scheme of the landlord's own::

                class CashIncentive:
                    @hookimpl
                    def homebuy_scheme_packs(self):
                        return [Path(__file__).parent / "cash_incentive" / "pack.json"]

        .. versionadded:: 0.1.0
        """

    @hookspec
    def homebuy_rule_variables(self) -> Iterable[RuleVariable] | None:
        """Offer variables that conditions of rules may name.

        Called when the plugins are set up, and again when they change.

        Transaction: none, here and in ``read``. ``read(facts, case)`` must be pure: no
        session, no clock, no network, the same answer whenever it is asked.

        None: this plugin offers no variables.

        Errors: propagate. A name offered twice is an error that names both providers.
        An exception in ``read`` errors the rule that asked, and only that one; None
        there means the value is missing.

        Returns:
            The variables.

        Example:
            A home worth more than 500,000::

                class HighValue:
                    @hookimpl
                    def homebuy_rule_variables(self):
                        return [RuleVariable(
                            name="high_value", label="Worth more than 500,000", type="yes_no",
                            read=lambda facts, case: (facts.get("estimated_value") or 0) > 500_000,
                        )]

        .. versionadded:: 0.1.0
        """

    @hookspec
    def homebuy_rule_actions(self) -> Iterable[RuleAction] | None:
        """Declare actions that rules may name; ``homebuy_perform`` carries them out.

        Called when the plugins are set up, and again when they change.

        Transaction: none.

        None: this plugin offers no actions.

        Errors: propagate. A name offered twice is an error that names both providers.

        Returns:
            Declarations only. A fired action becomes an outbox row, written with the
            decision and handed to ``homebuy_perform`` after commit.

        Example:
            See ``homebuy_perform`` for the other half::

                class Repairs:
                    @hookimpl
                    def homebuy_rule_actions(self):
                        return [RuleAction(
                            name="book_survey", label="Book a survey", params={"kind": "text"},
                        )]

        .. versionadded:: 0.1.0
        """

    @hookspec(firstresult=True)
    def homebuy_perform(self, action: PerformAction) -> Delivery | None:
        """Carry out an action of the host's own that a rule fired.

        Called after commit, from the outbox, one plugin after the other until one
        returns a ``Delivery``. It may be called again with the same ``action.key`` when
        an earlier attempt failed or its outcome was lost: act on each key once.

        Transaction: none; the package's is committed.

        None: not mine. None from all leaves the action *untaken*: shown in ``status``
        and offered again when the plugins change or at the next local day.

        Errors: this attempt failed; it is made again later, unless another plugin took
        the action. Anything returned but a ``Delivery`` or None is an error as well.

        Args:
            action: name and parameters as the rule gave them, with an idempotency key.

        Returns:
            A ``Delivery`` once the action is in safe hands.

        Example:
            Book each survey once::

                class Surveys:
                    def __init__(self):
                        self.booked = {}

                    @hookimpl
                    def homebuy_perform(self, action):
                        if action.name != "book_survey":
                            return None
                        self.booked.setdefault(action.key, action.params["kind"])
                        return Delivery(detail="survey booked")

        .. versionadded:: 0.1.0
        """
