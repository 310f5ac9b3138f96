/** "The best seats": how many, side by side, of which category. */

import { h } from "./dom.js";

const MOST = 10;

/** A form; calls `onFind({best, category?})`. `offer(categories)` fills in what there is to choose from. */
export function bestSeats(onFind) {
  const category = h("select", { name: "category" }, h("option", { value: "" }, "Any"));
  const field = h("label", { hidden: true }, h("span", {}, "Category"), category);
  const count = h("input", { type: "number", name: "best", value: 2, min: 1, max: MOST, required: true });
  const find = (event) => {
    event.preventDefault();
    onFind({ best: Number(count.value), ...(category.value && { category: category.value }) });
  };
  const element = h(
    "form",
    { class: "best", onsubmit: find },
    h("label", {}, h("span", {}, "Seats side by side"), count),
    field,
    h("button", {}, "Find the best"),
  );
  const offer = (categories) => {
    field.hidden = categories.length < 2;
    category.append(...categories.map(({ name }) => h("option", { value: name }, name)));
  };
  return { element, offer };
}
