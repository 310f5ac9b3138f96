/** A list of the API, page by page. */

import { page } from "./api.js";
import { h } from "./dom.js";

/**
 * `entry(result, say)` makes an item, and may `say` something above the list; `count(n)` says how many there are;
 * `none` is shown where there are none. `open(path)` begins anew from there; of two, the later one counts.
 */
export function list({ name, entry, count = () => "", none }) {
  const status = h("p", { role: "status" });
  const items = h("ul", { class: name });
  const more = h("button", { type: "button", hidden: true, onclick: () => add() }, `More ${name === "cards" ? "movies" : name}`);
  let next = null;
  let turn = 0;

  const say = (...words) => status.replaceChildren(...words);

  async function add() {
    const [mine, path] = [++turn, next];
    try {
      const found = await page(path);
      if (mine !== turn) return;
      const fresh = found.results.map((result) => entry(result, say));
      const wasMore = document.activeElement === more;
      if (path === first) items.replaceChildren();
      items.append(...fresh);
      next = found.next;
      more.hidden = !next;
      if (wasMore) fresh[0]?.querySelector("a")?.focus();
      if (path === first) say(...(found.count ? [count(found.count)] : none));
    } catch (problem) {
      if (mine === turn) say(problem.message, " ", h("button", { type: "button", onclick: () => add() }, "Try again"));
    }
  }

  let first = null;
  async function open(path) {
    first = next = path;
    await add();
  }

  return { element: h("div", {}, status, items, more), open };
}
