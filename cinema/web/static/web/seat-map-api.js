/** The calls of the API that a seat map makes, except those for live updates. */

import { setClock } from "./clock.js";

/**
 * Calls the API, with the access token of a user if it is given. Rejects with an error in these words, with the HTTP
 * `status` if an answer arrived, and the `code` and `body` of the problem.
 */
export async function callApi(method, url, words, { body, token } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) }).catch(() => null);
  const content = await response?.json().catch(() => null);
  if (response) setClock(response);
  if (response?.status === 204) return null;
  if (response?.ok && content) return content;
  const code = content?.code;
  const message = (code && words.find(`problems.${code}`, content)) || content?.detail || words.text("page.noAnswer");
  throw Object.assign(new Error(message), { status: response?.status, code, body: content });
}

/** Gets the seat map of a show. */
export async function getSeatMap(base, show, words) {
  try {
    return await callApi("GET", `${base}/shows/${show}/seats/`, words);
  } catch (error) {
    if (error.status === 404) error.message = words.text("map.notFound");
    else if (!error.body) error.message = words.text("map.loadFailed");
    throw error;
  }
}
