"""The limit: the same sale in PostgreSQL alone, as one prepared statement of eight connections of pgbench."""

import os
import re
import subprocess
import tempfile

import psycopg

from bench import database
from bench.processes import database_cpu_seconds
from bench.server import Figures
from bench.wrong import require

CONNECTIONS = 8


def sale() -> str:
    """The service's own UPDATE, and the booking; not what an answer needs besides."""
    from cinema.seats.booking.statements import TAKE

    statement = f"""WITH sold AS ({TAKE})
        INSERT INTO seats_booking (user_id, show_id, seat_number, status, created_at)
        SELECT %(user)s, show_id, number, 'booked', STATEMENT_TIMESTAMP() FROM sold RETURNING id"""
    return re.sub(r"%\((\w+)\)s", r":\1", statement).replace("%%", "%")


def script(shows: range, users: int) -> str:
    """Each connection sells seats of its own: every show in turn, then the next seat of each."""
    return f"""
        \\set turn :turn + 1
        \\set sold (:turn - 1) * {CONNECTIONS} + :client_id
        \\set show {shows.start} + :sold % {len(shows)}
        \\set seat 1 + :sold / {len(shows)}
        \\set user 1 + :sold % {users}
        {sale()};
        """


def load(url: str, shows: range, users: int, sales: int) -> Figures:
    """So many sales in these shows of that database, none of which has been sold a seat yet."""
    each = sales // CONNECTIONS
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(shows, users))
        file.flush()
        program = database.postgresql_program("pgbench")
        before = database_cpu_seconds()
        command = [
            *(str(program), "--no-vacuum", "--protocol", "prepared", "--define", "turn=0", "--file", file.name),
            *("--client", str(CONNECTIONS), "--jobs", str(os.cpu_count()), "--transactions", str(each), url),
        ]
        told = subprocess.run(command, capture_output=True, text=True)
        spent = database_cpu_seconds() - before
    require(told.returncode == 0, f"pgbench failed: {told.stderr}")
    with psycopg.connect(url) as connection:
        counted = "SELECT COUNT(*) FROM seats_booking WHERE show_id BETWEEN %s AND %s"
        (sold,) = connection.execute(counted, [shows.start, shows.stop - 1]).fetchall()[0]
    done = each * CONNECTIONS
    require(sold == done, f"pgbench sold {sold} seats, not {done}.")
    (rate,) = re.findall(r"tps = ([0-9.]+)", told.stdout)
    (latency,) = re.findall(r"latency average = ([0-9.]+)", told.stdout)
    return {
        "requests": done,
        "rate": float(rate),
        "database_us": spent / done * 1e6,
        "mean_ms": float(latency),
    }
