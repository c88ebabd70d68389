"""Who is in a role, who is away, who has how much."""

from datetime import UTC, date, datetime

from homebuy_plugin.documents.model import AbsenceEntry, Landlord, OfficerEntry, RoleEntry, RoleMember
from homebuy_plugin.store import directory
from homebuy_plugin.store.directory import Position, Share
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.types import Officer
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.fold import fold

LANDLORD = Landlord(
    officers=(
        OfficerEntry(id="ann", name="Ann Lee", address="ann@example.org"),
        OfficerEntry(id="bob", name="Bob"),
    ),
    roles=(
        RoleEntry(
            id="surveyor",
            name="Surveyor",
            members=(
                RoleMember(id="bob"),
                RoleMember(id="ann", effective_from=date(2026, 4, 1), effective_to=date(2026, 11, 9)),
                RoleMember(id="zoe", effective_from=date(2026, 11, 9)),
            ),
        ),
    ),
    absences=(AbsenceEntry(officer="bob", start=date(2026, 11, 5), end=date(2026, 11, 7)),),
)


def test_members_count_from_their_first_day_until_before_their_last(conn):
    directory.import_landlord(conn, LANDLORD)
    ann, bob, zoe = Officer(id="ann", name="Ann Lee"), Officer(id="bob", name="Bob"), Officer(id="zoe")
    assert directory.in_role(conn, "surveyor", date(2026, 3, 31)) == [bob]
    assert directory.in_role(conn, "surveyor", date(2026, 11, 8)) == [ann, bob]
    assert directory.in_role(conn, "surveyor", date(2026, 11, 9)) == [bob, zoe]
    assert directory.in_role(conn, "nobody", date(2026, 11, 9)) == []


def test_absence_is_half_open_too(conn):
    directory.import_landlord(conn, LANDLORD)
    both = ["ann", "bob"]
    away = [directory.absent(conn, both, date(2026, 11, day)) for day in (4, 5, 6, 7)]
    assert away == [set(), {"bob"}, {"bob"}, set()]


def test_importing_twice_changes_nothing(conn):
    directory.import_landlord(conn, LANDLORD)
    directory.import_landlord(conn, LANDLORD)
    assert len(directory.in_role(conn, "surveyor", date(2026, 11, 8))) == 2
    assert directory.names(conn) == {"user:ann": "Ann Lee", "user:bob": "Bob", "role:surveyor": "Surveyor"}
    directory.name_officer(conn, "bob", "Robert", "r@example.org")
    directory.name_role(conn, "surveyor", "Valuer")
    assert directory.officers(conn, ["bob", "who"]) == {
        "bob": OfficerEntry(id="bob", name="Robert", address="r@example.org")
    }
    assert directory.names(conn)["role:surveyor"] == "Valuer"


def test_open_cases_and_last_assignments_are_counted(conn, blank_script):
    for number, owner in enumerate(["user:ann", "user:ann", "user:bob"], 1):
        script = blank_script(f"HB-{number}")
        script(e.CASE_ALLOCATED, datetime(2026, 11, number, tzinfo=UTC), owners=[owner])
        if number == 2:
            script(e.CASE_STATUS, datetime(2026, 11, 3, tzinfo=UTC), status="closed", outcome="sold")
        save(conn, [CaseWrite(None, None, fold(script.events), script.events)])
    owners = ["user:ann", "user:bob", "user:zoe"]
    assert directory.shares(conn, owners) == {
        "user:ann": Share(1, datetime(2026, 11, 3, tzinfo=UTC)),
        "user:bob": Share(1, datetime(2026, 11, 3, tzinfo=UTC)),
        "user:zoe": Share(),
    }


def test_a_turn_is_remembered(conn):
    assert directory.round_robin(conn, ["b", "a", "b"]) == {"a": Position(), "b": Position()}
    directory.take_turn(conn, "b", Position("ann", 3))
    assert directory.round_robin(conn, ["a", "b"]) == {"a": Position(), "b": Position("ann", 3)}
    assert directory.round_robin(conn, []) == {}
