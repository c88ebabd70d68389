"""What cannot work as a plugin is refused when it is registered, with the remedy."""

import importlib
import sys
import types
from dataclasses import dataclass

import pluggy
import pytest

from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.hookspecs import hookimpl
from homebuy_plugin.plugins import HostPort
from homebuy_plugin.registration import did_you_mean, hook_arguments
from homebuy_plugin.types import Delivery, Settings, TickReport


class StandIn:
    def homebuy_case_created(self, session, case, now): ...

    def homebuy_case_updated(self, session, reference, change, now): ...

    def homebuy_task_updated(self, session, reference, task, change, now): ...

    def homebuy_tick(self, now):
        return TickReport()


def port(*plugins, entry_points=False):
    return HostPort.create(plugins, entry_points=entry_points, core=StandIn(), settings=Settings())


class Mail:
    @hookimpl
    def homebuy_notify(self, notice):
        return Delivery()


class Typo:
    @hookimpl
    def homebuy_notfy(self, notice): ...


class WrongArgument:
    @hookimpl
    def homebuy_notify(self, message): ...


class MisspeltArgument:
    @hookimpl
    def homebuy_notify(self, notise): ...


class Unmarked:
    def homebuy_notify(self, notice): ...


class ForeignMarker:
    @pluggy.HookimplMarker("acme")
    def homebuy_notify(self, notice): ...


class Asynchronous:
    @hookimpl
    async def homebuy_notify(self, notice): ...


class HistoricWrapper:
    @hookimpl(wrapper=True)
    def homebuy_configure(self, settings):
        yield


class MisspeltName:
    @hookimpl(specname="homebuy_events")
    def heard(self, event): ...


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (Mail, r"is a class; .* Register Mail\(\), not Mail"),
        (Typo(), r"'Typo' implements homebuy_notfy, .* Did you mean 'homebuy_notify'\?"),
        (MisspeltName(), r"'MisspeltName' implements homebuy_events, .* Did you mean 'homebuy_event'\?"),
        (WrongArgument(), r"'WrongArgument' asks homebuy_notify for 'message'.*homebuy_notify\(notice\)"),
        (MisspeltArgument(), r"'notise'.* Did you mean 'notice'\?"),
        (Unmarked(), r"'Unmarked' has a function homebuy_notify that would never be called.*hookimpl"),
        (ForeignMarker(), r"'ForeignMarker' has a function homebuy_notify that would never be called"),
        (Asynchronous(), r"'Asynchronous' implements homebuy_notify with async def"),
        (HistoricWrapper(), r"'HistoricWrapper' cannot be registered"),
        ("module:attribute", r"'module:attribute' is not a plugin"),
        (None, "None is not a plugin"),
    ],
)
def test_it_is_refused(plugin, message):
    asked = port(Mail())
    with pytest.raises(PluginError, match=message):
        asked.manager.register(plugin)
    assert asked.plugin_names() == ("Mail",)
    with pytest.raises(PluginError, match=message):
        port(plugin)


def test_plugins_is_a_list():
    with pytest.raises(PluginError, match=r"must be a list of objects, not Mail. Write plugins=\[\.\.\.\]"):
        HostPort.create(Mail(), entry_points=False, core=StandIn(), settings=Settings())


def test_a_plugin_is_registered_once():
    mail = Mail()
    with pytest.raises(PluginError, match="is registered already, as 'Mail'"):
        port(mail, mail)
    with pytest.raises(PluginError, match="A plugin 'Mail' is registered already"):
        port(mail).manager.register(Mail(), "Mail")


def test_two_of_one_class_get_names_of_their_own():
    assert port(Mail(), Mail(), Mail()).notifiers() == ("Mail", "Mail#2", "Mail#3")


def test_an_object_that_has_no_hash_is_a_plugin():
    @dataclass
    class Settled:
        detail: str

        @hookimpl
        def homebuy_notify(self, notice):
            return Delivery(detail=self.detail)

    asked = port(Settled("a"))
    asked.manager.register(Mail())
    assert asked.notify("notice").by == "Mail"
    asked.manager.unregister(name="Mail")
    assert asked.notify("notice").detail == "a"


def test_a_module_is_a_plugin():
    module = types.ModuleType("landlord_hooks")
    module.homebuy_notify = hookimpl(lambda notice: Delivery(detail="module"))
    assert port(module).notify("notice").by == "landlord_hooks"


def test_an_optional_hook_of_another_version_is_let_be():
    class Newer:
        @hookimpl(optionalhook=True)
        def homebuy_forecast(self, case): ...

    assert port(Newer()).plugin_names() == ("Newer",)


def test_switching_an_inherited_hook_off_is_let_be():
    class Quiet(Mail):
        homebuy_notify = None

    assert port(Quiet()).notifiers() == ()


def test_a_function_under_another_name_is_heard():
    class Renamed:
        @hookimpl(specname="homebuy_notify")
        def send(self, notice):
            return Delivery(detail="sent")

    assert port(Renamed(), Mail()).notify("notice").detail == ""
    assert port(Renamed()).notify("notice").detail == "sent"


def entry_point(monkeypatch, tmp_path, target):
    """An installed distribution with one plugin."""
    info = tmp_path / "landlord-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: landlord\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[homebuy]\nlandlord = {target}\n")
    (tmp_path / "landlord_for_test.py").write_text(
        "from homebuy_plugin.hookspecs import hookimpl\n"
        "from homebuy_plugin.types import Delivery\n"
        "class Post:\n"
        "    @hookimpl\n"
        "    def homebuy_notify(self, notice):\n"
        "        return Delivery(detail='posted')\n"
        "post = Post()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()


def test_installed_plugins_are_loaded_unless_left_out(monkeypatch, tmp_path):
    entry_point(monkeypatch, tmp_path, "landlord_for_test:post")
    assert "landlord" in port(entry_points=True).notifiers()
    assert port().notifiers() == ()


def test_an_installed_plugin_that_the_host_gives_as_well_is_registered_once(monkeypatch, tmp_path):
    entry_point(monkeypatch, tmp_path, "landlord_for_test:post")
    module = importlib.import_module("landlord_for_test")
    names = port(module.post, entry_points=True).notifiers()
    assert "Post" in names
    assert "landlord" not in names


@pytest.fixture(autouse=True)
def forget_the_module():
    yield
    sys.modules.pop("landlord_for_test", None)


def test_an_installed_class_is_refused_by_the_name_of_its_entry_point(monkeypatch, tmp_path):
    entry_point(monkeypatch, tmp_path, "landlord_for_test:Post")
    with pytest.raises(PluginError, match=r"'landlord' is a class; .* Register Post\(\)"):
        port(entry_points=True)


def test_an_installed_plugin_that_cannot_be_imported_says_where_it_came_from(monkeypatch, tmp_path):
    entry_point(monkeypatch, tmp_path, "landlord_for_test_missing:post")
    with pytest.raises(ModuleNotFoundError) as caught:
        port(entry_points=True)
    assert "entry-point group 'homebuy'" in caught.value.__notes__[0]


def test_hints():
    assert did_you_mean("homebuy_tik", hook_arguments()) == " Did you mean 'homebuy_tick'?"
    assert did_you_mean("quite_different", hook_arguments()) == ""
