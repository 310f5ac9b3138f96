/** "The best seats": how many, side by side, of which category, with an accessible one among them. */

import { h } from "./dom.js";

/** A form; calls `onFind({best, category?, accessible?})`. `offer(map)` fills in what the hall has to choose from. */
export function bestSeats(most, onFind) {
  const category = h("select", { name: "category" });
  const field = h("label", { hidden: true }, h("span", {}, "Category"), category);
  const accessible = h("input", { type: "checkbox", name: "accessible" });
  const wish = h("label", { class: "tick" }, accessible, "One of them accessible");
  const count = h("input", { type: "number", name: "best", value: Math.min(2, most), min: 1, max: most, required: true });
  const find = (event) => {
    event.preventDefault();
    onFind({
      best: Number(count.value),
      ...(category.value && { category: category.value }),
      ...(accessible.checked && { accessible: true }),
    });
  };
  const element = h(
    "details",
    // On a small screen the hall comes first.
    { class: "best", open: matchMedia("(min-width: 48rem)").matches },
    h("summary", {}, "Find the best seats"),
    h(
      "form",
      { onsubmit: find },
      h("label", {}, h("span", {}, "Seats side by side"), count),
      field,
      wish,
      h("button", {}, "Find the best"),
    ),
  );
  const offer = (categories, hasAccessible) => {
    field.hidden = categories.length < 2;
    wish.hidden = !hasAccessible;
    const names = categories.map(({ name }) => h("option", { value: name }, name));
    category.replaceChildren(h("option", { value: "" }, "Any"), ...names);
  };
  return { element, offer };
}
