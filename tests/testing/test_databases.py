"""Each test gets a database of its own, on both kinds of server."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from homebuy_plugin.testing import postgres
from homebuy_plugin.testing.databases import disposed, fresh_database, fresh_engine


def make_table(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER)"))


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_never_sees_what_another_left(engine, turn):
    assert inspect(engine).get_table_names() == []
    make_table(engine)


def test_two_engines_of_one_url_share_the_database(engine, database_url):
    make_table(engine)
    with disposed(database_url) as second:
        assert inspect(second).get_table_names() == ["thing"]


def test_the_engine_is_of_the_kind_the_test_id_says(engine, database_kind):
    assert engine.dialect.name == database_kind


def test_a_prepared_database_is_prepared_once_and_copied(databases):
    calls = []

    def prepare(engine):
        calls.append(engine)
        make_table(engine)

    for _ in range(2):
        with fresh_engine(databases, prepare) as engine:
            assert inspect(engine).get_table_names() == ["thing"]
            with engine.begin() as connection:
                assert connection.execute(text("SELECT count(*) FROM thing")).scalar_one() == 0
                connection.execute(text("INSERT INTO thing VALUES (1)"))
    assert len(calls) == 1


def test_a_connection_left_open_does_not_keep_a_database(databases):
    with fresh_database(databases) as url:
        engine = create_engine(url)
        connection = engine.connect()
        connection.execute(text("SELECT 1"))
    connection.invalidate()
    connection.close()
    engine.dispose()


def test_without_a_server_the_message_says_how_to_get_one(monkeypatch):
    monkeypatch.delenv(postgres.SERVER_VARIABLE, raising=False)
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    with (
        pytest.raises(postgres.PostgresUnavailable, match="set HOMEBUY_TEST_POSTGRES"),
        postgres.postgres_server(),
    ):
        pass


def test_a_named_server_is_used_with_our_driver(monkeypatch):
    monkeypatch.setenv(postgres.SERVER_VARIABLE, "postgresql://u:p@db.example/postgres")
    with postgres.postgres_server() as url:
        assert url.render_as_string(hide_password=False) == "postgresql+psycopg://u:p@db.example/postgres"


HOLD_A_SERVER = """
import sys
from homebuy_plugin.testing.postgres import postgres_server
with postgres_server() as url:
    print(url.query["host"], flush=True)
    assert sys.stdin.read() != "fail"
"""


@pytest.mark.skipif(postgres.find_binaries() is None, reason=postgres.UNAVAILABLE)
@pytest.mark.slow
@pytest.mark.parametrize("how", ["end", "fail", "kill"])
def test_a_server_never_outlives_the_run_that_started_it(how):
    environment = {k: v for k, v in os.environ.items() if k != postgres.SERVER_VARIABLE}
    command = [sys.executable, "-c", HOLD_A_SERVER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes, text=True, env=environment) as run:
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        if how == "kill":
            run.send_signal(signal.SIGKILL)
        run.communicate("fail" if how == "fail" else "", timeout=60)
    assert gone(folder, server)


def gone(folder, server, seconds=20.0):
    until = time.monotonic() + seconds
    while folder.exists() or Path(f"/proc/{server}").exists():
        if time.monotonic() > until:
            shutil.rmtree(folder, ignore_errors=True)
            return False
        time.sleep(0.05)  # noqa: TID251 - waits for another process, not for a clock
    return True


def test_only_the_fixtures_need_pytest():
    """A host may use the databases under another test runner."""
    code = (
        "import sys; sys.modules['pytest'] = None; import homebuy_plugin.testing; "
        "from homebuy_plugin.testing import databases, postgres, recording"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
