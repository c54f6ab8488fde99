/** Pictures: fetched before they are asked for, and cut out of sheets of thumbnails. */

import { element } from "./element.js";

const MOST_HELD = 12; // decoded pictures; one of 2,048 × 2,048 takes 16 MiB

/** Decodes pictures ahead, so that the next one is on the screen at once. */
export class Pictures {
  #held = new Map();

  /** @param {(crop: string) => void} failed is told once of each picture that cannot be loaded. */
  constructor(failed) {
    this.failed = failed;
  }

  /** The picture of an item as an image element, fetched now unless it was before. */
  of(item) {
    const held = this.#held.get(item.picture);
    if (held) {
      this.#held.delete(item.picture);
      this.#held.set(item.picture, held); // the oldest stands first
      return held;
    }
    const image = element("img", {
      width: item.width, height: item.height, alt: "", draggable: false,
      onerror: () => this.#lost(item),
    });
    image.src = item.picture;
    image.decode().catch(() => {}); // onerror says it
    this.#held.set(item.picture, image);
    if (this.#held.size > MOST_HELD) this.#held.delete(this.#held.keys().next().value);
    return image;
  }

  #lost(item) {
    this.#held.delete(item.picture);
    this.failed(item.crop_id);
  }
}

/** A thumbnail that fits into a square of so many pixels. Says nothing to screen readers. */
export function thumbnail(item, side) {
  const cut = item.thumbnail;
  const image = element("img", { alt: "", decoding: "async", draggable: false });
  const frame = element("span", { class: "thumb" }, image);
  if (cut) {
    const scale = Math.min(side / cut.width, side / cut.height);
    frame.classList.add("cut");
    frame.style.width = `${Math.floor(cut.width * scale)}px`;
    frame.style.height = `${Math.floor(cut.height * scale)}px`;
    image.style.transform = `scale(${scale}) translate(${-cut.x}px, ${-cut.y}px)`;
    image.src = cut.sheet;
  } else {
    const scale = Math.min(side / item.width, side / item.height);
    image.loading = "lazy";
    image.width = Math.round(item.width * scale);
    image.height = Math.round(item.height * scale);
    image.src = item.picture;
  }
  return frame;
}
