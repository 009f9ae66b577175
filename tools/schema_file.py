"""Write the JSON Schema of questionnaires from the shape that the loader reads, for the docs and the example study."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from forms.schema import questionnaire_schema

ROOT = Path(__file__).resolve().parents[1]
NAME = "questionnaire.schema.json"
# The copy beside the example study is what `uptake init` gives to a new one, whose editor then completes its files.
FILES = (ROOT / "docs" / "schema" / NAME, ROOT / "uptake" / "studies" / "aiplus" / NAME)


def text() -> str:
    """Return the schema as the files hold it."""
    return json.dumps(questionnaire_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for path in FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
