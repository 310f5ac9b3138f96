/** Which page is shown: the part of the address behind the `#` says it. */

import { askWho } from "./account.js";
import { logOut, onSession, session } from "./api.js";
import { bookingsPage } from "./bookings.js";
import { h } from "./dom.js";
import { moviePage, moviesPage } from "./movies.js";
import { showPage } from "./show.js";

const PAGES = [
  [/^#\/movies\/(\d+)$/, moviePage],
  [/^#\/shows\/(\d+)$/, showPage],
  [/^#\/bookings$/, bookingsPage],
  [/^(#\/?)?$/, moviesPage],
];

let leave = null;
let turn = 0;

async function open() {
  const mine = ++turn;
  leave?.();
  leave = null;
  document.title = "Cinema";
  const main = h("main", { id: "main" });
  document.querySelector("main").replaceWith(main);
  const [match, page] = PAGES.map(([form, page]) => [location.hash.match(form), page]).find(([match]) => match) ?? [];
  try {
    if (!page) throw new Error("There is no such page.");
    const left = await page(main, match[1]);
    if (mine === turn) leave = left;
    else left?.();
  } catch (problem) {
    main.replaceChildren(
      h("h1", { tabindex: -1 }, problem.status === 404 ? "Not found" : "That did not work"),
      h("p", { role: "alert" }, problem instanceof TypeError ? "No connection to the cinema." : problem.message),
      h("p", {}, h("button", { type: "button", onclick: open }, "Try again"), " ", h("a", { href: "#/" }, "What is on")),
    );
  }
  if (mine === turn) focusOn(main);
}

/** After a turn of the page, keyboard and screen reader go on at its heading; not when the site is opened. */
function focusOn(main) {
  const heading = main.querySelector("h1");
  if (heading && document.title === "Cinema") document.title = `${heading.textContent} – Cinema`;
  if (turn > 1 && !document.querySelector("dialog[open]")) heading?.focus();
}

function greet() {
  const account = document.querySelector("#account");
  const who = session();
  account.replaceChildren(
    ...(who
      ? [h("span", { class: "who" }, who.username), h("button", { type: "button", onclick: leaveAccount }, "Log out")]
      : [h("button", { type: "button", onclick: () => askWho() }, "Log in")]),
  );
}

async function leaveAccount() {
  await logOut().catch(() => {});
  location.hash = "#/";
}

addEventListener("hashchange", open);
onSession(greet);
greet();
open();
