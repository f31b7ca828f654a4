"""Text becomes a name that every system takes, that says what it is, and that no other file has."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threekit_async.transfer.cleaning import (
    LONGEST_NAME,
    MANIFEST_NAME,
    NOTES_SUFFIX,
    PART_SUFFIX,
    clean,
    clean_part,
    distinct,
    harmless,
    same_name,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_no_character_that_hides_what_a_name_says_stays_in_it() -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    every = map(chr, range(sys.maxunicode + 1))
    kept = [c for c in every if unicodedata.category(harmless(c)[0]) in hidden]
    assert not kept


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a/b\\c:d*e?f", "a_b_c_d_e_f"),
        ('"<>|', "____"),
        ("a\x00b\x1fc\x7fd\x9fe", "a_b_c_d_e"),
        ("report\u202egpj.exe", "report_gpj.exe"),
        ("a\u200bb\ufeffc\u2060d", "a_b_c_d"),
        ("x\ufe0fy\u034fz", "x_y_z"),
        ("\ud800", "_"),
        ("a\u2028b\u2029", "a_b_"),
        ("a\u00a0b\u3000c", "a b c"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("🪑 Größe", "🪑 Größe"),
    ],
)
def test_what_no_name_should_hold_is_replaced(text: str, made: str) -> None:
    assert harmless(text) == made


@pytest.mark.parametrize(
    ("part", "made"),
    [
        ("", "_"),
        (" . ", "_"),
        ("a. .", "a"),
        ("-rf", "_-rf"),
        ("~root", "_~root"),
        (".htaccess", "_.htaccess"),
        ("con.txt", "_con.txt"),
        ("LPT¹", "_LPT¹"),
        ("a.PART", "a.PART_"),
        ("a.part.JSON", "a.part.JSON_"),
        ("a.part.json.png", "a.part.json.png"),
        (MANIFEST_NAME, MANIFEST_NAME + "_"),
        ("ThreeKit-Manifest.JSONL", "ThreeKit-Manifest.JSONL_"),
        ("threekit-manife\ufb06.jsonl", "threekit-manife\ufb06.jsonl_"),
        ("threekit-manifest.json", "threekit-manifest.json"),
        ("THREEK~1.JSO", "THREEK_1.JSO"),
        ("git~1", "git_1"),
        ("Armchair~1.png", "Armchair~1.png"),
    ],
)
def test_names_that_mean_something_else_become_other_names(part: str, made: str) -> None:
    assert clean_part(part, guarded=True) == made


@pytest.mark.parametrize("part", ["-x", ".previews", "~"])
def test_what_a_template_itself_begins_with_stays(part: str) -> None:
    assert clean_part(part, guarded=False) == part


@given(ANY_TEXT, st.booleans())
@example("com1.png", True)
@example(" .~1", True)
@example("x.part.part", False)
def test_cleaning_twice_is_cleaning_once(text: str, guarded: bool) -> None:
    value = clean(text)
    assert clean(value) == value
    assert harmless(harmless(text)) == harmless(text)
    part = clean_part(value, guarded=guarded)
    assert clean_part(part, guarded=guarded) == part
    assert clean(text) == value


@given(ANY_TEXT, st.sampled_from(["", ".part", ".Part.Json", ".", " ", "~1"]))
def test_no_name_is_one_of_ours(text: str, end: str) -> None:
    name = same_name(clean_part(clean(text) + end, guarded=True))
    assert not name.endswith((PART_SUFFIX, NOTES_SUFFIX))
    assert name != MANIFEST_NAME


def test_the_longest_name_has_room_for_the_longest_suffix() -> None:
    assert max(map(len, (PART_SUFFIX, NOTES_SUFFIX))) + LONGEST_NAME == 255


def test_a_long_value_is_cut_and_keeps_its_end() -> None:
    one, other = clean("a" * 10_000 + ".png"), clean("a" * 9_999 + "b.png")
    assert re.fullmatch(r"a+~[0-9a-f]{12}\.png", one)
    assert len(one) == len(other) == 120
    assert one != other


@pytest.mark.parametrize(
    "identity",
    ["a", "0b8c2f0e-6a55-4a4f-9a57-2a9d7f9b1c01", "sha256-" + "0123456789abcdef" * 4, "company-1"],
)
def test_a_plain_id_stays_what_it_is(identity: str) -> None:
    assert distinct(identity) == identity


@given(ANY_TEXT, ANY_TEXT)
@example("A", "a")
@example("K", "\u212a")
@example("ss", "ß")
@example("e\u0301", "é")
@example("con", "_con")
@example("a/b", "a:b")
@example("-a", "_-a")
@example("", "_")
@example("a" * 80, "a" * 81)
@example("a", "a" + distinct("A")[1:])
def test_different_ids_are_different_also_where_case_is_ignored(one: str, other: str) -> None:
    if one != other:
        assert same_name(distinct(one)) != same_name(distinct(other))


@given(ANY_TEXT)
@example("-a/")
def test_what_follows_an_id_in_a_template_is_never_taken_for_it(identity: str) -> None:
    assert re.fullmatch(r"[0-9A-Za-z_][0-9A-Za-z_~-]*", distinct(identity))


@given(ANY_TEXT)
@example("\u03b1\u0345\u0301")
def test_names_are_the_same_in_any_case_and_composition(text: str) -> None:
    name = same_name(text)
    assert same_name(name) == name
    assert same_name(unicodedata.normalize("NFD", text)) == name
    assert same_name(unicodedata.normalize("NFD", text).casefold()) == name


@pytest.mark.parametrize(
    ("one", "other"), [("A.PNG", "a.png"), ("É", "e\u0301"), ("Straße", "STRASSE")]
)
def test_names_that_a_file_system_merges_are_the_same(one: str, other: str) -> None:
    assert same_name(one) == same_name(other)
    assert same_name(one) != same_name(other + "x")
