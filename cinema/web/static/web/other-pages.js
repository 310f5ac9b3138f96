/** Loads the pages other than the programme: their modules and style sheets, which the first view does without. */

let styles = null;

/** Starts to load all of these pages. Resolves when their style sheets apply. */
export function loadOtherPages() {
  styles ??= appendLinks().catch((problem) => {
    styles = null; // The next call tries again.
    throw problem;
  });
  return styles;
}

async function appendLinks() {
  const links = document.querySelector("#other-pages").content.cloneNode(true);
  const sheets = [...links.querySelectorAll("[rel=stylesheet]")].map(
    (sheet) =>
      new Promise((resolve, reject) => {
        sheet.addEventListener("load", resolve);
        sheet.addEventListener("error", () => reject(new Error("A style sheet did not load.")));
      }),
  );
  document.head.append(links);
  await Promise.all(sheets);
}

/** Returns a function that loads a page by `load`, which imports its module. Rejects if that can't be loaded now. */
export const later = (load) => async () => {
  const [module] = await Promise.all([load(), loadOtherPages()]);
  return module;
};

// A visitor who came by the link of such a page would otherwise wait for the modules of the programme first. This
// module imports none, so that it runs before they have loaded. Only the browser knows the fragment of the link.
if (location.hash.length > "#/".length) {
  const [, show] = location.hash.match(/^#\/shows\/(\d+)$/) ?? [];
  if (show) preload(`/shows/${show}/seats/`);
  loadOtherPages().catch(() => {}); // The page tries again.
}

/** Starts a GET request, whose answer the next `fetch` of this path gets. */
function preload(path) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", crossOrigin: "anonymous", href: path }));
}
