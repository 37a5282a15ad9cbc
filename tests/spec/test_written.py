"""Tests of definitions written as Python: run again, they define the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import headwater as hw
from headwater.spec.plain import fingerprint
from headwater.spec.written import identifier, program, written_view

ORDERS = hw.Source("orders", hw.Parquet("orders.parquet"), event_time="at")
SHOPS = hw.Source("the shops", hw.Parquet("shops.parquet"), static="they do not move")


def view(name: str, *features: Any, **given: Any) -> hw.FeatureView:
    default: dict[str, Any] = {"entity": "who", "features": list(features)}
    return hw.FeatureView(name, given.pop("source", ORDERS), **default | given)


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"hw": hw, "orders": ORDERS, "the_shops": SHOPS}
    exec(text, names)
    return names


def test_features_of_one_view_are_written_together_and_run_to_the_same() -> None:
    parts = [
        view("spend", hw.Mean("amount").within("7d")),
        view("spend", hw.Mean("amount").within(timedelta(hours=36))),
        view("spend", hw.Count().over_all()),
        view("spend", hw.Sum("amount", name='the "sum"', where="is_paid").within("1d")),
    ]
    whole = view(
        "spend",
        hw.Mean("amount").within("7d", "1d12h"),
        hw.Sum("amount", name='the "sum"', where="is_paid").within("1d"),
        hw.Count().over_all(),
    )
    text = program(parts)
    assert text.count("FeatureView") == 1
    assert 'hw.Mean("amount").within("7d", "1d12h"),' in text
    assert fingerprint(run(text)["spend"].definition()) == fingerprint(whole.definition())


def test_chained_views_come_before_what_reads_them() -> None:
    shop = hw.Attributes("shop", SHOPS, entity="shop", columns=["size", "town"])
    fresh = hw.Attributes("fresh", SHOPS, entity=["shop", "town"], columns="size", ttl="1d")
    rich = view("rich", hw.Last("shop__size").over_all(), source=replace(ORDERS, views=[shop]))
    more = view("more", hw.Last("shop__town").over_all(), source=replace(ORDERS, views=[shop]))
    text = program([rich, more])
    assert text.startswith("from dataclasses import replace\n")
    assert text.count("hw.Attributes") == 1
    names = run(text)
    for one in (rich, more):
        assert fingerprint(names[one.name].definition()) == fingerprint(one.definition())
    assert written_view([fresh]) == (
        'hw.Attributes("fresh", the_shops, entity=["shop", "town"], columns=["size"], ttl="1d")'
    )


def test_attributes_of_one_name_are_written_together_and_what_repeats_once() -> None:
    parts = [
        hw.Attributes("shop", SHOPS, entity="shop", columns=[column])
        for column in ("size", "town", "size")
    ]
    text = program([*parts, *[view("v", hw.Min("amount").within("7d"))] * 2])
    assert 'columns=["size", "town"]' in text
    assert text.count('within("7d")') == 1


def test_numbers_stand_as_they_are() -> None:
    text = program([view("v", hw.Min("amount", where=True).within("7d"))])
    assert 'hw.Min("amount", where=True)' in text


def test_any_name_becomes_a_variable() -> None:
    assert [identifier(name) for name in ("orders", "my orders", "7d", "a-b")] == [
        "orders",
        "my_orders",
        "_7d",
        "a_b",
    ]
