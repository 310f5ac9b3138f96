/** What the pages need of the DOM, shorter. */

/** An element with attributes, listeners (`onclick: …`) and children; `null` and `false` are left out. */
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

/** Gives a document, or a shadow root, a style sheet that it may have already. */
export function addStyles(root, href) {
  const head = root.head ?? root;
  const links = [...head.querySelectorAll("link")];
  if (!links.some((link) => link.href === href)) head.append(h("link", { rel: "stylesheet", href }));
}
