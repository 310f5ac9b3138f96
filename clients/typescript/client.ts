import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** What an event of `/shows/<id>/events/` says, as JSON. */
export type SeatsChanged = Schemas["SeatsChanged"];

/** A client whose calls are typed by the schema, and carry the access token that `token` gives, if any. */
export function cinema(baseUrl: string, token: () => string | undefined = () => undefined) {
  const api = createClient<paths>({ baseUrl });
  api.use({
    onRequest({ request }) {
      const access = token();
      if (access) request.headers.set("Authorization", `Bearer ${access}`);
    },
  });
  return api;
}
