"""Django's fixture formats with strict values: see `fixture_checks.py` and the setting `SERIALIZATION_MODULES`.

XML has no types of its own. Django parses its texts strictly already.
"""
