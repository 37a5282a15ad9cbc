"""When an order is placed: will it come back?

Every column has a clock: the moment from which the shop knew it. What a customer ordered is known
at once, whether it was slow when it arrives, and whether it comes back weeks later. A feature asked
for at a moment sees only what was known by then.
"""

import polars as pl

import headwater as hw

orders = hw.Source(
    "orders",
    hw.Parquet("data/orders.parquet"),
    event_time="ordered_at",
    known_time="ordered_at",  # most columns are known with the order
    known_times={
        "delivered_at": "delivered_at",
        "is_slow": "delivered_at",
        "settled_at": "settled_at",
        "is_returned": "settled_at",  # weeks after the order: the column that leaks elsewhere
    },
    null_known_time="never",  # open when the data was made: not known, and never called kept
    sequence="order",
)

customer = hw.FeatureView(
    "customer",
    orders,
    entity="customer",
    features=[
        hw.Count().within("30d", "180d"),
        hw.Mean("price").within("180d"),
        hw.Mean("is_returned").within("90d", "365d"),
    ],
)

product = hw.FeatureView(
    "product",
    orders,
    entity="product",
    features=[
        hw.Count().within("7d"),
        hw.Mean("is_slow").within("30d"),
        hw.Mean("is_returned").within("30d", "60d", "120d"),
    ],
)

returns = hw.TrainingSet(
    "returns",
    spine=hw.Spine(orders, as_of="ordered_at", keep=["category", "channel", "price"]),
    features=[customer, product],
    label=hw.Label("returned", pl.col("is_returned")),
    split=hw.SplitByTime(train=0.6, validation=0.2, test=0.2),
    recipe=hw.Recipe(
        hw.EncodeOneHot(hw.columns("category", "channel")),
        hw.ImputeMedian(hw.numeric()),
    ),
)

returns_model = hw.Model(
    "returns_model",
    returns,
    params={"n_estimators": 80, "learning_rate": 0.06, "num_leaves": 15, "min_child_samples": 60},
    rule=pl.col("product__is_returned_mean_60d").fill_null(0.2),
)

clocks = hw.ClockComparison("clocks", returns_model)
