/** Copies the element, and all files that it loads, from the cinema's pages to `dist/`. npm runs this before it packs. */

import { copyFile, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = (path) => here(`../../cinema/web/static/web/${path}`);

// Imports of modules, imports while they run, and style sheets.
const LOADED = /(?:\bfrom |\bimport\(|new URL\()["`](?:\.\/)?([^"`:]+)["`]/g;

await rm(here("dist"), { recursive: true, force: true });
const files = new Set(["seat-map-element.js"]);
// The loop also reaches the files that it adds.
for (const file of files) {
  const text = await readFile(source(file), "utf8");
  for (const [, name] of text.matchAll(LOADED)) {
    const [folder, isVariable] = name.split("${", 2);
    const names = isVariable ? (await readdir(source(folder))).map((entry) => folder + entry) : [name];
    names.forEach((loaded) => files.add(loaded));
  }
  await mkdir(dirname(here(`dist/${file}`)), { recursive: true });
  await copyFile(source(file), here(`dist/${file}`));
}
await copyFile(here("../../LICENSE"), here("LICENSE"));
