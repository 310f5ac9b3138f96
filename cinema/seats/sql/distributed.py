"""Tells whether Citus distributes the seats over several nodes."""

from functools import cache

from cinema.api.citus_tables import is_distributed_table


@cache
def is_distributed() -> bool:
    """Tells whether sales and cancels need their form for a distributed database, with several statements.

    Citus does not run a CTE that changes data on one node. It copies the rows to all nodes, and commits on all
    of them in two phases. A sale would be slow, and would fail while any node is down. Several statements in
    one transaction that all name the show run on the show's node alone.

    Each process queries this once, so restart the servers after `distribute_by_show`.
    """
    return is_distributed_table("seats_seat")
