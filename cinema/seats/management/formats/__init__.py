"""Django's fixture formats with strict values, for the setting `SERIALIZATION_MODULES`."""
