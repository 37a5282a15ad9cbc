"""Two hours before scheduled departure: will this flight land more than 15 minutes late?

A cancelled flight has no answer: it never lands. It is not called late and not called on time; it
is left out as `label_never_known` and counted there, like a flight that was diverted. A model that
should foresee cancellations needs a label of its own.
"""

import polars as pl

import headwater as hw

scheduled = pl.col("scheduled_departure")
timetable = scheduled - pl.duration(days=30)  # published a month ahead

flights = hw.Source(
    "flights",
    hw.Parquet("data/flights.parquet"),
    event_time="scheduled_departure",
    known_time="landed_at",  # when the row as a whole is known
    known_times={  # columns with a clock of their own
        "carrier": timetable,
        "flight": timetable,
        "origin": timetable,
        "destination": timetable,
        "distance": timetable,
        "scheduled_departure": timetable,
        "scheduled_minutes": timetable,
        "departure_hour": timetable,
        # the data does not say when aircraft were assigned: we assume the evening before
        "tailnum": scheduled - pl.duration(hours=12),
        "departure_delay": "departed_at",
        "departed_at": "departed_at",
    },
    null_known_time="never",  # cancelled flights never depart and never land
    identity=("date", "carrier", "flight", "origin"),
    sequence="flight",
)

late = pl.col("arrival_delay") > 15


def view(name: str, entity: str, *windows: str) -> hw.FeatureView:
    """How the last flights of an aircraft, a carrier, an airport went."""
    return hw.FeatureView(
        name,
        flights,
        entity=entity,
        features=[
            hw.Mean("arrival_delay").within(*windows),
            hw.Mean("departure_delay").within(windows[0]),
            hw.Mean(late, name="late_share").within(*windows),
            hw.Count("arrival_delay").within(windows[0]),
            hw.Last("arrival_delay").within("1d"),
        ],
    )


aircraft = view("aircraft", "tailnum", "6h", "1d", "30d")
carrier = view("carrier", "carrier", "3h", "1d", "30d")
origin = view("origin", "origin", "3h", "1d", "30d")
destination = view("destination", "destination", "3h", "1d", "30d")

late_arrival = hw.TrainingSet(
    "late_arrival",
    spine=hw.Spine(
        flights,
        as_of=scheduled - pl.duration(hours=2),
        keep=["carrier", "origin", "distance", "scheduled_minutes", "departure_hour"],
    ),
    features=[aircraft, carrier, origin, destination],
    label=hw.Label("late", late),
    split=hw.SplitByTime(train=0.7, validation=0.15, test=0.15),
    recipe=hw.Recipe(
        hw.ImputeMedian(hw.numeric()),
        hw.EncodeTarget(hw.columns("carrier")),
        hw.EncodeOneHot(hw.columns("origin")),
        hw.ScaleStandard(hw.columns("distance", "scheduled_minutes")),
    ),
)

late_gbm = hw.Model(
    "late_gbm",
    late_arrival,
    estimator="lightgbm.LGBMClassifier",
    params={"n_estimators": 150, "learning_rate": 0.08, "num_leaves": 31, "min_child_samples": 200},
    rule=pl.mean_horizontal(  # how late things run here lately, without a model
        "origin__late_share_3h",
        "carrier__late_share_30d",
        "aircraft__late_share_1d",
        "destination__late_share_30d",
    ).fill_null(0.25),
    groups=pl.col("as_of").dt.convert_time_zone("America/New_York").dt.date(),
)

clocks = hw.ClockComparison("clocks", late_gbm, at_event="at_departure")
