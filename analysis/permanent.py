"""The permanent random number of a unit: the same for life under one key, and unpredictable without it."""

from __future__ import annotations

import hashlib
import hmac


def permanent_random(key: str, unit_id: str) -> float:
    """Return the permanent random number of a unit, a multiple of 2^-53 in [0, 1).

    >>> permanent_random("k", "u") == permanent_random("k", "u")
    True
    """
    digest = hmac.digest(key.encode(), unit_id.encode(), hashlib.sha256)
    return (int.from_bytes(digest[:7], "big") >> 3) / float(1 << 53)
