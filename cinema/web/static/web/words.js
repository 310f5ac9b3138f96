/**
 * The words of the pages in one language. Each language has a table in `words/`; a page loads only its own.
 *
 * A text may have `{names}` for values. A text with plural forms is an object, `{"one": …, "other": …}`; the value
 * `count` chooses the form.
 */

const LANGUAGES = ["en", "de", "hi"];

const baseOf = (locale) => locale.toLowerCase().split("-")[0];

/** The first of the locales that has a table, or English. */
export const supportedLocale = (locales) => locales.find((locale) => LANGUAGES.includes(baseOf(locale))) ?? "en";

export class Words {
  /** The locale for dates, amounts and plural forms, such as `de-AT`. */
  locale;
  #table;
  #plural;

  constructor(locale, table) {
    this.locale = locale;
    this.#table = table;
    this.#plural = new Intl.PluralRules(locale);
  }

  /** The same words, but with these texts in place of others of a group: `{name: text}`. */
  with(group, texts) {
    return new Words(this.locale, { ...this.#table, [group]: { ...this.#table[group], ...texts } });
  }

  /** The text with this key, such as `basket.total`, and with these values. */
  text(key, values = {}) {
    return this.#form(key, values).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** The text as an array of strings and of the values, which may be elements. */
  nodes(key, values) {
    return this.#form(key, values).split(/\{(\w+)\}/).map((part, index) => (index % 2 ? values[part] : part));
  }

  /** The text, or null if the table has none. Only the tables of other languages translate texts of the API. */
  find(key, values) {
    const [group, name] = key.split(".");
    return Object.hasOwn(this.#table[group], name) ? this.text(key, values) : null;
  }

  #form(key, { count }) {
    const [group, name] = key.split(".");
    const entry = this.#table[group][name];
    return typeof entry === "string" ? entry : entry[this.#plural.select(count)];
  }
}

/** Loads the words for a locale. */
async function loadWords(locale) {
  const { default: table } = await import(`./words/${baseOf(locale)}.js`);
  return new Words(locale, table);
}

/**
 * The locale for a language, in the visitor's own regional form: `de-AT` for a visitor from Austria on a page in `de`.
 * Without a language, or without a table for it, that of the page.
 */
function localeFor(language) {
  const supported = supportedLocale([language, document.documentElement.lang, ...navigator.languages].filter(Boolean));
  return navigator.languages.find((locale) => baseOf(locale) === baseOf(supported)) ?? supported;
}

/** The words of this page. */
export const words = await loadWords(localeFor());

/** Loads the words in a language. Resolves to the words of the page if that fails. */
export const wordsIn = (language) => loadWords(localeFor(language)).catch(() => words);

export const text = (key, values) => words.text(key, values);
export const nodes = (key, values) => words.nodes(key, values);
