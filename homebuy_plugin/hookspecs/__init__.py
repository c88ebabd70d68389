"""The hooks: what a host may call, and what a host may answer.

:class:`LifecycleSpecs` are calls from the host to this package. Hosts normally make
them through :class:`homebuy_plugin.HomeBuy`, which fills defaults and checks results.
:class:`ServiceSpecs` are questions and commands from this package to the host; a host
implements those it can serve, each marked with :data:`homebuy_plugin.hookimpl`.

For all of them:

* ``None`` means "not mine". An empty list means "I know, and there is nobody".
* An implementation may take fewer arguments than its hook has, in any order, each by
  its exact name. It should give none of them a default.
* An argument is never added to a lifecycle hook; new options go into the values.
"""

from types import FunctionType

from homebuy_plugin.hookspecs.extending import ExtendingSpecs
from homebuy_plugin.hookspecs.lifecycle import LifecycleSpecs
from homebuy_plugin.hookspecs.markers import PROJECT, hookimpl
from homebuy_plugin.hookspecs.people import PeopleSpecs
from homebuy_plugin.hookspecs.telling import TellingSpecs


class ServiceSpecs(ExtendingSpecs, PeopleSpecs, TellingSpecs):
    """This package asks the host, or tells it something.

    A hook with a ``session`` gets the caller's session in a call of the host, and in a
    tick a session on the tick's connection in a savepoint of its own: an error, rollback
    or commit there touches only what that one implementation did. Answers about
    officers, roles and groups are kept for the batch.
    """


def hooks_of(specs: type) -> dict[str, FunctionType]:
    """The hooks that a class specifies, in the order they are written."""
    written = [(name, member) for each in specs.__mro__ for name, member in vars(each).items()]
    return {name: member for name, member in written if name.startswith("homebuy_")}


__all__ = ["PROJECT", "LifecycleSpecs", "ServiceSpecs", "hookimpl", "hooks_of"]
