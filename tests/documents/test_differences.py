"""Two versions of a document, compared in words."""

import copy

import pytest

from homebuy_plugin.documents.differences import differences


@pytest.fixture
def compare(catalogue, landlord):
    def run(name, change):
        kind = landlord[name]["format"].split(".")[1].split("/")[0]
        after = copy.deepcopy(landlord[name])
        change(after)
        return [each.text for each in differences(kind, landlord[name], after, catalogue)]

    return run


def task(pack):
    return pack["stages"][0]["tasks"][0]


def test_equal_documents_differ_in_nothing_however_they_are_written(compare):
    def write_otherwise(pack):
        task(pack)["clocks"][0] |= {"starts": ["task.planned_start"], "amber": []}
        task(pack)["clocks"][0]["period"] = [task(pack)["clocks"][0]["period"]]
        pack["stages"][0] = dict(reversed(pack["stages"][0].items()))

    assert compare("pack.json", write_otherwise) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda p: task(p)["clocks"][0]["period"].update(value=5),
            "~ stage “application”, task “check_form”, clock “target”, period: 5 working days, was 3 working days",
        ),
        (
            lambda p: task(p).update(
                when={"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}
            ),
            "~ stage “application”, task “check_form”, when: the property type is flat, was none",
        ),
        (
            lambda p: task(p).update(mandatory=False),
            "~ stage “application”, task “check_form”, mandatory: no, was yes",
        ),
        (lambda p: p["stages"].pop(1), "- stage “offer”: Offer"),
        (
            lambda p: p["stages"][1].update(tasks=[{"code": "t", "name": "Tell"}]),
            "+ stage “offer”, task “t”: Tell",
        ),
        (lambda p: p["stages"].reverse(), "~ order of stages: offer, application, was application, offer"),
    ],
)
def test_a_pack_in_words(compare, change, said):
    assert compare("pack.json", change) == [said]


def test_rules_in_words(compare):
    def change(rules):
        first, later = rules["rules"]
        first["state"] = "watch"
        later["after"] = {"value": 1, "unit": "weeks"}
        later["actions"][0]["params"]["to"] = ["manager"]
        rules["rules"].append({**first, "id": "more", "name": "More"})

    assert compare("escalation.json", change) == [
        "~ rule “overdue”, state: watch, was on",
        "~ rule “overdue-later”, actions: notify (to manager, template overdue), was notify (to role:officer, template overdue)",
        "~ rule “overdue-later”, after: 1 week, was 5 days",
        "+ rule “more”: More",
    ]


def test_holidays_members_and_letters_by_what_they_are(compare):
    assert compare(
        "calendar.json", lambda c: c["holidays"].append({"date": "2026-12-28", "name": "Proclaimed"})
    ) == ["+ holiday “2026-12-28”: Proclaimed"]
    assert compare(
        "groups.json", lambda g: g["groups"][0]["members"][1].update(effective_to="2026-12-31")
    ) == ["~ group “legal”, member “user p.shah”, effective to: 2026-12-31, was none"]
    assert compare("templates.json", lambda t: t["templates"][0].update(subject="Late")) == [
        "~ letter “overdue en email”, subject: Late, was ((reference)) overdue"
    ]


def test_a_document_that_is_new_or_gone(landlord, catalogue):
    groups = landlord["groups.json"]
    assert [d.text for d in differences("groups", None, groups, catalogue)] == ["+ group “legal”: Legal"]
    assert [d.text for d in differences("groups", groups, None, catalogue)] == ["- group “legal”: Legal"]
