"""Letters: placeholders put in, and nothing else that a text could do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.documents.letters import (
    LONGEST_LETTER,
    MissingPlaceholder,
    Placeholder,
    explain_markup,
    marks,
    placeholders,
    render,
)
from homebuy_plugin.documents.model import Template


def letter(body: str, subject: str = "About ((reference))") -> Template:
    return Template(id="t", subject=subject, body=body)


def test_values_are_put_in() -> None:
    values = {"reference": "HB-1", "due_on": "Mon 30 Nov 2026"}
    assert render(letter("Due ((due_on)), (( reference )). ((due_on))"), values) == (
        "About HB-1",
        "Due Mon 30 Nov 2026, HB-1. Mon 30 Nov 2026",
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("yes", "It is late. "),
        ("2", "It is late. "),
        ("no", ""),
        ("", ""),
        ("false", ""),
        ("No ", ""),
        ("0", ""),
    ],
)
def test_a_flag_shows_its_text_or_nothing(value: str, shown: str) -> None:
    assert render(letter("((late??It is late. ))Bye", ""), {"late": value}) == ("", f"{shown}Bye")


def test_a_missing_value_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingPlaceholder, match=r"The letter 't' needs \(\(due_on\)\)") as caught:
        render(letter("((due_on))"), {"reference": "HB-1"})
    assert (caught.value.template, caught.value.name) == ("t", "due_on")
    with pytest.raises(MissingPlaceholder):
        render(letter("((late??x))", ""), {})


def test_a_value_is_never_read_for_placeholders() -> None:
    values = {"reference": "((due_on))", "due_on": "secret"}
    assert render(letter("((reference))"), values) == ("About ((due_on))", "((due_on))")


def test_a_subject_stays_one_line() -> None:
    assert render(letter("x"), {"reference": "a\r\nBcc: everybody"})[0] == "About a Bcc: everybody"


def test_backslashes_and_braces_mean_nothing() -> None:
    assert (
        render(letter(r"\1 {reference} %s $x ((reference))", ""), {"reference": r"\g<0>"})[1]
        == r"\1 {reference} %s $x \g<0>"
    )


def test_a_letter_has_an_end() -> None:
    assert len(render(letter("((reference))" * 1000, ""), {"reference": "x" * 1000})[1]) == LONGEST_LETTER


def test_placeholders_are_listed_once_in_order() -> None:
    assert placeholders("((b)) ((a)) ((b??x)) (a) ((c") == ("b", "a")
    assert list(marks("((a??yes))((b))")) == [Placeholder(name="a", text="yes"), Placeholder(name="b")]


@pytest.mark.parametrize("body", ["((a", "a))", "((a) )", "((a((b))))", "((a??((b))))"])
def test_brackets_that_do_not_match_are_refused(body: str) -> None:
    assert "HB302" in [each.code for each in explain_markup(body)]


@pytest.mark.parametrize("body", ["", "(a)", "a ( b ) c", "((a))((b??c d, e))", "f(x) = (x)"])
def test_plain_text_is_fine(body: str) -> None:
    assert list(explain_markup(body)) == []


@pytest.mark.parametrize(
    "body", ["(())", "((A))", "((a b))", "((a.b))", "((__class__))", "((??x))", "((" + "a" * 65 + "))"]
)
def test_other_names_are_refused(body: str) -> None:
    assert [each.code for each in explain_markup(body)] == ["HB301"]


@given(st.text(), st.text())
def test_whatever_stands_around_stays(before: str, value: str) -> None:
    if list(marks(before)) or before.endswith("("):
        return
    assert render(letter(f"{before}((reference))", ""), {"reference": value})[1] == f"{before}{value}"


@given(st.text("()?a ", max_size=200))
def test_odd_brackets_never_fail_otherwise(text: str) -> None:
    list(explain_markup(text))
    placeholders(text)
