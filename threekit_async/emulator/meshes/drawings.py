"""STL and DXF as text: triangles, and sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from threekit_async.emulator.meshes.box import Box, Face, Point


def write_stl(box: Box) -> bytes:
    """Return an ASCII STL of twelve triangles; its name keeps to ASCII, too."""
    name = " ".join(box.name.encode("ascii", "replace").decode().split()) or "box"
    lines = [f"solid {name}"]
    for face in box.faces():
        first, second, third, fourth = face.corners
        for triangle in ((first, second, third), (first, third, fourth)):
            lines += [f"  facet normal {_plain(face.normal)}", "    outer loop"]
            lines += [f"      vertex {_plain(corner)}" for corner in triangle]
            lines += ["    endloop", "  endfacet"]
    return "\n".join([*lines, f"endsolid {name}", ""]).encode("ascii")


def _plain(point: Point) -> str:
    return " ".join(f"{value:g}" for value in point)


def write_dxf(box: Box) -> bytes:
    """Return a DXF of release 12 with six faces, as pairs of a group code and a value."""
    groups: list[tuple[int, object]] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER")]
    groups += [(1, "AC1009"), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for face in box.faces():
        groups += _face_groups(face)
    groups += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:3d}\n{value}\n" for code, value in groups).encode("ascii")


def _face_groups(face: Face) -> Iterator[tuple[int, object]]:
    yield 0, "3DFACE"
    yield 8, "0"
    for number, corner in enumerate(face.corners):
        for axis, value in enumerate(corner):
            yield 10 * (axis + 1) + number, f"{value:g}"
