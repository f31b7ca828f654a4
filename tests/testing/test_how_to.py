"""What the guide says of testing is run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.testing.conftest import Run

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "test-your-code.md"


def snippets() -> list[str]:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_passes(run: Run, pytester: pytest.Pytester, threekit_seeds: Path) -> None:
    # The demo is kept where the tests around this one keep it: drawing takes seconds.
    pytester.makeconftest(f"""
    import pytest
    from pathlib import Path

    @pytest.fixture(scope="session")
    def threekit_seeds():
        return Path({str(threekit_seeds)!r})
    """)
    examples = snippets()
    for number, example in enumerate(examples):
        (pytester.path / f"test_example_{number}.py").write_text(example, encoding="utf-8")
    run("").assert_outcomes(passed=len(re.findall(r"def test_", "".join(examples))))
