"""The page about web applications shows and names what stands in the example files."""

from __future__ import annotations

import re

from tests.docs.frameworks.serving import EXAMPLES
from tests.docs.frameworks.test_web_apps import APPS

PAGE = (EXAMPLES.parent / "how-to" / "use-in-a-web-app.md").read_text(encoding="utf-8")
# Each is run by a test module of its own.
OTHERS = {"nightly.py", "notebook.ipynb"}
OF_A_TEST = "app.dependency_overrides"


def test_each_block_is_a_part_of_a_file_that_is_run() -> None:
    files = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.py")]
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) > 3
    shown = [block for block in blocks if OF_A_TEST not in block]
    assert [block for block in shown if not any(block in text for text in files)] == []


def test_each_example_is_run_and_named_on_the_page() -> None:
    there = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    assert there == {f"{name}.py" for name in APPS} | OTHERS
    assert set(re.findall(r"\(\.\./frameworks/([^)]+)\)", PAGE)) == there
