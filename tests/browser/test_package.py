"""The npm package of the seat map: packed, installed into an empty folder, compiled against, and loaded."""

import json
import re
import shutil
import subprocess
import tarfile

import pytest

from tests.browser.pages import expect, seat
from tests.clients.test_typescript import CLIENT, MISSING
from tests.live_server import ROOT
from tests.requirements import requires

PACKAGE = ROOT / "clients" / "seat-map"
NAME = "cinema-seat-map"
# The types of the package accept what the API sends, as the types of the whole API have it.
SAME_AS_THE_API = """
import type { Counts, PriceTable, Seat, SeatMap, Show } from "cinema-seat-map";
import type { components } from "SCHEMA";

type Schemas = components["schemas"];
declare const seat: Schemas["MapSeat"], show: Schemas["MapShow"];
declare const counts: Schemas["Counts"], prices: Schemas["PriceTable"];
export const ours: [Seat, Show, Counts, PriceTable] = [seat, show, counts, prices];
export const theirs: [Schemas["MapSeat"], Schemas["Counts"]] = [{} as Seat, {} as Counts];
export const all = (map: SeatMap) => map.seats.map((each) => each.color ?? each.status);
"""
WRONG = """
import "cinema-seat-map/element";

const hall = document.createElement("cinema-seat-map");
hall.addEventListener("seat-map-lost", ({ detail }) => detail.label);
"""

pytestmark = requires(not MISSING, MISSING)


def run(*command, folder):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A folder in which the packed package is installed."""
    folder = tmp_path_factory.mktemp("app")
    status, output = run("npm", "pack", "--silent", "--pack-destination", str(folder), folder=PACKAGE)
    assert status == 0, output
    (archive,) = folder.glob("*.tgz")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    install = ("npm", "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", archive.name)
    status, output = run(*install, folder=folder)
    assert status == 0, output
    return folder


def compile_in(app, name, code):
    (app / f"{name}.ts").write_text(code)
    options = {"noEmit": True, "lib": ["ES2022", "DOM", "DOM.Iterable"], "types": []}
    config = {"extends": f"{CLIENT}/tsconfig.json", "compilerOptions": options, "files": [f"{name}.ts"]}
    (app / "tsconfig.json").write_text(json.dumps(config))
    return run(f"{CLIENT}/node_modules/.bin/tsc", "--project", ".", folder=app)


def test_package_has_the_files_of_the_map_and_no_others(app):
    (archive,) = app.glob("*.tgz")
    with tarfile.open(archive) as packed:
        names = {name.removeprefix("package/") for name in packed.getnames()}
    assert {"package.json", "README.md", "LICENSE", "seat-map.d.ts", "element.d.ts"} <= names
    assert {"dist/seat-map.js", "dist/seat-map-element.js", "dist/seat-map.css"} <= names
    assert not [name for name in names if re.search(r"page|basket|login|pack\.mjs", name)]
    for name in names:
        if name.startswith("dist/"):
            source = ROOT / "cinema" / "web" / "static" / "web" / name.removeprefix("dist/")
            assert (app / "node_modules" / NAME / name).read_bytes() == source.read_bytes()


def test_code_in_the_readme_compiles(app):
    blocks = re.findall(r"^```ts\n(.*?)^```", (PACKAGE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        assert compile_in(app, "readme", block) == (0, "")


def test_types_are_those_of_the_api(app):
    shutil.copy(CLIENT / "schema.d.ts", app)
    assert compile_in(app, "api", SAME_AS_THE_API.replace("SCHEMA", "./schema.js")) == (0, "")


def test_use_of_a_detail_that_an_event_does_not_have_does_not_compile(app):
    status, output = compile_in(app, "wrong", WRONG)
    assert status != 0
    assert "'label' does not exist on type '{ labels: string[]; }'" in output


def test_types_declare_each_public_member_and_event(app, visit, cinema):
    page = visit()
    members = page.evaluate(
        """async () => {
            const {SeatMap, EVENTS} = await import("/static/web/seat-map.js");
            const map = new SeatMap(document.createElement("div"), {show: 0});
            map.close();
            return [[...Object.keys(map), ...Object.getOwnPropertyNames(SeatMap.prototype)], EVENTS];
        }"""
    )
    types = (PACKAGE / "seat-map.d.ts").read_text()
    body = types.split("export class SeatMap ")[1]
    declared = set(re.findall(r"^  (?:readonly |get |set )?(\w+)[?(:]", body, re.MULTILINE))
    assert declared - {"addEventListener", "removeEventListener"} == set(members[0])
    details = types.split("export interface SeatMapDetails {")[1].split("\n}")[0]
    assert set(re.findall(r"^  (\w+):", details, re.MULTILINE)) == set(members[1])


def test_installed_package_draws_a_hall(app, visit, cinema):
    show = cinema.new_show()
    page = visit()
    page.route(
        "**/node_modules/**",
        lambda route: route.fulfill(path=app / route.request.url.partition("://")[2].partition("/")[2]),
    )
    page.evaluate(
        """async ([name, show]) => {
            await import(`/node_modules/${name}/dist/seat-map-element.js`);
            document.body.replaceChildren(document.createElement("cinema-seat-map"));
            document.body.firstChild.show = show;
        }""",
        [NAME, show],
    )
    expect(page.get_by_role("gridcell")).to_have_count(40)
    seat(page, "A", 1).click()
    expect(seat(page, "A", 1)).to_have_attribute("aria-selected", "true")
    styles = page.locator("link[rel=stylesheet]").evaluate_all("(links) => links.map((link) => link.href)")
    assert f"{cinema.url}/node_modules/{NAME}/dist/seat-map.css" in styles
