/** The page of the visitor's account: change the email address and the password, delete the account. */

import { endSession, get, logIn, onSessionChange, patch, post, remove, session } from "./api.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { apiForm, currentPasswordField, field, newPasswordField } from "./form.js";
import { requireLogin } from "./login-dialog.js";

/** Renders the page into `main`. Resolves to a function that cleans up. */
export async function accountPage(main) {
  const content = h("div", {});
  main.append(h("h1", { tabindex: -1 }, "My account"), content);

  async function render() {
    if (!session()) {
      const logInButton = h("button", { type: "button", onclick: () => requireLogin() }, "Log in");
      content.replaceChildren(h("p", {}, "Log in to see your account. "), logInButton);
      return;
    }
    try {
      const account = await get("/me");
      content.replaceChildren(
        h("p", {}, "You are logged in as ", h("strong", {}, h("bdi", {}, account.username)), "."),
        h("h2", {}, "Email address"),
        emailForm(account),
        h("h2", {}, "Change password"),
        passwordForm(account),
        h("h2", {}, "Delete account"),
        h("p", {}, "Your bookings of shows that have not started are cancelled, and their seats are sold again."),
        deleteForm(),
      );
    } catch (problem) {
      // If the session had expired, the request ended it, which renders the page again.
      if (session()) throw problem;
    }
  }

  const unsubscribe = onSessionChange(render);
  if (!session()) requireLogin("Log in to see your account.");
  await render();
  return unsubscribe;
}

function emailForm({ email }) {
  return apiForm({
    fields: { email: field("Email (to reset a forgotten password)", { type: "email", autocomplete: "email", value: email }) },
    submitText: "Save",
    send: async (values) => {
      await patch("/me", values);
      return "Your email address is saved.";
    },
  });
}

function passwordForm({ username }) {
  return apiForm({
    fields: { old_password: currentPasswordField("Old password"), new_password: newPasswordField() },
    submitText: "Change password",
    send: async (values) => {
      await post("/me/password", values);
      // The change has ended the tokens of this session, too.
      await logIn(username, values.new_password);
      return "Your password is changed. Other devices are logged out.";
    },
  });
}

function deleteForm() {
  return apiForm({
    fields: { password: currentPasswordField("Password") },
    submitText: "Delete account",
    send: async (values) => {
      const question = "Delete your account and cancel your upcoming bookings? This can't be undone.";
      if (!(await confirmInDialog(question, "Keep it", "Yes, delete it"))) return "Your account is kept.";
      await remove("/me", values);
      endSession();
      location.hash = "#/";
      return "";
    },
  });
}
