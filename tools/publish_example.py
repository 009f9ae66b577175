"""Write the published records of the example study anew: for the makers of the example, before a release.

A study in use never does this: its records stay, and its versions are raised.
"""

from __future__ import annotations

import sys
from pathlib import Path

from forms.loader import load_questionnaires
from forms.published import FOLDER, publish
from forms.returns import load_returns
from forms.returns.published import publish_return
from uptake.contract.errors import Fault

EXAMPLE = Path(__file__).resolve().parents[1] / "uptake" / "studies" / "aiplus"


def main() -> int:
    """Replace the records; return 3 where a questionnaire or return has faults."""
    faults: list[Fault] = []
    questionnaires, returns = load_questionnaires(EXAMPLE, faults=faults), load_returns(EXAMPLE, faults=faults)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        return 3
    for path in (EXAMPLE / FOLDER).rglob("*.json"):
        path.unlink()
    for questionnaire in questionnaires.values():
        path = publish(EXAMPLE, questionnaire)
        sys.stdout.write(f"wrote {path and path.relative_to(EXAMPLE)} ({questionnaire.sha256[:12]})\n")
    for definition in returns.values():
        path = publish_return(EXAMPLE, definition)
        sys.stdout.write(f"wrote {path and path.relative_to(EXAMPLE)} ({definition.sha256[:12]})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
