"""Login and signup by the API."""

PASSWORD = "plum-tart-42"


def login(client, username, password=PASSWORD):
    return client.post("/login", {"username": username, "password": password})


def sign_up(client, username):
    return client.post("/signup", {"username": username, "password": PASSWORD})
