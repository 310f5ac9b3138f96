"""The upper bound of the booking rate: pgbench runs the same SQL, prepared, on eight connections."""

import os
import re
import subprocess
import tempfile

import psycopg
from rest_framework_simplejwt.utils import get_md5_hash_password

from bench import database
from bench.cpu_time import database_cpu_seconds
from bench.errors import require
from bench.server import Figures

CONNECTIONS = 8
# The claim in the tokens of `users.create_tokens`, whose users all have this password.
PASSWORD_HASH = get_md5_hash_password("!")


def booking_statement() -> str:
    """Returns the service's own UPDATE with an INSERT of the booking, as pgbench writes its variables.

    The service also reads what its response contains; this statement does not.
    """
    from cinema.seats.booking.statements import TAKE

    statement = f"""WITH sold AS ({TAKE})
        INSERT INTO seats_booking (user_id, show_id, seat_number, sold_label, status, created_at, "order")
        SELECT %(user)s, show_id, number, label, 'booked', STATEMENT_TIMESTAMP(), '7K3M-Q9XT' FROM sold
        RETURNING id"""
    return re.sub(r"%\((\w+)\)s", r":\1", statement).replace("%%", "%")


def script(shows: range, users: int) -> str:
    """Returns a script that books each show in turn, then its next seats, and no seat on two connections."""
    return f"""
        \\set turn :turn + 1
        \\set sold (:turn - 1) * {CONNECTIONS} + :client_id
        \\set show {shows.start} + :sold % {len(shows)}
        \\set seat 1 + :sold / {len(shows)}
        \\set user 1 + :sold % {users}
        {booking_statement()};
        """


def run(url: str, shows: range, users: int, bookings: int) -> Figures:
    """Makes this many bookings in shows that have none yet, and returns rate, latency and CPU time."""
    per_connection = bookings // CONNECTIONS
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(shows, users))
        file.flush()
        program = database.postgresql_program("pgbench")
        cpu_before = database_cpu_seconds()
        command = [
            *(str(program), "--no-vacuum", "--protocol", "prepared", "--define", "turn=0", "--file", file.name),
            *("--define", f"password_hash={PASSWORD_HASH}"),
            *("--client", str(CONNECTIONS), "--jobs", str(os.cpu_count())),
            *("--transactions", str(per_connection), url),
        ]
        result = subprocess.run(command, capture_output=True, text=True)
        cpu_seconds = database_cpu_seconds() - cpu_before
    require(result.returncode == 0, f"pgbench failed: {result.stderr}")
    with psycopg.connect(url) as connection:
        count = "SELECT COUNT(*) FROM seats_booking WHERE show_id BETWEEN %s AND %s"
        (sold,) = connection.execute(count, [shows.start, shows.stop - 1]).fetchall()[0]
    expected = per_connection * CONNECTIONS
    require(sold == expected, f"pgbench booked {sold} seats, expected {expected}.")
    (rate,) = re.findall(r"tps = ([0-9.]+)", result.stdout)
    (latency,) = re.findall(r"latency average = ([0-9.]+)", result.stdout)
    return {
        "requests": expected,
        "rate": float(rate),
        "database_us": cpu_seconds / expected * 1e6,
        "mean_ms": float(latency),
    }
