"""Reads the events of a stream."""


def changes(event):
    """The statuses that the event reports, by seat number."""
    return {seat["seat_number"]: seat["status"] for seat in event["seats"]}
