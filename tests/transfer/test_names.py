"""File names: nothing leaves the folder, and every system accepts every part."""

# ruff: noqa: A002
from __future__ import annotations

import ntpath
import posixpath
import re
import tempfile
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threekit_async import UnsafeNameError, UsageError
from threekit_async.transfer.names import (
    MANIFEST_NAME,
    NOTES_SUFFIX,
    PART_SUFFIX,
    NameTemplate,
    same_name,
)

FIELDS = frozenset({"id", "asset_id", "branch", "ext"})
IDENTITIES = ["id", "file_id", "hash"]
PLACES = ("metadata", "configuration", "stage")
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
        "THREEK~1.JSO",
        "threekit-manifest.jsonl",
        "x.PART.json",
        "a\u202egpj.exe",
        "\u200b",
        "🪑" * 40,
        "a" * 10_000,
        "a. ",
        "-rf",
    ]
)
_TEXT = st.text(st.characters(exclude_categories=()))
_OTHER = st.one_of(st.none(), st.integers(), st.floats(), st.booleans())
_VALUE = st.one_of(_NASTY, _TEXT, _OTHER, st.text(min_size=200))
_TEMPLATES = st.sampled_from(
    ["{id}", "{id}.{ext}", "{asset_id}/{id}.{ext}", "{branch}/{asset_id}/{id}", "x{id}y", "{id}."]
)


def rendered(text: str, **values: Any) -> str:
    return str(NameTemplate.parse(text, allowed=FIELDS).render(values))


def name_or_refusal(text: str, **values: Any) -> str | None:
    """The name, or None where it is refused: too long, or without an id."""
    try:
        return rendered(text, **values)
    except UnsafeNameError:
        return None


def looked_up(text: str, **values: Any) -> str:
    template = NameTemplate.parse(text, allowed=FIELDS, places=PLACES)
    assert template.render(values) == template.render(values)
    return str(template.render(values))


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        NameTemplate.parse(text, allowed=FIELDS, places=PLACES)
    assert repr(text) in str(refused.value)
    return str(refused.value)


def reserved_on_windows(name: str) -> bool:
    newer = getattr(ntpath, "isreserved", None)
    if newer is not None:
        return bool(newer(name))
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
        assert 1 <= len((part + NOTES_SUFFIX).encode()) <= 255
        assert not reserved_on_windows(part)
        assert not part.lower().endswith((PART_SUFFIX, NOTES_SUFFIX))
        assert same_name(part) != MANIFEST_NAME


@given(text=_TEMPLATES, id=_VALUE, asset_id=_VALUE, branch=_VALUE, ext=_VALUE)
def test_every_name_can_be_given_to_a_file_and_is_what_the_system_lists(
    text: str, id: Any, asset_id: Any, branch: Any, ext: Any
) -> None:
    name = name_or_refusal(text, id=id, asset_id=asset_id, branch=branch, ext=ext)
    if name is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", PART_SUFFIX, NOTES_SUFFIX):
            path = Path(folder, name + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
            assert path.resolve().is_relative_to(Path(folder).resolve())
        found = {p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file()}
    assert found == {name, name + PART_SUFFIX, name + NOTES_SUFFIX}


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
        ("100%s {id}", {"id": "a"}, "100%s a"),
        (".previews/{branch}", {"branch": ".htaccess"}, ".previews/_.htaccess"),
        (" {branch}", {"branch": "-rf"}, "_-rf"),
        ("{branch}", {"branch": "e\u0301"}, "\u00e9"),
        ("e{branch}", {"branch": "\u0301"}, "\u00e9"),
        ("Cafe\u0301/{id}", {"id": "a"}, "Caf\u00e9/a"),
        (
            "{branch}/{id}",
            {"branch": MANIFEST_NAME.upper(), "id": "a"},
            "THREEKIT-MANIFEST.JSONL_/a",
        ),
    ],
)
def test_a_template_is_filled(template: str, values: dict[str, object], name: str) -> None:
    assert rendered(template, **values) == name


_AROUND = st.sampled_from(
    ["{}", "{}.{{ext}}", "{}.part", "x-{}", "{}~1", "con{}", "{{branch}}/{}l"]
)


@given(_TEXT, _TEXT, st.sampled_from(IDENTITIES), _AROUND, _VALUE)
@example("a", "A", "hash", "{}.{{ext}}", "png")
@example("a/b", "a_b", "id", "{}", None)
@example("a:b", "a/b", "id", "{}", None)
@example("a.", "a", "id", "{}.{{ext}}", "png")
@example("x.part", "x.part_", "file_id", "{}", None)
@example("threekit-manifest", "_threekit-manifest", "id", "{}.{{ext}}", "jsonl")
@example("threekit-manifest.json", "threekit-manifest.jsonl_", "id", "{{branch}}/{}l", "")
@example("", ".", "id", "{}.part", None)
@example("1", "_1", "id", "con{}", None)
def test_different_ids_never_share_a_name(
    one: str, other: str, field: str, around: str, ext: Any
) -> None:
    template = NameTemplate.parse(
        around.format(f"{{{field}}}"), allowed=frozenset({*IDENTITIES, "branch", "ext"})
    )
    assert template.tells_apart
    if one != other:
        names = [template.render({field: v, "branch": ext, "ext": ext}) for v in (one, other)]
        assert same_name(names[0]) != same_name(names[1])


@given(_TEXT, _TEXT, st.text("abc.", max_size=3), st.text("abc.", max_size=3))
@example("a", "a.b", "b.c", "c")
def test_different_ids_share_no_name_whatever_comes_behind_a_dot(
    one: str, other: str, ext: str, other_ext: str
) -> None:
    if one != other:
        name = rendered("{id}.{ext}", id=one, ext=ext)
        assert same_name(name) != same_name(rendered("{id}.{ext}", id=other, ext=other_ext))


@pytest.mark.parametrize("text", ["{asset_id}", "{metadata.id}", "{hash}"])
def test_a_template_without_an_id_of_the_file_does_not_tell_files_apart(text: str) -> None:
    assert not NameTemplate.parse(text, allowed=FIELDS, places=PLACES).tells_apart


@pytest.mark.parametrize("field", IDENTITIES)
def test_a_file_without_the_id_its_name_asks_for_is_refused(field: str) -> None:
    template = NameTemplate.parse(f"{{{field}}}.png", allowed=frozenset(IDENTITIES))
    for act in (template.check, template.render):
        with pytest.raises(UnsafeNameError, match=f"asks for {{{field}}}, and this file has none"):
            act({field: None})


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


def test_a_path_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnsafeNameError, match=r"longer than 1000 bytes\..*fewer folders"):
        rendered("/".join(["{asset_id}"] * 9), asset_id="a" * 120)


_SHOWN = {
    "metadata": {"sku": "A-1", "Größe": "M", "empty": None, "Leather Color": "Red/Brown"},
    "configuration": {"sku": "B-2", "Fabric": {"assetId": "9b8a35ba"}, "empty": "E"},
    "stage": {"Light": 1.5, "Camera": "Front", "sku": "C-3"},
    "id": "x",
}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{sku}", "A-1"),
        ("{configuration.sku}_{stage.sku}", "B-2_C-3"),
        ("{Camera}/{id}", "Front/x"),
        ("{Leather Color}", "Red_Brown"),
        ("{metadata.Leather Color}", "Red_Brown"),
        ("{metadata.Größe}", "M"),
        ("{Fabric}", "9b8a35ba"),
        ("{empty}", "E"),
        ("{stage.Light}", "1.5"),
    ],
)
def test_other_names_are_looked_up_in_the_places_there_are(template: str, name: str) -> None:
    assert looked_up(template, **_SHOWN) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (2.0, "2"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (float("nan"), "nan"),
        ("", "_"),
        ("..", "_"),
    ],
)
def test_values_have_one_text(value: object, text: str) -> None:
    assert looked_up("{metadata.x}", metadata={"x": value}) == text


_NOWHERE = r"{sku}, and this file has none: looked for 'sku' in metadata, configuration or stage\."


@pytest.mark.parametrize(
    ("template", "values", "says"),
    [
        ("{sku}", {}, _NOWHERE + " Put it there"),
        ("{sku}", {"metadata": {"SKU": "A"}}, _NOWHERE + r" There is {metadata\.SKU}"),
        ("{sku}", {"metadata": {"SKU": None}}, r"Put it there"),
        ("{stage.sku}", {"metadata": {"sku": "A"}, "stage": None}, r"'sku' in stage\. Put it"),
        ("{metadata.sku}", {"metadata": {"sku": None}}, r"{metadata\.sku}, and this file has none"),
        ("{sku}", {"metadata": {"sku": ["A"]}}, "no single value here but a list"),
        ("{sku}", {"metadata": {"sku": {"r": 1}}}, "no single value here but a dict"),
        ("{sku}", {"metadata": {"sku": {"assetId": ["x"]}}}, "no single value here but a dict"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_before_and_while_the_name_is_made(
    template: str, values: dict[str, object], says: str
) -> None:
    parsed = NameTemplate.parse(template + ".{ext}", allowed=FIELDS, places=PLACES)
    for act in (parsed.check, parsed.render):
        with pytest.raises(UnsafeNameError, match=says):
            act(values)


def test_what_is_there_passes_the_check_without_the_extension() -> None:
    NameTemplate.parse("{sku}/{id}.{ext}", allowed=FIELDS, places=PLACES).check(_SHOWN)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{asset_di}", "looks like a slip for {asset_id}"),
        ("{assetId}", "looks like a slip for {asset_id}"),
        ("{ID}", "looks like a slip for {id}"),
        ("{barnch}", "{metadata.barnch}, {configuration.barnch} or {stage.barnch}"),
        ("{metadat}", "looks like a slip for {metadata}"),
        ("{metadata}", "{metadata} is many values; say which, as {metadata.sku}"),
        ("{meta.sku}", "or one in metadata, configuration or stage as {metadata.sku}"),
        ("{metadata.}", "'metadata.' is something else"),
        ("{metadata.a.b}", "'metadata.a.b' is something else"),
        ("{id.__class__}", "'id.__class__' is something else"),
        ("{ sku}", "plain name in braces"),
        ("{metadata.sku }", "is something else"),
        ("{0}", "plain name in braces"),
        ("{}", "plain name in braces"),
        ("{sku[0]}", "plain name in braces"),
        ("{sku!r}", "plain name in braces"),
    ],
)
def test_a_slip_or_an_unclear_name_is_refused_and_how_to_say_it_is_told(
    template: str, says: str
) -> None:
    assert says in refusal(template)


@pytest.mark.parametrize(
    "name", ["sku", "Colour", "Size", "Legs", "Light", "Fabric", "number", "kind"]
)
def test_names_of_their_own_are_no_slips(name: str) -> None:
    assert looked_up(f"{{{name}}}", metadata={name: "x"}) == "x"
    assert looked_up(f"{{metadata.{name}}}", metadata={name: "x"}) == "x"


def test_a_field_that_looks_like_another_can_be_had_from_its_place() -> None:
    assert looked_up("{metadata.asset_di}", metadata={"asset_di": "x"}) == "x"


def test_a_template_says_what_it_needs() -> None:
    template = NameTemplate.parse("{id}/{sku}", allowed=FIELDS, places=PLACES)
    assert template.fields == {"id", *PLACES}
    template = NameTemplate.parse("{asset_id}/{stage.sku}", allowed=FIELDS, places=PLACES)
    assert template.fields == {"asset_id", "stage"}


@given(
    st.sampled_from(["{sku}", "{metadata.sku}.{id}", "x/{sku}{stage.sku}", "{sku}/{ext}"]),
    _VALUE.filter(lambda value: value is not None),
    _NASTY,
)
def test_nothing_that_is_looked_up_leaves_the_folder(text: str, sku: Any, other: Any) -> None:
    values = {"metadata": {"sku": sku}, "stage": {"sku": other}, "id": "i", "ext": other}
    name = looked_up(text, **values)
    for system in (posixpath, ntpath):
        target = system.normpath(system.join("folder", name))
        assert target == system.join("folder", *name.split("/"))
    assert len(name.split("/")) == len(text.split("/"))
    assert not any(reserved_on_windows(part) for part in name.split("/"))


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
        ("a\\{id}", "only / makes folders"),
        ("{asset_id}\u202e{id}", "does not show"),
        ("é" * 130 + "{id}", "more than 245 bytes"),
        ("{colour}", "asks for colour; there is asset_id, branch, ext, id"),
        ("{}", "plain name in braces"),
        ("{0}", "plain name in braces"),
        ("{id.__class__}", "plain name in braces"),
        ("{id[0]}", "plain name in braces"),
        ("{id!r}", "plain name in braces"),
        ("{id:>20}", "plain name in braces"),
        ("{id", "cannot be used"),
        ("id}", "cannot be used"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_its_reason(
    template: str, says: str
) -> None:
    with pytest.raises(UsageError) as refused:
        NameTemplate.parse(template, allowed=FIELDS)
    assert says in str(refused.value)
    assert repr(template[:60])[:-1] in str(refused.value)


@pytest.mark.parametrize("template", ["C:{id}", "{id}\x00", "{id}:stream", "what?/{id}", "a*/{id}"])
def test_a_template_whose_own_text_is_no_file_name_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        NameTemplate.parse(template, allowed=FIELDS)
