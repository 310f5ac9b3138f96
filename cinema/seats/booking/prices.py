"""The price of a seat, as a part of the statements that sell it.

A price for the seat's own category wins over one for any other category (an empty `category`). If the buyer
names no kind, the first kind of the list that has a price for the seat counts. All prices of a kind have one
`position`.

`category` is an expression for the category of the seat, and `kind` one for the kind that the buyer wants, or
null.
"""


def _prices(price_list: str, category: str, kind: str) -> str:
    return f"""FROM shows_price WHERE price_list_id = {price_list}
     AND category IN ({category}, '') AND kind = COALESCE({kind}, kind)"""


def has_price(category: str, kind: str) -> str:
    """A condition on the row of the show: it has a price of this kind, or no list and no kind is wanted.

    Put it into the condition that reads the show anyway, because each sub-select costs a booking 3 to 5 %.
    """
    return f"""(price_list_id IS NULL AND {kind} IS NULL
    OR EXISTS (SELECT 1 {_prices("shows_show.price_list_id", category, kind)}))"""


def price_of(category: str, kind: str) -> str:
    """A query for the `kind` and `amount` of the seat's price; no row if there is none."""
    first = f"CASE WHEN {kind} IS NULL THEN position END, category = ''"
    price_list = "(SELECT price_list_id FROM shows_show WHERE id = %(show)s)"
    return f"""(SELECT kind, amount {_prices(price_list, category, kind)}
 ORDER BY {first}, id LIMIT 1)"""
