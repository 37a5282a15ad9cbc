"""Two hours before scheduled departure: will this flight land more than 15 minutes late?

A cancelled flight has no answer: it never lands. It is not called late and not called on time; it
is left out as `label_never_known` and counted there, like a flight that was diverted. A model that
should foresee cancellations needs a label of its own.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

import headwater as hw

scheduled = pl.col("scheduled_departure")
timetable = scheduled - pl.duration(days=30)  # published a month ahead
NEW_YORK = "America/New_York"
local = scheduled.dt.convert_time_zone(NEW_YORK)
HOLIDAYS = [  # of the United States in 2013
    *(date(2013, 1, 1), date(2013, 1, 21), date(2013, 2, 18), date(2013, 5, 27), date(2013, 7, 4)),
    *(date(2013, 9, 2), date(2013, 10, 14), date(2013, 11, 11), date(2013, 11, 28)),
    *(date(2013, 12, 25), date(2014, 1, 1)),
]

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
    derive={  # in the timetable too: a derived column is known when what it reads is
        "weekday": local.dt.weekday(),
        "is_holiday": local.dt.date().is_in(HOLIDAYS),
        "is_eve_of_holiday": (local.dt.date() + pl.duration(days=1)).is_in(HOLIDAYS),
    },
    identity=("date", "carrier", "flight", "origin"),
    sequence="flight",
    contract=[  # a build stops where the rows break one of these
        hw.NotNull("carrier", "origin", "destination"),
        hw.NotNull("tailnum", where=pl.col("departed_at").is_not_null()),
        hw.NotNull("landed_at", at_most=0.05),  # cancelled or diverted: 9,430 of 336,776
        hw.Unique("date", "carrier", "flight", "origin"),
        hw.Between("arrival_delay", -120, 24 * 60),  # minutes
    ],
)

weather = hw.Source(
    "weather",
    hw.Parquet("data/weather.parquet"),
    event_time="time_hour",
    known_time="known_at",  # `time_hour` names the hour; the report of it is there an hour later
    contract=[
        hw.Unique("origin", "time_hour"),
        hw.Between("wind_speed", 0, 200, at_most=1),  # 1,048 miles an hour at Newark in February
        hw.Between("temp", -20, 120),
    ],
)

planes = hw.Source(
    "planes",
    hw.Parquet("data/planes.parquet"),
    static="a registry without dates: what it says of an aircraft is taken as known all year",
)

late = pl.col("arrival_delay") > 15


def view(
    name: str, entity: str | tuple[str, ...], *windows: str, more: Sequence[Any] = ()
) -> hw.FeatureView:
    """How the last flights of an aircraft, a carrier, an airport went."""
    return hw.FeatureView(
        name,
        flights,
        entity=entity,
        features=[
            hw.Mean("arrival_delay").within(*windows),
            hw.Mean("departure_delay").within(windows[0]),
            hw.Share(late, name="late_share").within(*windows),
            hw.Count("arrival_delay").within(windows[0]),
            hw.Last("arrival_delay").within("1d"),
            *more,
        ],
    )


aircraft = view(
    "aircraft",
    "tailnum",
    *("6h", "1d", "30d"),
    more=[
        hw.Mean("departure_delay").so_far("day", zone=NEW_YORK),
        hw.TimeSince("arrival_delay").within("1d"),  # since the departure of its last known flight
        hw.Latest("scheduled_minutes").within("1d"),  # how far it flies before
    ],
)
carrier = view(
    "carrier",
    "carrier",
    *("3h", "1d", "30d"),
    more=[
        hw.Share(late, name="late_share_at", by="origin", values=["EWR", "JFK", "LGA"]).within("1d")
    ],
)
origin = view(
    "origin",
    "origin",
    *("3h", "1d", "30d"),
    more=[
        hw.Change(hw.Mean("departure_delay")).within("3h"),
        hw.RelativeChange(hw.Count()).within("3h"),  # by the timetable: is the airport filling up?
    ],
)
destination = view("destination", "destination", "3h", "1d", "30d")
flown_share = hw.Ratio(hw.Mean("air_time"), hw.Mean("scheduled_minutes"), name="flown_share")
route = hw.FeatureView(
    "route",
    flights,
    entity=("origin", "destination"),
    features=[
        hw.Mean("arrival_delay").within("7d"),
        hw.Std("arrival_delay").within("30d"),
        hw.Max("air_time").within("30d"),
        flown_share.within("30d"),
        hw.CountDistinct("carrier").within("7d"),
    ],
)

reports = hw.Attributes(
    "weather", weather, entity="origin", columns=["temp", "wind_speed", "precip", "visib"], ttl="6h"
)
origin_weather = reports.on({"origin": "origin"}, name="origin_weather")
# Only the three airports of New York report here, and flights between them are one in the year: of
# a destination the weather is as good as never known, so that the training set leaves it out.
destination_weather = reports.on({"destination": "origin"}, name="destination_weather")

plane = hw.Attributes("plane", planes, entity="tailnum", columns=["year", "manufacturer"])
plane_age = hw.Derived("plane_age", pl.col("as_of").dt.year() - pl.col("plane__year"))

late_arrival = hw.TrainingSet(
    "late_arrival",
    spine=hw.Spine(
        flights,
        as_of=scheduled - pl.duration(hours=2),
        keep=[
            *("carrier", "origin", "distance", "scheduled_minutes", "departure_hour"),
            *("weekday", "is_holiday", "is_eve_of_holiday"),
        ],
    ),
    features=[aircraft, carrier, origin, destination, route, origin_weather, plane, plane_age],
    label=hw.Label("late", late),
    split=hw.SplitByTime(train=0.7, validation=0.15, test=0.15),
    recipe=hw.Recipe(
        hw.FlagMissing(hw.columns("plane_age", "origin_weather__temp")),
        hw.ImputeMedian(hw.numeric()),
        hw.EncodeTarget(hw.columns("carrier")),
        hw.EncodeOneHot(hw.columns("origin")),
        hw.ImputeConstant(hw.columns("plane__manufacturer"), value="unknown"),
        hw.GroupRare(hw.columns("plane__manufacturer"), min_share=0.05),
        hw.EncodeOneHot(hw.columns("plane__manufacturer")),
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
    groups=pl.col("as_of").dt.convert_time_zone(NEW_YORK).dt.date(),
)

clocks = hw.ClockComparison("clocks", late_gbm, at_event="at_departure")
