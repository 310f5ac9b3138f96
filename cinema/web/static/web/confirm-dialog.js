/** A question in a dialog over the page. */

import { h } from "./dom.js";

/** Asks a question with two buttons, `no` and `yes`. Resolves to whether the visitor chose `yes`. */
export function confirmInDialog(question, no, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "question" });
    const closeWith = (value) => () => dialog.close(value);
    dialog.append(
      h("p", { id: "question" }, question),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: closeWith("") }, no),
        h("button", { class: "primary", type: "button", onclick: closeWith("yes") }, yes),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
