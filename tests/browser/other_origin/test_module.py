"""The module `seat-map.js` without the custom element, in a page of another origin."""

import http.server
import re
import threading

from tests.browser.cinema import Cinema
from tests.browser.pages import expect, seat
from tests.ports import spare_port


def test_seat_map_works_in_a_page_of_another_origin(chromium, tmp_path):
    """The page knows only the URL of the module and the id of a show."""
    port = spare_port()
    origin = f"http://127.0.0.1:{port}"
    with Cinema(tmp_path, CORS_ALLOWED_ORIGINS=origin) as cinema:
        show = cinema.new_show()
        options = f'{{ base: "{cinema.url}", show: {show}, most: 2 }}'
        document = f"""<!DOCTYPE html><html lang="en"><title>Mine</title><div id="hall"></div>
        <script type="module">
            import {{ SeatMap }} from "{cinema.url}/static/web/seat-map.js";
            window.map = new SeatMap(document.querySelector("#hall"), {options});
            map.addEventListener("choice", () => {{
                document.title = map.chosen.map((seat) => seat.label).join();
            }});
        </script>"""

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(document.encode())

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", port), Page) as embedding_site:
            threading.Thread(target=embedding_site.serve_forever, daemon=True).start()
            page = chromium.new_page()
            page.goto(origin)
            for number in (1, 2, 3):
                seat(page, "B", number).click()
            expect(page).to_have_title("B1,B2")
            cinema.book(show, 1)
            expect(seat(page, "A", 1)).to_have_attribute("aria-label", re.compile("taken$"))
            page.evaluate("map.close()")
            expect(page.get_by_role("grid")).to_have_count(0)
            page.close()
            embedding_site.shutdown()
