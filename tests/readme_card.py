"""The card in the README, as the command above it prints it.

python -m tests.readme_card     writes it into README.md
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

from cds_service import cli

README = Path(__file__).parent.parent / "README.md"
#: The command, and the block that shows what it prints.
SHOWN = re.compile(r"```sh\n\.venv/bin/osteo-cds (evaluate [^\n]+)\n```\n\n```\n(.*?)\n```\n", re.DOTALL)


def printed() -> str:
    """What the README's command prints."""
    match = SHOWN.search(README.read_text(encoding="utf-8"))
    assert match is not None, "README.md has no evaluate command with its output below it"
    output = io.StringIO()
    with redirect_stdout(output):
        assert cli.main(shlex.split(match[1])) == 0
    return output.getvalue().rstrip()


def written() -> str:
    """The README with the card as it is now."""
    text = README.read_text(encoding="utf-8")
    card = printed()
    return SHOWN.sub(lambda match: match[0].replace(f"```\n{match[2]}\n```", f"```\n{card}\n```"), text, count=1)


if __name__ == "__main__":
    README.write_text(written(), encoding="utf-8")
