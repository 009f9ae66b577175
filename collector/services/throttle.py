"""Slow down guessing: wrong access codes are counted by network in the store; a right code is never refused.

A code has 80 secret bits, so a flood of guesses finds nothing; what the count protects is the server. Nobody is locked
out by a neighbour who mistypes, because the count only matters to whoever sends one more wrong code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from collector.store.models import WrongCode
from collector.store.times import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from collector.store.open import Store

WINDOW = timedelta(minutes=15)
MOST_WRONG_CODES = 20


def network_of(address: str | None) -> str:
    """Return the network an address belongs to: itself for IPv4 (also as IPv6 writes it), its /64 for IPv6.

    >>> network_of("2001:db8::1:2")
    '2001:db8::/64'
    >>> network_of("::ffff:192.0.2.1")
    '192.0.2.1'
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(parsed) if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))


def is_throttled(store: Store, network: str) -> bool:
    """Return whether the network has sent too many wrong codes in this quarter of an hour."""
    query = select(WrongCode.count).where(WrongCode.network == network, WrongCode.window == _window(store.clock()))
    with store.read() as connection:
        return (connection.execute(query).scalar() or 0) >= MOST_WRONG_CODES


def count_wrong_code(store: Store, network: str) -> None:
    """Count one wrong code; counting stops at the limit, so that a flood writes nothing more."""
    if not is_throttled(store, network):
        window = _window(store.clock())
        store.write(lambda connection: _count(connection, network, window))


def _count(connection: Connection, network: str, window: str) -> None:
    connection.execute(delete(WrongCode).where(WrongCode.window < window))
    row = upsert(WrongCode).values(network=network, window=window, count=1)
    connection.execute(
        row.on_conflict_do_update(index_elements=["network", "window"], set_={"count": WrongCode.count + 1})
    )


def _window(now: datetime) -> str:
    start = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return to_text(start)
