/** What the browser keeps. Where it keeps nothing (private windows, full disks), a visit still works. */

const memory = new Map();

/** A place for one value of JSON: `get()`, null where there is none that can be read; `set(value)`, null to forget. */
export function place(name, storage = "localStorage") {
  return {
    name,
    get() {
      try {
        return JSON.parse(window[storage].getItem(name));
      } catch {
        return memory.get(name) ?? null;
      }
    },
    set(value) {
      memory.set(name, value);
      try {
        if (value === null) window[storage].removeItem(name);
        else window[storage].setItem(name, JSON.stringify(value));
      } catch {
        // It is in memory.
      }
    },
  };
}
