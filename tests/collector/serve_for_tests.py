"""Start a real server for a test: study, database and port come from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from collector import Config, serve
from tests.collector.people import CODE_KEY, WAVE

if __name__ == "__main__":
    study, database, port = sys.argv[1:]
    serve(
        Config(Path(study), WAVE, Path(database), "a secret that only the tests know, long", CODE_KEY, port=int(port))
    )
