/** The pages of a forgotten password: ask for a mail, and choose a new password by its link. */

import { post } from "./api.js";
import { h } from "./dom.js";
import { apiForm, field, newPasswordField } from "./form.js";
import { requireLogin } from "./login-dialog.js";
import { text } from "./words.js";

export function forgottenPage(main) {
  const form = apiForm({
    fields: { email: field(text("password.email"), { type: "email", autocomplete: "email", required: true }) },
    submitText: text("password.send"),
    send: async (values) => {
      await post("/password/forgotten", values);
      return text("password.sent");
    },
  });
  main.append(
    h("h1", { tabindex: -1 }, text("password.forgottenTitle")),
    h("p", {}, text("password.forgottenHint")),
    form,
  );
}

export function resetPage(main, token) {
  const form = apiForm({
    fields: { new_password: newPasswordField() },
    submitText: text("password.save"),
    send: async (values) => {
      await post("/password/reset", { token, ...values });
      // The used token need not stay in the browser's history.
      history.replaceState(null, "", "#/password");
      const logInButton = h("button", { type: "button", onclick: () => requireLogin() }, text("page.logIn"));
      form.replaceWith(h("p", { role: "status" }, text("password.changed"), " "), logInButton);
      logInButton.focus();
      return "";
    },
  });
  main.append(
    h("h1", { tabindex: -1 }, text("password.resetTitle")),
    form,
    h("p", {}, h("a", { href: "#/password" }, text("password.newLink"))),
  );
}
