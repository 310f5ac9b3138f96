/** The pages of a forgotten password: ask for a mail, and choose a new password by its link. */

import { post } from "./api.js";
import { h } from "./dom.js";
import { apiForm, field, newPasswordField } from "./form.js";
import { requireLogin } from "./login-dialog.js";

export function forgottenPage(main) {
  const form = apiForm({
    fields: { email: field("Email", { type: "email", autocomplete: "email", required: true }) },
    submitText: "Send the link",
    send: async (values) => (await post("/password/forgotten", values)).detail,
  });
  main.append(
    h("h1", { tabindex: -1 }, "Forgot your password?"),
    h("p", {}, "Enter the email address of your account. You get a link to choose a new password."),
    form,
  );
}

export function resetPage(main, token) {
  const form = apiForm({
    fields: { new_password: newPasswordField() },
    submitText: "Save the new password",
    send: async (values) => {
      await post("/password/reset", { token, ...values });
      // The used token need not stay in the browser's history.
      history.replaceState(null, "", "#/password");
      const logInButton = h("button", { type: "button", onclick: () => requireLogin() }, "Log in");
      form.replaceWith(h("p", { role: "status" }, "Your password is changed. You can log in with it. "), logInButton);
      logInButton.focus();
      return "";
    },
  });
  main.append(
    h("h1", { tabindex: -1 }, "Choose a new password"),
    form,
    h("p", {}, h("a", { href: "#/password" }, "Ask for a new link")),
  );
}
