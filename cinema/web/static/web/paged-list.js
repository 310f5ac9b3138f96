/** A list that loads an API list page by page. */

import { getPage } from "./api.js";
import { h } from "./dom.js";
import { text } from "./words.js";

/**
 * Creates a list; `open(path)` fills it, and replaces what an earlier call showed or is still loading.
 *
 * `renderItem(result, showStatus)` returns an item; it may call `showStatus(...nodes)` to show a message above the
 * list. `formatCount(count)` returns the text above the list; `emptyMessage` is an array of nodes, shown if the list
 * is empty. `moreText` is the text of the button that loads the next page. A `list` with `element`, `append(results)`, which
 * returns the new items, and `clear()` replaces the plain list of items.
 */
export function pagedList({ className, moreText, renderItem, list, formatCount = () => "", emptyMessage }) {
  const status = h("p", { role: "status" });
  const items = list ?? plainList(className, (result) => renderItem(result, showStatus));
  const moreButton = h("button", { type: "button", hidden: true, onclick: () => loadPage() }, moreText);
  let firstPath = null;
  let nextPath = null;
  let requestCount = 0;

  const showStatus = (...nodes) => status.replaceChildren(...nodes);

  async function loadPage() {
    const [request, path] = [++requestCount, nextPath];
    try {
      const page = await getPage(path);
      if (request !== requestCount) return; // A later call has replaced this one.
      const hadFocus = document.activeElement === moreButton;
      if (path === firstPath) items.clear();
      const newItems = items.append(page.results);
      nextPath = page.next;
      moreButton.hidden = !nextPath;
      if (hadFocus) newItems[0]?.querySelector("a")?.focus();
      if (path === firstPath) showStatus(...(page.count ? [formatCount(page.count)] : emptyMessage));
    } catch (problem) {
      const retry = h("button", { type: "button", onclick: () => loadPage() }, text("page.tryAgain"));
      if (request === requestCount) showStatus(problem.message, " ", retry);
    }
  }

  async function open(path) {
    firstPath = nextPath = path;
    await loadPage();
  }

  return { element: h("div", {}, status, items.element, moreButton), open };
}

function plainList(className, renderItem) {
  const element = h("ul", { class: className });
  const append = (results) => {
    const items = results.map(renderItem);
    element.append(...items);
    return items;
  };
  return { element, append, clear: () => element.replaceChildren() };
}
