/** The page of the visitor's account: change the email address and the password, delete the account. */

import { endSession, get, logIn, onSessionChange, patch, post, remove, session } from "./api.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { apiForm, currentPasswordField, field, newPasswordField } from "./form.js";
import { requireLogin } from "./login-dialog.js";
import { nodes, text } from "./words.js";

const section = (name, ...content) => h("section", { class: "section" }, h("h2", {}, name), content);

/** Renders the page into `main`. Resolves to a function that cleans up. */
export async function accountPage(main) {
  const content = h("div", {});
  main.append(h("h1", { tabindex: -1 }, text("account.title")), content);

  async function render() {
    if (!session()) {
      const logInButton = h("button", { type: "button", onclick: () => requireLogin() }, text("page.logIn"));
      content.replaceChildren(h("p", {}, text("account.logInFirst"), " "), logInButton);
      return;
    }
    try {
      const account = await get("/me");
      content.replaceChildren(
        h("p", {}, nodes("account.loggedInAs", { name: h("strong", {}, h("bdi", {}, account.username)) })),
        h(
          "div",
          { class: "sections" },
          section(text("account.email"), emailForm(account)),
          section(text("account.changePassword"), passwordForm(account)),
          section(text("account.delete"), h("p", {}, text("account.deletion")), deleteForm()),
        ),
      );
    } catch (problem) {
      // If the session had expired, the request ended it, which renders the page again.
      if (!session()) return;
      const retry = h("button", { type: "button", onclick: render }, text("page.tryAgain"));
      content.replaceChildren(h("p", { role: "alert" }, problem.message), retry);
    }
  }

  const unsubscribe = onSessionChange(render);
  if (!session()) requireLogin(text("account.logInFirst"));
  await render();
  return unsubscribe;
}

function emailForm({ email }) {
  return apiForm({
    fields: { email: field(text("account.emailField"), { type: "email", autocomplete: "email", value: email }) },
    submitText: text("account.save"),
    send: async (values) => {
      await patch("/me", values);
      return text("account.emailSaved");
    },
  });
}

function passwordForm({ username }) {
  return apiForm({
    fields: { old_password: currentPasswordField(text("account.oldPassword")), new_password: newPasswordField() },
    submitText: text("account.changePassword"),
    send: async (values) => {
      await post("/me/password", values);
      // The change has ended the tokens of this session, too.
      await logIn(username, values.new_password);
      return text("account.passwordChanged");
    },
  });
}

function deleteForm() {
  return apiForm({
    fields: { password: currentPasswordField(text("login.password")) },
    submitText: text("account.delete"),
    submitClass: "danger",
    send: async (values) => {
      const isSure = await confirmInDialog(text("account.confirmDeletion"), text("account.keep"), text("account.confirm"));
      if (!isSure) return text("account.kept");
      await remove("/me", values);
      endSession();
      location.hash = "#/";
      return "";
    },
  });
}
