/** Names may be in a script that is written from right to left. Isolated, they do not reorder the text around them. */

const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202a-\u202e\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The name for a text, between the characters FSI and PDI if it needs them. In elements, use `<bdi>` instead. */
export const isolate = (name) => (RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name);
