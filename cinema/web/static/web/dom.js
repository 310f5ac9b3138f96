/** Helpers that create DOM elements. */

/**
 * Creates an element with attributes, event listeners (`onclick: …`) and children. Skips attributes and children
 * that are `null`, `undefined` or `false`.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

/** Creates an SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Adds a style sheet to a document or shadow root that does not have it yet. */
export function addStyles(root, href) {
  const head = root.head ?? root;
  const links = [...head.querySelectorAll("link")];
  if (!links.some((link) => link.href === href)) head.append(h("link", { rel: "stylesheet", href }));
}
