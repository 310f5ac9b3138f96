/** The "Find the best seats" form: how many seats side by side, of which category, accessible or not. */

import { h } from "./dom.js";
import { text } from "./words.js";

/**
 * Creates the form. It calls `onFind({best, category?, accessible?})`, which is the body of a hold request.
 * `setOptions(categories, hasAccessible)` shows the choices that the hall offers.
 */
export function bestSeatsForm(maxSeats, onFind) {
  const category = h("select", { name: "category" });
  const categoryField = h("label", { hidden: true }, h("span", {}, text("best.category")), category);
  const accessible = h("input", { type: "checkbox", name: "accessible" });
  const accessibleField = h("label", { class: "tick" }, accessible, text("best.accessible"));
  const count = h("input", {
    type: "number",
    name: "best",
    value: Math.min(2, maxSeats),
    min: 1,
    max: maxSeats,
    required: true,
  });
  const onsubmit = (event) => {
    event.preventDefault();
    onFind({
      best: Number(count.value),
      ...(category.value && { category: category.value }),
      ...(accessible.checked && { accessible: true }),
    });
  };
  const element = h(
    "details",
    // Closed on small screens, where it would push the seat map out of view.
    { class: "best", open: matchMedia("(min-width: 48rem)").matches },
    h("summary", {}, text("best.title")),
    h(
      "form",
      { onsubmit },
      h("label", {}, h("span", {}, text("best.count")), count),
      categoryField,
      accessibleField,
      h("button", {}, text("best.find")),
    ),
  );
  const setOptions = (categories, hasAccessible) => {
    categoryField.hidden = categories.length < 2;
    accessibleField.hidden = !hasAccessible;
    const options = categories.map(({ name }) => h("option", { value: name, dir: "auto" }, name));
    category.replaceChildren(h("option", { value: "" }, text("best.any")), ...options);
  };
  return { element, setOptions };
}
