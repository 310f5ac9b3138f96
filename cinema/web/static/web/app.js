/** Renders the page that the URL fragment names (`#/shows/7`), and the account area of the header. */

import { logOut, onSessionChange, session } from "./api.js";
import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { showHoldBar } from "./hold-bar.js";
import { icon } from "./icons.js";
import { requireLogin } from "./login-dialog.js";
import { later, loadOtherPages } from "./other-pages.js";
import { cinemaName, setTitle } from "./page-title.js";
import { programmePage } from "./programme-page.js";
import { text } from "./words.js";

// The most seats of one hold, from the server's setting HOLD_MAX_SEATS.
const maxSeats = Number(document.body.dataset.maxSeats);

// The name and the module of the function that renders a page into `main`. It may resolve to a function that cleans up
// when the visitor leaves. Only the programme loads with this module. The others load later, in this order.
const ROUTES = [
  [/^#\/(?:days\/(\d{4}-\d\d-\d\d))?$/, "programmePage", () => ({ programmePage })],
  [/^#\/shows\/(\d+)$/, "showPage", later(() => import("./show-page.js"))],
  [/^#\/movies\/(\d+)$/, "moviePage", later(() => import("./movie-page.js"))],
  [/^#\/bookings$/, "bookingsPage", later(() => import("./bookings-page.js"))],
  [/^#\/account$/, "accountPage", later(() => import("./account-page.js"))],
  [/^#\/password$/, "forgottenPage", later(() => import("./password-page.js"))],
  [/^#\/password\/([\w-]+)$/, "resetPage", later(() => import("./password-page.js"))],
];

let closePage = null;
let navigationCount = 0;

async function openPage() {
  const navigation = ++navigationCount;
  let render;
  try {
    render = await loadPage(location.hash || "#/");
  } catch (problem) {
    render = () => Promise.reject(problem);
  }
  if (navigation !== navigationCount) return; // The visitor opened another page while this one loaded.
  closePage?.();
  closePage = null;
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  setTitle("");
  markCurrentLink();
  const main = h("main", { id: "main", tabindex: -1, "data-loading": text("shell.loading") });
  const mainBefore = document.querySelector("main");
  // Whoever used the skip link while the first page loaded stays in its content.
  const wasSkippedTo = navigation === 1 && document.activeElement === mainBefore;
  mainBefore.replaceWith(main);
  if (wasSkippedTo) main.focus();
  try {
    const cleanUp = await render(main);
    if (navigation === navigationCount) closePage = cleanUp;
    else cleanUp?.();
  } catch (problem) {
    main.replaceChildren(
      h("h1", { tabindex: -1 }, text([404, 410].includes(problem.status) ? "page.notFound" : "page.failed")),
      h("p", { role: "alert" }, problem.message),
      h("p", {}, h("button", { type: "button", onclick: openPage }, text("page.tryAgain")), " ", h("a", { href: "#/" }, text("shell.programme"))),
    );
  }
  if (navigation !== navigationCount) return;
  focusHeading(main);
  loadOtherPages().catch(() => {}); // The next page tries again.
}

/** Resolves to the function that renders the page of a fragment. */
async function loadPage(hash) {
  for (const [pattern, name, load] of ROUTES) {
    const match = hash.match(pattern);
    if (!match) continue;
    try {
      const { [name]: render } = await load();
      return (main) => render(main, match[1], maxSeats);
    } catch (cause) {
      throw new Error(text("page.noAnswer"), { cause });
    }
  }
  throw new Error(text("page.noSuchPage"));
}

/** Moves the focus to the heading of a new page, so that keyboard and screen reader continue there. */
function focusHeading(main) {
  const heading = main.querySelector("h1");
  if (heading && document.title === cinemaName) setTitle(heading.textContent);
  const isFocusInUse = document.querySelector("dialog[open]") || main.contains(document.activeElement);
  // The first page after loading keeps the focus at its top, like any document.
  if (navigationCount > 1 && !isFocusInUse) heading?.focus();
}

function markCurrentLink() {
  for (const link of document.querySelectorAll("nav a")) {
    const isProgramme = /^#\/(days\/|$)/.test(location.hash || "#/");
    if (link.hash === (isProgramme ? "#/" : location.hash)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function renderAccount() {
  const account = document.querySelector("#account");
  const hadFocus = account.contains(document.activeElement);
  const user = session();
  account.replaceChildren(
    ...(user
      ? [accountLink(user), h("button", { type: "button", onclick: logOutAndGoHome }, text("page.logOut"))]
      : [h("button", { type: "button", onclick: () => requireLogin() }, text("page.logIn"))]),
  );
  if (hadFocus) account.querySelector("button").focus();
}

function accountLink({ username }) {
  const label = text("page.account", { name: isolate(username) });
  return h("a", { class: "who", href: "#/account", "aria-label": label }, icon("user"), h("bdi", {}, username));
}

async function logOutAndGoHome() {
  await logOut().catch(() => {});
  location.hash = "#/";
}

// The skip link must not change the fragment: `openPage` would look for a page of that name. So it is hidden until now.
const skipLink = document.querySelector(".skip");
skipLink.addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("main").focus();
});
skipLink.hidden = false;
addEventListener("hashchange", openPage);
onSessionChange(renderAccount);
renderAccount();
showHoldBar();
openPage();
