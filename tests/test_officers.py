"""Who is who within one transaction: read once, the host first."""

from datetime import date

import pytest
from sqlalchemy import event

from homebuy_plugin import Contact, Officer
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.officers import CaseDirectory
from homebuy_plugin.plugins import Answers
from homebuy_plugin.store import directory, journal
from homebuy_plugin.store.directory import Position
from homebuy_plugin.store.roster import Rosters
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_landlord import at

TODAY = date(2026, 11, 3)


@pytest.fixture
def conn(landlord):
    with writing(landlord.engine) as conn:
        yield conn


@pytest.fixture
def who(landlord, conn):
    return directory_on(landlord, conn)


def directory_on(landlord, conn, **more):
    port = landlord.homebuy.port
    return CaseDirectory(conn=conn, session=conn.raw, answers=Answers(port=port), **more)


def test_members_are_those_of_the_date(who):
    assert [o.id for o in who.members("leasehold_officer", TODAY)] == ["amir", "beth", "cora"]
    assert who.members("lawyer", TODAY) == (Officer(id="lena", name="Lena Law"),)
    assert who.members("roofer", TODAY) == ()


def test_absences_are_half_open(who):
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 14), date(2026, 11, 15)]
    assert [who.available("user:cora", day) for day in days] == [True, False, False, True]
    assert who.available("role:lawyer", TODAY)
    assert who.available("user:stranger", TODAY)


def test_contacts_have_what_is_known_of_them(who):
    assert who.contact("user:amir") == Contact(
        kind="user", id="amir", name="Amir Khan", address="amir@landlord.example"
    )
    assert who.contact("role:lawyer") == Contact(kind="role", id="lawyer", name="Lawyer")
    assert who.contact("user:stranger") == Contact(kind="user", id="stranger")


def test_a_name_of_the_hosts_goes_with_an_address_on_file(landlord, who):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="amir", name="A. Khan"), Officer(id="beth")])
    who.members("leasehold_officer", TODAY)
    assert who.contact("user:amir").name == "A. Khan"
    assert who.contact("user:amir").address == "amir@landlord.example"
    assert who.contact("user:beth").name == "Beth Owen"


def test_the_host_is_asked_once_for_each_question(landlord, who):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="amir")])
    landlord.host.answer("homebuy_officer_available", True)
    for _ in range(3):
        who.members("lawyer", TODAY)
        who.available("user:cora", TODAY)
    who.members("lawyer", date(2026, 11, 4))
    assert len(landlord.host.calls_of("homebuy_officers_in_role")) == 2
    assert len(landlord.host.calls_of("homebuy_officer_available")) == 1


def test_the_hosts_error_is_kept_like_an_answer(landlord, who):
    landlord.host.fail("homebuy_officers_in_role", OSError("ldap"))
    for _ in range(2):
        with pytest.raises(OSError, match="ldap"):
            who.members("lawyer", TODAY)
    assert len(landlord.host.calls_of("homebuy_officers_in_role")) == 1


def test_the_tables_are_read_once(landlord, conn, who):
    seen = []
    event.listen(landlord.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    for role in ("lawyer", "leasehold_officer", "house_officer"):
        for officer in who.members(role, TODAY):
            who.available(officer.key, TODAY)
            who.contact(officer.key)
    assert len([s for s in seen if "SAVEPOINT" not in s]) <= 6


def test_the_tables_are_read_again_only_once_they_changed(landlord):
    """By any process, and not for a change that was rolled back."""
    asked, rosters = [], Rosters()
    event.listen(landlord.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))

    def names():
        asked.clear()
        with reading(landlord.engine) as conn:
            found = rosters.current(conn)
        again = any("homebuy_officer" in statement for statement in asked)
        return found.contact("user:amir").name, found.gone("beth", TODAY), again

    assert names() == ("Amir Khan", False, True)
    assert names() == ("Amir Khan", False, False)
    with writing(landlord.engine) as conn, conn.raw.begin_nested() as savepoint:
        directory.name_officer(conn, "amir", "Nobody")
        assert rosters.current(conn).contact("user:amir").name == "Nobody"
        savepoint.rollback()
    assert names()[:2] == ("Amir Khan", False)
    landlord.homebuy.staff.leaves("beth", TODAY)
    assert names() == ("Amir Khan", True, True)


def test_who_left_while_another_chose_is_not_chosen(landlord, conn):
    """Whoever chooses locks the positions, and looks at the roster only then."""

    def waited(conn, roles):
        directory.set_left(conn, "amir", TODAY)  # what the other committed meanwhile
        return directory.round_robin(conn, roles)

    who = directory_on(landlord, conn, positions=waited)
    pick = who.pick("leasehold_officer", "round_robin", TODAY)
    assert pick.officers == ("user:beth",)
    assert pick.passed_over["user:amir"] == "no longer here"


CHANGES = {
    "an officer": lambda conn: directory.name_officer(conn, "amir", "Amir Khan"),
    "a role": lambda conn: directory.name_role(conn, "lawyer", "Lawyer"),
    "an absence": lambda conn: directory.add_absence(conn, "amir", TODAY, TODAY),
    "one who leaves": lambda conn: directory.set_left(conn, "amir", None),
    "a file": lambda conn: directory.import_landlord(conn, Landlord()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_noticed(conn, change):
    before = journal.mark(conn, journal.ROSTER)
    CHANGES[change](conn)
    assert journal.mark(conn, journal.ROSTER) not in (None, before)


def test_turns_go_round_and_are_written_at_the_end(who, conn):
    picked = [who.pick("leasehold_officer", "round_robin", date(2026, 11, 20)).officers[0] for _ in range(4)]
    assert picked == ["user:amir", "user:beth", "user:cora", "user:amir"]
    assert directory.turns_taken(conn, ["leasehold_officer"]) == {"leasehold_officer": Position()}
    who.save_turns()
    assert directory.turns_taken(conn, ["leasehold_officer"]) == {"leasehold_officer": ("user:amir", 4)}


def test_every_position_is_locked_with_the_first(landlord, conn):
    asked = []

    def positions(conn, roles):
        asked.append(sorted(roles))
        return dict.fromkeys(roles, Position())

    who = directory_on(
        landlord, conn, turn_roles=lambda: frozenset({"lawyer", "surveyor"}), positions=positions
    )
    for role in ("surveyor", "lawyer", "leasehold_officer", "house_officer"):
        who.pick(role, "round_robin", TODAY)
    assert asked[0] == ["lawyer", "surveyor"]


def test_a_turn_taken_here_is_newer_than_the_one_on_file(who):
    first = who.pick("leasehold_officer", "round_robin", TODAY)
    who.pick("lawyer", "round_robin", TODAY)
    second = who.pick("leasehold_officer", "round_robin", TODAY)
    assert (first.officers, second.officers) == (("user:amir",), ("user:beth",))


def test_what_was_picked_for_a_case_that_errs_is_forgotten(who, conn):
    who.pick("leasehold_officer", "round_robin", TODAY)

    given = who.given()
    who.pick("leasehold_officer", "round_robin", TODAY)
    who.pick("leasehold_officer", "least_open_cases", TODAY)
    who.back_to(given)
    who.save_turns()
    assert directory.turns_taken(conn, ["leasehold_officer"]) == {"leasehold_officer": ("user:amir", 1)}
    assert who.pick("leasehold_officer", "least_open_cases", TODAY).officers == ("user:amir",)


def test_least_busy_counts_what_this_transaction_gave_away(who):
    picked = [
        who.pick("leasehold_officer", "least_open_cases", date(2026, 11, 20)).officers[0] for _ in range(4)
    ]
    assert picked == ["user:amir", "user:beth", "user:cora", "user:amir"]
    assert who.open_cases("user:amir") == 2


def test_open_cases_are_counted(landlord):
    landlord.create("HB-1")
    landlord.create("HB-2", now=at(2, 11))
    landlord.create("HB-3", now=at(2, 12))
    with reading(landlord.engine) as conn:
        who = directory_on(landlord, conn)
        assert [who.open_cases(f"user:{u}") for u in ("amir", "beth", "lena")] == [2, 1, 0]
