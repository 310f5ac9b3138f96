/** The cinema's public API, as the pages call it. */

import { place } from "./store.js";

const kept = place("cinema.session");
const events = new EventTarget();
let ahead = 0; // How far the server's clock is ahead of ours (milliseconds).

/** What the API answered instead: `status`, `code`, and `body`, the whole problem (RFC 9457). */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body?.detail ?? `The server answered ${status}.`);
    Object.assign(this, { status, code: body?.code ?? "error", body: body ?? {}, retryAfter });
  }
}

/** No answer came. Whether the server got the question is unknown. */
export class NoAnswer extends Error {}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);

/** One page of a list, `{results, count, next}`; `next` is the path of the page after it, or null. */
export async function page(path) {
  const { results, count, next } = await get(path);
  return { results, count, next: next && new URL(next).pathname + new URL(next).search };
}

/** All entries of a list, over all its pages. */
export async function pages(path) {
  const { results, next } = await page(path);
  return next ? [...results, ...(await pages(next))] : results;
}

/** The server's time, by which holds run out (milliseconds since 1970). */
export const now = () => Date.now() + ahead;

// --- who is logged in -----------------------------------------------------------------

/** `{username, access, refresh}`, or null. Other tabs of this browser share it. */
export function session() {
  const found = kept.get();
  return ["username", "access", "refresh"].every((name) => typeof found?.[name] === "string") ? found : null;
}

function keep(tokens) {
  const before = session()?.username;
  kept.set(tokens);
  // Fresh tokens of the same visitor are no news.
  if (before !== tokens?.username) events.dispatchEvent(new Event("session"));
}

/** Calls back when somebody has logged in or out, in this tab or another; returns a function that ends it. */
export function onSession(callback) {
  const elsewhere = (event) => event.key === kept.name && callback();
  events.addEventListener("session", callback);
  addEventListener("storage", elsewhere);
  return () => {
    events.removeEventListener("session", callback);
    removeEventListener("storage", elsewhere);
  };
}

export async function logIn(username, password) {
  const tokens = await request("POST", "/login", { username, password });
  keep({ username, ...tokens });
}

export async function signUp(account) {
  await request("POST", "/signup", account);
}

export async function logOut() {
  const { refresh } = session() ?? {};
  try {
    if (refresh) await call("POST", "/logout", { refresh });
  } finally {
    keep(null);
  }
}

// --- calls ----------------------------------------------------------------------------

async function call(method, path, body) {
  const mine = session();
  try {
    return await request(method, path, body, mine?.access);
  } catch (problem) {
    if (problem.status !== 401 || !mine) throw problem;
    await renew(mine);
    return request(method, path, body, session()?.access);
  }
}

/** Exchanges the refresh token, which works once: so of all tabs only one may do it. */
async function renew(stale) {
  const exchange = async () => {
    const mine = session();
    if (!mine || mine.access !== stale.access) return; // Another tab was faster.
    try {
      keep({ ...mine, ...(await request("POST", "/login/refresh", { refresh: mine.refresh })) });
    } catch (problem) {
      if (problem.status < 500 && problem.status !== 429) keep(null);
      throw problem;
    }
  };
  await (navigator.locks ? navigator.locks.request(kept.name, exchange) : exchange());
}

async function request(method, path, body, access) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = `Bearer ${access}`;
  let answer;
  let text;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    text = await answer.text();
  } catch (cause) {
    throw new NoAnswer("No connection to the cinema. Check yours and try again.", { cause });
  }
  if (answer.ok && answer.status !== 204 && !answer.headers.get("Content-Type")?.startsWith("application/json")) {
    throw new NoAnswer("Something between us and you has answered in our place. Check your connection.");
  }
  const date = Date.parse(answer.headers.get("Date") ?? "");
  // The header leaves out the part of the second; taken as gone, no hold is promised for longer than it lasts.
  if (date) ahead = date + 1000 - Date.now();
  const content = parse(text);
  if (!answer.ok) throw new Problem(answer.status, content, Number(answer.headers.get("Retry-After")) || null);
  return content;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
