"""Amounts of money for people. The API and the database have integers in the currency's smallest unit."""

# ISO 4217: all other currencies have two digits.
WITHOUT_DIGITS = {
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
}
THREE_DIGITS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def currency_digits(currency: str) -> int:
    return 0 if currency in WITHOUT_DIGITS else 3 if currency in THREE_DIGITS else 2


def format_amount(amount: int, currency: str) -> str:
    """Returns the amount in the currency's main unit, such as `12.50 EUR`."""
    digits = currency_digits(currency)
    whole, fraction = divmod(amount, 10**digits)
    return f"{whole}.{fraction:0{digits}} {currency}" if digits else f"{whole} {currency}"
