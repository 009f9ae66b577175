"""Refusals that several estimators share: an outcome that is text, not finite, or not 0 and 1."""

from __future__ import annotations

from uptake.contract.errors import EstimationError


def not_numeric(name: str) -> EstimationError:
    """Say that an outcome is text."""
    return EstimationError(
        f"\"{name}\" is text, not a number - name a numeric column or a condition such as column = 'value'.",
        code="NOT_NUMERIC",
    )


def not_binary(name: str) -> EstimationError:
    """Say that an outcome is not a statement that is true or false."""
    return EstimationError(
        f'"{name}" holds values other than 0 and 1 - a proportion counts how often a statement is true; use mean(), or '
        "a condition such as column > 0.",
        code="NOT_BINARY",
    )


def not_finite(name: str) -> EstimationError:
    """Say that an outcome holds a value that no sum can take."""
    return EstimationError(
        f'"{name}" holds a value that is not a finite number - set it to missing or correct it.', code="NOT_FINITE"
    )
