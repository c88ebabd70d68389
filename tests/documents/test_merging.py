"""The union of files."""

import pytest

from homebuy_plugin.documents.merging import merge
from homebuy_plugin.exceptions import InvalidDocument


def test_files_of_a_kind_make_one_document() -> None:
    one = {"format": "homebuy.allocation/1", "rules": [{"id": "a", "rank": 1, "actions": []}]}
    two = {"format": "homebuy.allocation/1", "rules": [{"id": "b", "rank": 2, "actions": []}]}
    assert merge("allocation", {"one.json": one, "two.json": two}) == {
        "format": "homebuy.allocation/1",
        "rules": [*one["rules"], *two["rules"]],
    }


def test_the_same_id_in_two_files_is_refused_naming_both() -> None:
    rules = {"rules": [{"id": "a"}]}
    with pytest.raises(InvalidDocument) as caught:
        merge("escalation", {"one.json": rules, "two.json": rules})
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.pointer) == ("HB152", "/rules/0")
    assert problem.message == "“a” stands in one.json and in two.json."


def test_twice_in_one_file_says_so() -> None:
    with pytest.raises(InvalidDocument, match=r"“a” stands twice in one\.json"):
        merge("attributes", {"one.json": {"attributes": [{"name": "a"}, {"name": "a"}]}})


def test_a_template_may_have_several_languages_and_channels() -> None:
    templates = [{"id": "t"}, {"id": "t", "language": "cy"}, {"id": "t", "channel": "sms"}]
    assert merge("templates", {"t.json": {"templates": templates}})["templates"] == templates
    with pytest.raises(InvalidDocument, match="“t en email” stands in"):
        merge(
            "templates",
            {"a": {"templates": [{"id": "t", "language": "en"}]}, "b": {"templates": [{"id": "t"}]}},
        )


def test_no_file_makes_an_empty_document() -> None:
    assert merge("groups", {}) == {"format": "homebuy.groups/1", "groups": []}
