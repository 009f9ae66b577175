"""Uptake measures whether a technology has really been adopted; this package is its front door."""

from __future__ import annotations

from importlib import util as _importlib_util
from pathlib import Path as _Path

__version__ = "0.1.0"


def _refuse_shadowed_packages() -> None:
    """Stop in one sentence where a file of the user's own, such as ./analysis.py, hides one of our packages."""
    home = _Path(__file__).resolve().parents[1]
    for name in ("forms", "collector", "analysis", "reports"):
        spec = _importlib_util.find_spec(name)
        found = _Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found != home / name / "__init__.py":
            raise ImportError(
                f'Uptake\'s package "{name}" should be {home / name}, but Python finds {found or "nothing"} first,'
                f" so Uptake cannot run. Rename that file, or start from another folder."
            )


_refuse_shadowed_packages()
