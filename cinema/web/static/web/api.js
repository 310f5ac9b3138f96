/** Client for the cinema's public API: requests and the login session. */

import { setClock } from "./clock.js";
import { storedValue } from "./storage.js";
import { text, words } from "./words.js";

const storedSession = storedValue("cinema.session");
const sessionEvents = new EventTarget();

/** An error answer of the API: its `status`, `code`, and `body`, the whole problem document (RFC 9457). */
class Problem extends Error {
  constructor(status, body, retryAfterSeconds) {
    const translation = body?.code && words.find(`problems.${body.code}`, body);
    super(translation ?? body?.detail ?? text("page.serverError", { status }));
    Object.assign(this, { status, code: body?.code ?? "error", body: body ?? {}, retryAfterSeconds });
  }
}

/** No answer of the API arrived. The server may have processed the request all the same. */
class NetworkError extends Error {}

/** Tells whether it is unknown if the server has processed the request that failed with this error. */
export const isUnanswered = (error) => error instanceof NetworkError || error.status >= 500;

export const get = (path) => call("GET", path);
/** Gets a file of a media type, as text. */
export const getFile = (path, type) => call("GET", path, undefined, undefined, type);
export const post = (path, body, headers) => call("POST", path, body, headers);
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path, body) => call("DELETE", path, body);

/** Gets one page of a list, `{results, count, next}`; `next` is the path of the next page, or null. */
export async function getPage(path) {
  const { results, count, next } = await get(path);
  return { results, count, next: next && new URL(next).pathname + new URL(next).search };
}

/** Gets the entries of all pages of a list, in one array. */
export async function getAllPages(path) {
  const { results, next } = await getPage(path);
  return next ? [...results, ...(await getAllPages(next))] : results;
}

// --- session --------------------------------------------------------------------------

/** `{username, access, refresh}`, or null if nobody is logged in. All tabs of the browser share it. */
export function session() {
  const stored = storedSession.get();
  return ["username", "access", "refresh"].every((name) => typeof stored?.[name] === "string") ? stored : null;
}

function setSession(tokens) {
  const before = session()?.username;
  storedSession.set(tokens);
  // New tokens of the same user are not a new session.
  if (before !== tokens?.username) sessionEvents.dispatchEvent(new Event("change"));
}

/** Calls `callback` after a login or logout in any tab. Returns a function that unsubscribes it. */
export function onSessionChange(callback) {
  const onStorage = (event) => event.key === storedSession.key && callback();
  sessionEvents.addEventListener("change", callback);
  addEventListener("storage", onStorage);
  return () => {
    sessionEvents.removeEventListener("change", callback);
    removeEventListener("storage", onStorage);
  };
}

export async function logIn(username, password) {
  const tokens = await request("POST", "/login", { username, password });
  setSession({ username, ...tokens });
}

export async function signUp(account) {
  await request("POST", "/signup", account);
}

/** Forgets the tokens, which the server has ended. */
export const endSession = () => setSession(null);

export async function logOut() {
  const { refresh } = session() ?? {};
  try {
    if (refresh) await call("POST", "/logout", { refresh });
  } finally {
    setSession(null);
  }
}

// --- requests -------------------------------------------------------------------------

/** Sends a request with the access token. If that has expired, refreshes it and sends the request again. */
async function call(method, path, body, headers, type) {
  const sessionBefore = session();
  try {
    return await request(method, path, body, sessionBefore?.access, headers, type);
  } catch (problem) {
    if (problem.status !== 401 || !sessionBefore) throw problem;
    await refreshTokens(sessionBefore);
    return request(method, path, body, session()?.access, headers, type);
  }
}

/** Exchanges the refresh token. It works only once, so a lock keeps two tabs from sending the same one. */
async function refreshTokens(expired) {
  const exchange = async () => {
    const current = session();
    if (!current || current.access !== expired.access) return; // Another tab has refreshed them already.
    try {
      setSession({ ...current, ...(await request("POST", "/login/refresh", { refresh: current.refresh })) });
    } catch (problem) {
      if (problem.status < 500 && problem.status !== 429) setSession(null);
      throw problem;
    }
  };
  // Browsers offer locks only to pages from HTTPS or localhost.
  await (navigator.locks ? navigator.locks.request(storedSession.key, exchange) : exchange());
}

/** Resolves to the JSON of the answer, or to its text if it should be a file of the media type `type`. */
async function request(method, path, body, access, moreHeaders, type) {
  const headers = { ...moreHeaders };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = `Bearer ${access}`;
  let response;
  let content;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    content = await response.text();
  } catch (cause) {
    throw new NetworkError(text("page.noAnswer"), { cause });
  }
  const isFile = type && response.ok;
  content = isFile ? response.headers.get("Content-Type")?.startsWith(type) && content : parseJson(content);
  // A Wi-Fi network that wants a login answers with HTML. Its 200 must not look like a booking, nor its 403 like a
  // session that has ended.
  const isFromCinema = response.ok ? response.status === 204 || content : content?.code || response.status >= 500;
  if (!isFromCinema) {
    throw new NetworkError(text("page.foreignAnswer"));
  }
  setClock(response);
  if (!response.ok) throw new Problem(response.status, content, Number(response.headers.get("Retry-After")) || null);
  return content;
}

function parseJson(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
