/** Reads QR codes from the camera, in browsers that have a barcode detector. */

import { h, svg } from "./dom.js";
import { icon } from "./icons.js";
import { text } from "./words.js";

const INTERVAL_MS = 150;
const CORNERS = "M2 22V8a6 6 0 0 1 6-6H22M78 2H92a6 6 0 0 1 6 6V22M98 78V92a6 6 0 0 1-6 6H78M22 98H8a6 6 0 0 1-6-6V78";

/** Tells whether this browser can read codes from a camera. Cameras need HTTPS or localhost. */
export async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return false;
  return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
}

export class Scanner {
  #onCode;
  #video = h("video", { muted: true, playsinline: true, autoplay: true, "aria-label": text("door.camera") });
  #hint = h("p", {}, text("door.frame"));
  #torch = h("button", { type: "button", class: "torch", "aria-label": text("door.light"), "aria-pressed": "false", hidden: true, onclick: () => this.#switchTorch() }, icon("lamp"));
  #detector = new BarcodeDetector({ formats: ["qr_code"] });
  #stream = null;
  #timer = 0;
  #isOn = false;

  /** `onCode(text)` is called for each code. The scanner goes on after `start()`. */
  constructor(onCode) {
    this.#onCode = onCode;
    const frame = svg("svg", { class: "frame", viewBox: "0 0 100 100", "aria-hidden": "true" }, svg("path", { d: CORNERS }));
    this.element = h("div", { class: "camera" }, this.#video, frame, this.#torch, this.#hint);
  }

  async start() {
    this.#isOn = true;
    try {
      this.#stream ??= await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.#hint.textContent = text("door.cameraOff");
      return;
    }
    if (this.#isStopped) return this.stop(); // The page went on while the browser asked for the camera.
    this.#video.srcObject = this.#stream;
    this.#torch.hidden = !this.#track.getCapabilities?.().torch;
    await this.#video.play().catch(() => {});
    this.#look();
  }

  async #look() {
    clearTimeout(this.#timer);
    if (!this.#isOn) return;
    const codes = this.#video.readyState >= 2 ? await this.#detector.detect(this.#video).catch(() => []) : [];
    if (!this.#isOn) return;
    if (codes.length) this.#onCode(codes[0].rawValue);
    else this.#timer = setTimeout(() => this.#look(), INTERVAL_MS);
  }

  #isStopped = false;

  get #track() {
    return this.#stream.getVideoTracks()[0];
  }

  async #switchTorch() {
    const torch = this.#torch.getAttribute("aria-pressed") !== "true";
    await this.#track.applyConstraints({ advanced: [{ torch }] }).catch(() => {});
    this.#torch.setAttribute("aria-pressed", String(torch));
  }

  /** Stops reading until `start()`, and keeps the camera. */
  pause() {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  /** Switches the camera off. */
  stop() {
    this.#isStopped = true;
    this.pause();
    this.#stream?.getTracks().forEach((track) => track.stop());
  }
}
