"""STEP (ISO 10303-21) as text: a solid of six plane faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from threekit_async.emulator.meshes.box import Box, Face, Point

HEADER = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('{name}'),'2;1');
FILE_NAME('{name}.step','1970-01-01T00:00:00',(''),(''),'','threekit-async emulator','');
FILE_SCHEMA(('AUTOMOTIVE_DESIGN {{ 1 0 10303 214 1 1 1 1 }}'));
ENDSEC;
DATA;
"""


@define
class Entities:
    """Number the entities as they are written."""

    lines: list[str] = field(factory=list[str])

    def add(self, text: str) -> str:
        """Add an entity and return the reference to it."""
        self.lines.append(f"#{len(self.lines) + 1}={text};")
        return f"#{len(self.lines)}"

    def point(self, point: Point) -> str:
        """Add a point; lengths are in millimetres."""
        return self.add(f"CARTESIAN_POINT('',({_numbers(point, 1000)}))")

    def direction(self, direction: Point) -> str:
        """Add a direction."""
        return self.add(f"DIRECTION('',({_numbers(direction, 1)}))")

    def frame(self, at: Point, axis: Point, across: Point) -> str:
        """Add a place with two axes."""
        parts = (self.point(at), self.direction(axis), self.direction(across))
        return self.add(f"AXIS2_PLACEMENT_3D('',{','.join(parts)})")


def _numbers(point: Point, scale: int) -> str:
    return ",".join(f"{value * scale:.6f}" for value in point)


def write_step(box: Box) -> bytes:
    """Return the file; what is no ASCII in the name is replaced."""
    name = box.name.encode("ascii", "replace").decode()
    name = "".join(c for c in name if c.isprintable()).replace("\\", "/").replace("'", "''")
    entities = Entities()
    _product(entities, name, _solid(entities, box, name))
    body = "\n".join(entities.lines)
    return f"{HEADER.format(name=name)}{body}\nENDSEC;\nEND-ISO-10303-21;\n".encode("ascii")


def _solid(entities: Entities, box: Box, name: str) -> str:
    faces = ",".join(_face(entities, face) for face in box.faces())
    shell = entities.add(f"CLOSED_SHELL('',({faces}))")
    return entities.add(f"FACETED_BREP('{name}',{shell})")


def _face(entities: Entities, face: Face) -> str:
    corners = ",".join(entities.point(corner) for corner in face.corners)
    loop = entities.add(f"POLY_LOOP('',({corners}))")
    bound = entities.add(f"FACE_OUTER_BOUND('',{loop},.T.)")
    first, second = face.corners[:2]
    across = tuple(b - a for a, b in zip(first, second, strict=True))
    frame = entities.frame(first, face.normal, (across[0], across[1], across[2]))
    plane = entities.add(f"PLANE('',{frame})")
    return entities.add(f"FACE_SURFACE('',({bound}),{plane},.T.)")


def _product(entities: Entities, name: str, solid: str) -> None:
    """Say which product the solid is the shape of, and in which units."""
    add = entities.add
    context = add("APPLICATION_CONTEXT('automotive design')")
    add(f"APPLICATION_PROTOCOL_DEFINITION('','automotive_design',2000,{context})")
    product_context = add(f"PRODUCT_CONTEXT('',{context},'mechanical')")
    product = add(f"PRODUCT('{name}','{name}','',({product_context}))")
    formation = add(f"PRODUCT_DEFINITION_FORMATION('','',{product})")
    design = add(f"PRODUCT_DEFINITION_CONTEXT('part definition',{context},'design')")
    definition = add(f"PRODUCT_DEFINITION('design','',{formation},{design})")
    shape = add(f"PRODUCT_DEFINITION_SHAPE('','',{definition})")
    length = add("(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))")
    angle = add("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
    solid_angle = add("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
    space = add(
        "(GEOMETRIC_REPRESENTATION_CONTEXT(3)"
        f"GLOBAL_UNIT_ASSIGNED_CONTEXT(({length},{angle},{solid_angle}))"
        "REPRESENTATION_CONTEXT('',''))"
    )
    origin = entities.frame((0, 0, 0), (0, 0, 1), (1, 0, 0))
    drawn = add(f"FACETED_BREP_SHAPE_REPRESENTATION('{name}',({origin},{solid}),{space})")
    add(f"SHAPE_DEFINITION_REPRESENTATION({shape},{drawn})")
