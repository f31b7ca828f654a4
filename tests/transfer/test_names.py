"""File names: nothing leaves the folder, and every system accepts every part."""

# ruff: noqa: A002
from __future__ import annotations

import ntpath
import posixpath
import re
from pathlib import PureWindowsPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threekit_async import UnsafeNameError, UsageError
from threekit_async.transfer.names import NameTemplate

FIELDS = frozenset({"id", "asset_id", "branch", "ext"})
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')

_NASTY = st.sampled_from(
    [
        "..",
        ".",
        "",
        " ",
        "/",
        "\\",
        "../..",
        "C:",
        "C:\\x",
        "//server/share",
        "con",
        "CON.txt",
        "nul.",
        "LPT1",
        "com¹.png",
        "a\x00b",
        "x.part",
        "é" * 200,
        "~",
        "\ud800",
        "a. ",
        "-rf",
    ]
)
_VALUE = st.one_of(_NASTY, st.text(), st.none(), st.integers(), st.text(min_size=200))
_TEMPLATES = st.sampled_from(
    ["{id}", "{id}.{ext}", "{asset_id}/{id}.{ext}", "{branch}/{asset_id}/{id}", "x{id}y", "{id}."]
)


def rendered(text: str, **values: Any) -> str:
    return str(NameTemplate.parse(text, allowed=FIELDS).render(values))


def name_or_refusal(text: str, **values: Any) -> str | None:
    """The name, or None where it is refused for its length."""
    try:
        return rendered(text, **values)
    except UnsafeNameError:
        return None


def reserved_on_windows(name: str) -> bool:
    if hasattr(ntpath, "isreserved"):
        return bool(ntpath.isreserved(name))
    return PureWindowsPath(name).is_reserved()


@given(text=_TEMPLATES, id=_VALUE, asset_id=_VALUE, branch=_VALUE, ext=_VALUE)
@example(text="{branch}/{asset_id}/{id}", id="..", asset_id="../..", branch="", ext=None)
def test_no_value_leaves_the_folder_or_adds_one(
    text: str, id: Any, asset_id: Any, branch: Any, ext: Any
) -> None:
    name = name_or_refusal(text, id=id, asset_id=asset_id, branch=branch, ext=ext)
    if name is None:
        return
    for system in (posixpath, ntpath):
        target = system.normpath(system.join("folder", name))
        assert target == system.join("folder", *name.split("/"))
    assert not PureWindowsPath(name).anchor
    assert len(name.split("/")) == len(text.split("/"))


@given(text=_TEMPLATES, id=_VALUE, asset_id=_VALUE, branch=_VALUE, ext=_VALUE)
def test_every_part_is_a_name_that_every_system_accepts(
    text: str, id: Any, asset_id: Any, branch: Any, ext: Any
) -> None:
    name = name_or_refusal(text, id=id, asset_id=asset_id, branch=branch, ext=ext)
    for part in (name or "a").split("/"):
        assert part
        assert part == part.strip(" ").rstrip(". ")
        assert not FORBIDDEN.search(part)
        assert 1 <= len(part.encode()) <= 250
        assert not part.lower().endswith(".part")


@pytest.mark.parametrize(
    "value",
    ["con", "CON", "nul.txt", "prn", "aux.tar.gz", "com1", "COM9.png", "lpt¹", "com²", "NUL "],
)
def test_names_windows_keeps_for_itself_are_not_used(value: str) -> None:
    assert not reserved_on_windows(rendered("{id}", id=value))


@pytest.mark.parametrize("value", ["con .png", "CONIN$", "conout$.txt"])
def test_the_rarer_names_windows_keeps_for_itself_are_not_used_either(value: str) -> None:
    assert not reserved_on_windows(rendered("{id}", id=value))


@pytest.mark.parametrize(
    ("template", "values", "name"),
    [
        ("{id}.{ext}", {"id": "a", "ext": "png"}, "a.png"),
        ("{asset_id}/{id}.{ext}", {"asset_id": "x", "id": "a", "ext": "glb"}, "x/a.glb"),
        ("{branch}", {"branch": "a/b\\c:d"}, "a_b_c_d"),
        ("{branch}", {"branch": ".."}, "_"),
        ("{branch}", {"branch": "..."}, "_"),
        ("{branch}", {"branch": "con"}, "_con"),
        ("{branch}", {"branch": "a.part"}, "a.part_"),
        ("{id}.{ext}", {"id": "a", "ext": "PART"}, "a.PART_"),
        ("{asset_id}/{id}", {"id": "a"}, "none/a"),
        ("{id}", {"id": 7}, "7"),
        ("{branch}", {"branch": "Größe 1"}, "Größe 1"),
        ("{{{id}}}", {"id": "a"}, "{a}"),
    ],
)
def test_a_template_is_filled(template: str, values: dict[str, object], name: str) -> None:
    assert rendered(template, **values) == name


@given(st.text(min_size=1), st.text(min_size=1))
@example("a/b", "a_b")
@example("a:b", "a/b")
@example("a.", "a")
@example("x.part", "x.part_")
def test_different_ids_never_share_a_name(one: str, other: str) -> None:
    if one != other:
        assert rendered("{id}", id=one) != rendered("{id}", id=other)


def test_a_reserved_id_and_its_replacement_do_not_share_a_name() -> None:
    assert rendered("{id}", id="con") != rendered("{id}", id="_con")


@given(st.text(min_size=121), st.text(min_size=121))
def test_long_values_are_cut_and_stay_different(one: str, other: str) -> None:
    # What differs only in characters that no file system takes may become the same.
    plain_one, plain_other = (FORBIDDEN.sub("_", text) for text in (one, other))
    if plain_one != plain_other:
        assert rendered("x{id}x", id=one) != rendered("x{id}x", id=other)


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnsafeNameError, match="Use fewer fields"):
        rendered("{id}{asset_id}{branch}", id="a" * 120, asset_id="b" * 120, branch="c" * 120)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("", "relative path"),
        ("/{id}", "relative path"),
        ("{id}/", "relative path"),
        ("../{id}", "relative path"),
        ("./{id}", "relative path"),
        ("a//{id}", "relative path"),
        (" /{id}", "relative path"),
        ("a\\{id}", "relative path"),
        ("{colour}", "asks for colour; there is asset_id, branch, ext, id"),
        ("{}", "plain name in braces"),
        ("{0}", "plain name in braces"),
        ("{id.__class__}", "plain name in braces"),
        ("{id[0]}", "plain name in braces"),
        ("{id!r}", "plain name in braces"),
        ("{id:>20}", "plain name in braces"),
        ("{id", "cannot be read"),
        ("id}", "cannot be read"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_its_reason(
    template: str, says: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        NameTemplate.parse(template, allowed=FIELDS)
    assert says in str(refusal.value)
    assert repr(template) in str(refusal.value)


@pytest.mark.parametrize("template", ["C:{id}", "{id}\x00", "{id}:stream", "what?/{id}", "a*/{id}"])
def test_a_template_whose_own_text_is_no_file_name_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        NameTemplate.parse(template, allowed=FIELDS)
