"""Managers set prices."""

from django.db import migrations

from cinema.auth.roles import grant

PRICES = [
    f"shows.{action}_{model}"
    for model in ("pricelist", "price")
    for action in ("add", "change", "delete", "view")
]


class Migration(migrations.Migration):
    dependencies = [("cinema_auth", "0005_roles"), ("shows", "0007_price_lists")]

    operations = [grant({"Manager": PRICES})]
