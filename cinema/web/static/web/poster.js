/** Posters that are drawn from the title of a movie: the same title always gives the same poster. */

import { h, svg } from "./dom.js";

const [WIDTH, HEIGHT, MARGIN] = [200, 300, 14];
const FOOT_HEIGHT = 30;
// The most that a title takes of the height.
const MAX_TITLE_HEIGHT = 150;
const MAX_LETTER_SIZE = 62;

const PALETTES = [
  { ground: "#cf3f2a", dark: "#231310", light: "#f7e6c4", ink: "#fff3dc" },
  { ground: "#efb02e", dark: "#7d1f16", light: "#231310", ink: "#231310" },
  { ground: "#123a42", dark: "#e5a552", light: "#f7e6c4", ink: "#f7e6c4" },
  { ground: "#efe2cb", dark: "#b3182f", light: "#231310", ink: "#231310" },
  { ground: "#2c2c68", dark: "#f0605c", light: "#f8d69f", ink: "#fcefdc" },
  { ground: "#e8a08c", dark: "#47204a", light: "#fcefdc", ink: "#2e1232" },
  { ground: "#1e1816", dark: "#e9b33c", light: "#c8372d", ink: "#f7e6c4" },
  { ground: "#8bb0a4", dark: "#12362f", light: "#f6e5c0", ink: "#0e2a24" },
];

const circle = (cx, cy, r, fill) => svg("circle", { cx, cy, r, fill });
const rect = (x, y, width, height, fill) => svg("rect", { x, y, width, height, fill });
const path = (d, fill) => svg("path", { d, fill });
const range = (count) => [...Array(count).keys()];

/** Each draws between the heights `top` and `foot`, which the title leaves. `roll()` is a number from 0 to 1. */
const MOTIFS = [
  function sun({ dark, light }, top, foot, roll) {
    const middle = top + (foot - top) * 0.55;
    const stripes = range(7).map((i) => rect(0, middle + i * i * 2.1 + i * 6, WIDTH, 3 + i * 1.6, light));
    return [circle(100, middle, 62 + roll() * 16, dark), ...stripes];
  },
  function beam({ dark, light }, top, foot, roll) {
    const from = roll() < 0.5 ? 22 : 178;
    const to = WIDTH - from;
    const cone = `M${from} ${top + 14} L${to - 62} ${foot + 8} H${to + 62} Z`;
    return [path(cone, dark), circle(to, foot - 34, 30, light), circle(from, top + 16, 9, light)];
  },
  function stairs({ dark, light }, top, foot, roll) {
    const isMirrored = roll() < 0.5;
    const [width, height] = [WIDTH / 6, (foot - top) / 6];
    const left = (i) => (isMirrored ? WIDTH - (i + 1) * width : i * width);
    const steps = range(6).map((i) => rect(left(i), top + i * height, width + 0.5, foot - top - i * height + 10, dark));
    return [circle(isMirrored ? 52 : 148, top + 44, 26, light), ...steps];
  },
  function rings({ dark, light, ground }, top, foot) {
    const radii = [91, 80, 63, 52, 35, 24];
    return radii.map((r, i) => circle(100, (top + foot) / 2, r, i % 2 ? ground : i % 4 ? light : dark));
  },
  function blinds({ dark, light }, top, foot, roll) {
    const height = (foot - top) / 9;
    const bars = range(9).map((i) => rect(0, top + i * height, WIDTH, height * (0.25 + i / 18), dark));
    return [circle(60 + roll() * 80, top + (foot - top) * 0.45, 48, light), ...bars];
  },
  function arches({ dark, light, ground }, top, foot) {
    const arch = (r) => `M${100 - r} ${foot + 20} V${top + 106 - r * 0.1} a${r} ${r * 0.9} 0 0 1 ${2 * r} 0 V${foot + 20} Z`;
    return [92, 70, 48, 26].map((r, i) => path(arch(r), [dark, ground, light, ground][i]));
  },
  function blades({ dark, light }, top, foot, roll) {
    const lean = 34 + roll() * 20;
    const rise = (i) => foot - top - 8 - (i % 3) * 14;
    const blade = (i) => `M${16 + i * 25} ${foot} l${lean} ${-rise(i)} l5 3 l${4 - lean} ${rise(i)} Z`;
    return range(7).map((i) => path(blade(i), i === 3 ? light : dark));
  },
  function halftone({ dark, light }, top, foot, roll) {
    const [x, y] = [50 + roll() * 100, top + (foot - top) * (0.3 + roll() * 0.4)];
    const places = range(Math.floor((foot - top) / 17)).flatMap((row) => range(11).map((column) => [15 + column * 17, top + 8 + row * 17]));
    return places.map(([cx, cy]) => {
      const distance = Math.hypot(cx - x, cy - y);
      return circle(cx, cy, Math.max(1.2, 9.5 - distance / 13), distance < 42 ? light : dark);
    });
  },
];

/** The poster of a movie without a picture. `foot` is a short text below. Screen readers skip it. */
export function drawnPoster(title, foot = "") {
  const seed = hash(title);
  const palette = PALETTES[seed % PALETTES.length];
  const motif = MOTIFS[(seed >>> 5) % MOTIFS.length];
  const family = (seed >>> 9) % 3 ? "display" : "serif";
  const lines = sizedLines(title, family);
  const height = lines.reduce((sum, line) => sum + line.height, 0);
  const isTitleOnTop = (seed >>> 13) % 2 === 0;
  const titleTop = isTitleOnTop ? MARGIN : HEIGHT - FOOT_HEIGHT - height;
  const [top, bottom] = isTitleOnTop ? [titleTop + height + 10, HEIGHT - FOOT_HEIGHT + 2] : [10, titleTop - 10];
  const text = (y, size, content, className) =>
    svg("text", { class: className, x: MARGIN, y, "font-size": size.toFixed(1), fill: palette.ink }, content);
  let y = titleTop;
  const words = lines.map((line) => {
    y += line.height;
    return text(y - line.size * 0.13, line.size, line.text, `title ${family}`);
  });
  // The inner SVG clips the motif to the space that the title leaves.
  const frame = { x: 0, y: top - 4, width: WIDTH, height: bottom - top + 4 };
  const picture = svg("svg", { ...frame, viewBox: `0 ${frame.y} ${WIDTH} ${frame.height}` });
  picture.append(...motif(palette, top, bottom, random(seed)));
  const ground = rect(0, 0, WIDTH, HEIGHT, palette.ground);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMidYMid slice" });
  drawing.append(ground, picture, ...words, text(HEIGHT - 11, 9.5, foot, "foot-line"));
  return h("span", { class: "poster", "aria-hidden": "true" }, drawing);
}

/** The lines of the title, each as `{text, size, height}`, as large as they fit. */
function sizedLines(title, family) {
  const measure = (sizedLines.canvas ??= document.createElement("canvas").getContext("2d"));
  measure.font = `700 100px ${getComputedStyle(document.documentElement).getPropertyValue(`--${family}`)}`;
  const texts = titleLines(title.toUpperCase());
  let sizes = texts.map((text) => Math.min(MAX_LETTER_SIZE, ((WIDTH - 2 * MARGIN) / measure.measureText(text).width) * 100));
  if (sizes.length > 3) sizes = sizes.map(() => Math.min(...sizes));
  const shrink = Math.min(1, MAX_TITLE_HEIGHT / sizes.reduce((sum, size) => sum + size * 0.95, 0));
  return texts.map((text, i) => ({ text, size: sizes[i] * shrink, height: sizes[i] * shrink * 0.95 }));
}

/** Splits a title into lines of similar length; short words share a line. */
function titleLines(title) {
  const words = title.split(/\s+/).filter(Boolean);
  const most = Math.max(8, Math.ceil([...title].length / 4.5));
  const lines = [];
  for (const word of words) {
    const last = lines.at(-1);
    const hasSpace = last !== undefined && last.length + 1 + word.length <= most;
    if (hasSpace && (last.length <= 3 || word.length <= 3 || words.length > 4)) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}

/** FNV-1a of the title, with its bits mixed once more because the lowest ones choose the palette. */
function hash(text) {
  let value = 2166136261 ^ 141237;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  value = Math.imul(value ^ (value >>> 15), 2246822519);
  return (value ^ (value >>> 13)) >>> 0;
}

/** A function that returns the same numbers from 0 to 1 for the same seed (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
