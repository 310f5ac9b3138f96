/** A link in the header of every page, as long as a hold runs: how many seats, the time left, the way back to them. */

import { onSessionChange, session } from "./api.js";
import { now } from "./clock.js";
import { h } from "./dom.js";
import { formatCountdown } from "./format.js";
import { icon } from "./icons.js";
import { storedValue } from "./storage.js";
import { text } from "./words.js";

// The holds that pages of this browser know, `{show: {username, count, expiresAt}}`. No page asks the API for them.
const storedHolds = storedValue("cinema.holds");
const listeners = new Set();

/** Stores a hold of the visitor as the API returns it, or null if they hold no seats of that show. */
export function storeHold(show, hold) {
  const holds = Object.fromEntries(entries().filter(([id, { expiresAt }]) => id !== String(show) && expiresAt > now()));
  if (hold && session()) {
    holds[show] = { username: session().username, count: hold.seat_numbers.length, expiresAt: Date.parse(hold.expires_at) };
  }
  storedHolds.set(Object.keys(holds).length ? holds : null);
  listeners.forEach((render) => render());
}

/** Puts the link before the account area of the header. */
export function showHoldBar() {
  const count = h("span", { class: "far" });
  const left = h("b", {});
  const link = h("a", { class: "held-chip", hidden: true }, icon("clock"), count, left);
  document.querySelector("#account").before(link);
  let timer = 0;
  const render = () => {
    clearTimeout(timer);
    const hold = nextHold();
    link.hidden = !hold;
    if (!hold) return;
    link.setAttribute("href", `#/shows/${hold.show}`);
    count.textContent = text("page.hold", { count: hold.count });
    left.textContent = formatCountdown(hold.expiresAt - now());
    timer = setTimeout(render, 1000);
  };
  listeners.add(render);
  onSessionChange(render);
  addEventListener("hashchange", render);
  addEventListener("storage", ({ key }) => key === storedHolds.key && render());
  render();
}

/** The visitor's hold that expires first, except that of the open page, which shows its own clock. */
function nextHold() {
  const username = session()?.username;
  const holds = entries().map(([show, hold]) => ({ show, ...hold }));
  return holds
    .filter((hold) => hold.username === username && hold.expiresAt > now() && location.hash !== `#/shows/${hold.show}`)
    .sort((a, b) => a.expiresAt - b.expiresAt)[0];
}

/** The stored holds, without what no page has stored. */
function entries() {
  const holds = storedHolds.get();
  const isHold = ([show, hold]) => /^\d+$/.test(show) && Number.isFinite(hold?.expiresAt) && Number.isInteger(hold.count);
  return holds && typeof holds === "object" ? Object.entries(holds).filter(isHold) : [];
}
