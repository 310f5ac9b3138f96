/** JSON values in the browser's storage. Falls back to memory where storage is blocked or full (private windows). */

const memory = new Map();

/** Access to one value: `get()` returns null if it is missing or not JSON; `set(null)` removes it. */
export function storedValue(key, storage = "localStorage") {
  return {
    key,
    get() {
      try {
        return JSON.parse(window[storage].getItem(key));
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(value) {
      memory.set(key, value);
      try {
        if (value === null) window[storage].removeItem(key);
        else window[storage].setItem(key, JSON.stringify(value));
      } catch {
        // `memory` has it.
      }
    },
  };
}
