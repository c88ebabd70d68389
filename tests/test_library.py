"""What is published, as one transaction sees it, and read only once."""

import pytest
from sqlalchemy import event

from homebuy_plugin import RuleAction, RuleVariable, Settings, hookimpl
from homebuy_plugin import library as shelves
from homebuy_plugin.exceptions import DatabaseBehind, DuplicateName, UnknownName
from homebuy_plugin.store import documents, migrations
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_documents import ALLOCATION, PACK, escalation, rule
from homebuy_plugin.testing.small_landlord import PUBLISHED_AT, SmallLandlord, at

CODE = "right_to_buy.england"


def world_of(landlord, **more):
    with reading(landlord.engine) as conn:
        return landlord.homebuy.desk.library.shelf(conn).world(CODE, **more)


def set_flag(name):
    return rule(name, "amber", {"name": "set_flag", "params": {"flag": name}})


def test_an_empty_shelf_says_what_to_run(landlord, engine):
    migrations.upgrade(engine)
    with reading(engine) as conn, pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
        landlord.homebuy.desk.library.shelf(conn)


def test_the_same_world_serves_every_call(landlord):
    assert world_of(landlord) is world_of(landlord)


def test_a_new_publication_makes_a_new_world_and_old_pins_stay(landlord):
    before = world_of(landlord)
    landlord.publish(at(2), escalation=escalation(set_flag("a")))
    landlord.publish(at(3), pack={**PACK, "name": "Renamed"})
    after = world_of(landlord)
    assert (after.pack_version, after.pack.name) == (2, "Renamed")
    assert [v.version for v in after.escalation] == [1, 2]
    assert world_of(landlord, version=1).pack == before.pack


def test_the_first_escalation_set_counts_from_the_beginning(landlord):
    landlord.publish(at(2), escalation=escalation(set_flag("a")))
    assert [v.since for v in world_of(landlord).escalation] == [None, at(2)]
    assert at(2) > PUBLISHED_AT


def test_another_process_sees_a_publication_at_once(landlord):
    other = SmallLandlord(landlord.engine)
    assert world_of(other).pack_version == 1
    landlord.publish(at(3), pack={**PACK, "name": "Renamed"})
    assert world_of(other).pack_version == 2


def test_what_is_published_is_read_again_only_after_a_publication(landlord):
    world_of(landlord)
    seen = []
    event.listen(landlord.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    world_of(landlord)
    assert len([s for s in seen if "homebuy_mark" in s]) == 1
    assert not [s for s in seen if "homebuy_document" in s]


def test_a_publication_that_was_rolled_back_leaves_nothing(landlord):
    library = landlord.homebuy.desk.library
    published = {"published_at": at(2), "author": "a", "reason": "r"}
    with writing(landlord.engine) as conn:
        with conn.raw.begin_nested() as savepoint:
            documents.publish(conn, "pack", CODE, PACK, **published)
            assert library.shelf(conn).world(CODE).pack_version == 2
            savepoint.rollback()
        assert library.shelf(conn).world(CODE).pack_version == 1
        documents.publish(conn, "pack", CODE, {**PACK, "name": "Renamed"}, **published)
    assert world_of(landlord).pack_version == 2


def test_only_so_many_worlds_are_kept(landlord, monkeypatch):
    monkeypatch.setattr(shelves, "_WORLDS", 3)
    library = landlord.homebuy.desk.library
    for version in range(10):
        library.world(("x", version), lambda: world_of(landlord))
    assert len(library._worlds) <= 3 + 1


@pytest.mark.parametrize(
    ("scheme", "country", "words"),
    [
        ("right_to_by", "england", "Did you mean 'right_to_buy'"),
        ("right_to_buy", "wales", "country 'wales' for right_to_buy"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_scheme_or_country_without_a_pack_is_named(landlord, scheme, country, words):
    with reading(landlord.engine) as conn, pytest.raises(UnknownName, match=words):
        landlord.homebuy.desk.library.shelf(conn).pack_code(scheme, country, None)


def test_a_calendar_published_later_has_its_newest_version(landlord):
    landlord.create()
    with reading(landlord.engine) as conn:
        world = landlord.homebuy.desk.library.shelf(conn).world(CODE, 1, {})
    assert "england_and_wales" in world.calendars


def test_a_default_calendar_nobody_published_is_named(landlord):
    lost = SmallLandlord(landlord.engine, settings=Settings(default_calendar="wales"))
    with pytest.raises(UnknownName, match="calendar 'wales'"):
        world_of(lost)


def test_the_roles_taken_in_turn_are_those_that_rules_name(landlord):
    in_turn = {"name": "reassign", "params": {"role": "surveyor", "strategy": "round_robin"}}
    landlord.publish(at(2), escalation=escalation(rule("move", "amber", in_turn)))
    with reading(landlord.engine) as conn:
        roles = landlord.homebuy.desk.library.shelf(conn).turn_roles()
    assert roles == {"leasehold_officer", "surveyor"}
    assert ALLOCATION["rules"][0]["actions"][0]["params"]["strategy"] == "round_robin"


class Crane:
    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="height", label="height", type="number", read=lambda facts, case: 3)]

    @hookimpl
    def homebuy_rule_actions(self):
        return [RuleAction(name="lift", label="Lift", params={"weight": "number"})]


class Tower(Crane):
    pass


def test_names_of_plugins_are_known_to_rules(landlord):
    world = world_of(SmallLandlord(landlord.engine, [Crane()]))
    assert world.catalogue.variables["height"].provider == "plugin 'Crane'"
    assert "height" in world.host_variables
    assert "national_insurance" in world.personal


def test_a_name_offered_twice_is_refused_at_once_naming_both(landlord):
    with pytest.raises(DuplicateName, match=r"Crane.*Tower"):
        SmallLandlord(landlord.engine, [Crane(), Tower()])


def test_a_plugins_variable_is_no_fact(landlord):
    with pytest.raises(UnknownName, match="fact 'height'"):
        SmallLandlord(landlord.engine, [Crane()]).create(facts={"height": 4})
