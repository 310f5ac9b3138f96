"""The few expressions that SQLite and PostgreSQL spell differently."""

import json
from collections.abc import Iterable

from django.db import connection

from cinema.shows.times import utc as utc

# Start times and hold expiry are judged by the database's clock, in UTC, so that all nodes share one clock.
# It is the statement's clock with fractions of a second, like Django's `Now()`.
NOW = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
    "postgresql": "STATEMENT_TIMESTAMP()",
}[connection.vendor]

# Seconds from now until a time.
SECONDS_UNTIL = {
    "sqlite": "(JULIANDAY({}) - JULIANDAY('NOW')) * 86400",
    "postgresql": "CAST(EXTRACT(EPOCH FROM {} - STATEMENT_TIMESTAMP()) AS double precision)",
}[connection.vendor]

# A time plus a number of seconds.
PLUS_SECONDS = {
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', {time}, {seconds} || ' seconds')",
    "postgresql": "{time} + make_interval(secs => {seconds})",
}[connection.vendor]

# The earlier of two times.
EARLIER_OF = {"sqlite": "MIN({}, {})", "postgresql": "LEAST({}, {})"}[connection.vendor]

# Concatenates a column over rows, in the order in which the rows come.
CONCAT_ROWS = {"sqlite": "GROUP_CONCAT({}, '')", "postgresql": "STRING_AGG({}, '')"}[connection.vendor]

# A membership test against an array parameter; `to_array` makes its value.
ONE_OF = {"sqlite": "IN (SELECT value FROM json_each({}))", "postgresql": "= ANY({})"}[connection.vendor]

# Rows from a parameter that holds a JSON array of arrays, and item N of such a row.
JSON_ROWS = {
    "sqlite": "json_each({})",
    "postgresql": "jsonb_array_elements(CAST({} AS jsonb))",
}[connection.vendor]
JSON_ITEM = {"sqlite": "json_extract(value, '$[{}]')", "postgresql": "value ->> {}"}[connection.vendor]

# The text in a JSON object of numbers and texts that belongs to a number; null without one.
JSON_VALUE = {
    "sqlite": """json_extract({}, '$."' || {} || '"')""",
    "postgresql": "CAST({} AS jsonb) ->> CAST({} AS text)",
}[connection.vendor]

# A JSON array of arrays of three columns, one for each row.
JSON_TABLE = {
    "sqlite": "json_group_array(json_array({}, {}, {}))",
    "postgresql": "CAST(json_agg(json_build_array({}, {}, {})) AS text)",
}[connection.vendor]

# Locks the selected rows until the transaction ends. SQLite needs no row locks: it has one writer at a time.
# "No key": foreign key checks of other transactions do not wait for it.
LOCK_ROWS = {"sqlite": "", "postgresql": "FOR NO KEY UPDATE"}[connection.vendor]
SKIP_LOCKED = {"sqlite": "", "postgresql": "SKIP LOCKED"}[connection.vendor]

# The seats of one show. The redundant BETWEEN lowers PostgreSQL's row estimate. With the lower estimate it
# keeps one generic plan for all hall sizes, and reads the index in order instead of sorting.
SEATS_OF_SHOW = {
    "sqlite": "show_id = %(show)s",
    "postgresql": "show_id = %(show)s AND show_id BETWEEN %(show)s AND %(show)s",
}[connection.vendor]


def to_array(numbers: Iterable[int]) -> str:
    """The value of a `ONE_OF` parameter."""
    listed = list(numbers)
    return json.dumps(listed) if connection.vendor == "sqlite" else "{" + ",".join(map(str, listed)) + "}"
