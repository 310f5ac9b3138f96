import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** The JSON of an event of `/shows/<id>/events/` and of `/events/`. */
export type SeatsChanged = Schemas["SeatsChanged"];

/**
 * Creates a client whose calls have the types of the schema. It sends the access token that `getAccessToken` returns,
 * if any.
 */
export function cinema(baseUrl: string, getAccessToken: () => string | undefined = () => undefined) {
  const api = createClient<paths>({ baseUrl });
  api.use({
    onRequest({ request }) {
      const access = getAccessToken();
      if (access) request.headers.set("Authorization", `Bearer ${access}`);
    },
  });
  return api;
}
