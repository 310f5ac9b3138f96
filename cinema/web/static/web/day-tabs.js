/** The days of the programme as tabs. Arrow keys, Home and End change the day, as in all tabs. */

import { now } from "./clock.js";
import { h } from "./dom.js";
import { cinemaDay, formatDay, formatDayParts } from "./format.js";
import { text } from "./words.js";

const DAY_MS = 24 * 3600 * 1000;
const KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/**
 * Creates tabs that control the element with the id `panelId`. `setDays(days)` shows the days, each `{key, start}`: the
 * date and a moment of that day. `select(key)` marks a day. `onSelect(key)` is called if the visitor chooses one.
 */
export function dayTabs({ panelId, onSelect }) {
  const element = h("div", { class: "day-tabs", role: "tablist", "aria-label": text("programme.days"), onkeydown: handleKey });
  const tabs = () => [...element.children];

  function setDays(days) {
    const known = new Set(tabs().map((tab) => tab.dataset.day));
    element.append(...days.filter(({ key }) => !known.has(key)).map(tabOf));
  }

  function tabOf({ key, start }) {
    const name = { [cinemaDay(now())]: text("page.today"), [cinemaDay(now() + DAY_MS)]: text("page.tomorrow") }[key];
    const { weekday, day, month } = formatDayParts(start);
    const label = [name, formatDay(start)].filter(Boolean).join(", ");
    return h(
      "button",
      {
        type: "button", class: "day", role: "tab", id: `day-${key}`, "aria-controls": panelId, "aria-label": label, "data-day": key,
        "aria-selected": "false", tabindex: -1, onclick: () => onSelect(key),
      },
      h("span", {}, name ?? weekday),
      h("b", {}, day),
      h("small", {}, month),
    );
  }

  function select(key) {
    for (const tab of tabs()) {
      const isSelected = tab.dataset.day === key;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      if (isSelected) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  function handleKey(event) {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const all = tabs();
    const index = all.indexOf(document.activeElement) + (element.matches(":dir(rtl)") ? -step : step);
    const next = all[Math.min(all.length - 1, Math.max(0, index))];
    next.focus();
    onSelect(next.dataset.day);
  }

  return { element, setDays, select, clear: () => element.replaceChildren() };
}
