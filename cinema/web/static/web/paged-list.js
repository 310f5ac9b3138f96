/** A list that loads an API list page by page. */

import { getPage } from "./api.js";
import { h } from "./dom.js";

/**
 * Creates a list; `open(path)` fills it, and replaces what an earlier call showed or is still loading.
 *
 * `renderItem(result, showStatus)` returns an item; it may call `showStatus(...nodes)` to show a message above the
 * list. `formatCount(count)` returns the text above the list; `emptyMessage` is an array of nodes, shown if the list
 * is empty. `itemName` is the singular noun of the "More …" button.
 */
export function pagedList({ className, itemName, renderItem, formatCount = () => "", emptyMessage }) {
  const status = h("p", { role: "status" });
  const items = h("ul", { class: className });
  const moreButton = h("button", { type: "button", hidden: true, onclick: () => loadPage() }, `More ${itemName}s`);
  let firstPath = null;
  let nextPath = null;
  let requestCount = 0;

  const showStatus = (...nodes) => status.replaceChildren(...nodes);

  async function loadPage() {
    const [request, path] = [++requestCount, nextPath];
    try {
      const page = await getPage(path);
      if (request !== requestCount) return; // A later call has replaced this one.
      const newItems = page.results.map((result) => renderItem(result, showStatus));
      const hadFocus = document.activeElement === moreButton;
      if (path === firstPath) items.replaceChildren();
      items.append(...newItems);
      nextPath = page.next;
      moreButton.hidden = !nextPath;
      if (hadFocus) newItems[0]?.querySelector("a")?.focus();
      if (path === firstPath) showStatus(...(page.count ? [formatCount(page.count)] : emptyMessage));
    } catch (problem) {
      const retry = h("button", { type: "button", onclick: () => loadPage() }, "Try again");
      if (request === requestCount) showStatus(problem.message, " ", retry);
    }
  }

  async function open(path) {
    firstPath = nextPath = path;
    await loadPage();
  }

  return { element: h("div", {}, status, items, moreButton), open };
}
