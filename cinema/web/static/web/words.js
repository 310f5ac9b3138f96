/** Times, lengths and numbers, as people say them, in their own time zone. */

const DAY = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const day = (iso) => DAY.format(new Date(iso));
export const time = (iso) => TIME.format(new Date(iso));
export const when = (iso) => `${day(iso)}, ${time(iso)}`;

export function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** `9:05`, of milliseconds. */
export function clock(left) {
  const seconds = Math.max(0, Math.floor(left / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export const seats = (count) => (count === 1 ? "1 seat" : `${count} seats`);

/** `C7, C8 and C9`. */
export function and(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
