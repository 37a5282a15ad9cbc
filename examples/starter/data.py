"""Make the orders of an invented shop: the same file on every machine, every time.

    python data.py

writes `data/orders.parquet` beside this file. An order is one row. What the shop knows of it comes
in three steps, and the times of all three are in the row:

- `ordered_at`: who ordered what, where and for how much.
- `delivered_at`: how long it took.
- `settled_at`: whether it came back. Customers may send it back for 14 days, and the warehouse
  takes up to another week to book what arrives, so that every order is settled by then.

Products come in batches, and a bad batch comes back for weeks: returns of the last days would say
much about the next order, and none of them is known when it is placed. Orders that were open when
the file was made have no `settled_at`.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

ORDERS, CUSTOMERS, PRODUCTS = 12_000, 1_500, 40
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""When the file was made: what is settled later is not in it."""
CATEGORIES = {"shoes": 0.5, "dresses": 0.3, "shirts": -0.2, "bags": -0.7, "hats": -1.0}
CHANNELS = ("app", "web", "web", "shop")


def orders(seed: int = 1) -> pl.DataFrame:
    """One row for each order, in the order of `ordered_at`."""
    chance = Random(seed)
    minutes = int((MADE - FIRST).total_seconds() // 60)
    moments = sorted(chance.randrange(minutes) for _ in range(ORDERS))
    tastes = [chance.gauss(0.0, 0.6) for _ in range(CUSTOMERS)]
    batches = [_batches(chance) for _ in range(PRODUCTS)]
    rows = []
    for number, minute in enumerate(moments):
        customer = int(CUSTOMERS * chance.random() ** 2)  # some order often
        product = chance.randrange(PRODUCTS)
        spoiled = tastes[customer] + batches[product][minute // (7 * 24 * 60)]
        at = FIRST + timedelta(minutes=minute)
        rows.append(_order(chance, number, at, customer, product, spoiled))
    return pl.DataFrame(rows, infer_schema_length=None)


def _batches(chance: Random) -> list[float]:
    """How much worse than usual a product is in each week: now and then a new batch."""
    weeks = [chance.gauss(0.0, 1.2)]
    for _ in range(53):
        weeks.append(chance.gauss(0.0, 1.2) if chance.random() < 0.2 else weeks[-1])
    return weeks


def _order(
    chance: Random, number: int, at: datetime, customer: int, product: int, spoiled: float
) -> dict[str, Any]:
    category = list(CATEGORIES)[product % len(CATEGORIES)]
    transit = timedelta(hours=round(24 * chance.lognormvariate(0.9, 0.5)))
    is_slow = transit > timedelta(days=5)
    odds = -1.5 + CATEGORIES[category] + spoiled + 0.7 * is_slow
    is_returned = chance.random() < 1.0 / (1.0 + math.exp(-odds))
    delivered = at + transit
    settled = delivered + timedelta(days=14, hours=chance.randrange(7 * 24))
    return {
        "order": number,
        "ordered_at": at,
        "customer": f"C{customer:04d}",
        "product": f"P{product:02d}",
        "category": category,
        "channel": chance.choice(CHANNELS),
        "price": round(20.0 + 12.0 * (product % 9) + chance.uniform(0.0, 10.0), 2),
        "delivered_at": delivered if delivered < MADE else None,
        "is_slow": is_slow if delivered < MADE else None,
        "settled_at": settled if settled < MADE else None,
        "is_returned": is_returned if settled < MADE else None,
    }


if __name__ == "__main__":
    folder = Path(__file__).resolve().parent / "data"
    folder.mkdir(exist_ok=True)
    orders().write_parquet(folder / "orders.parquet")
