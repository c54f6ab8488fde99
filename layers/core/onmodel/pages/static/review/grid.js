/** All crops of a filter side by side: the view for exceptions. Only what is in view is drawn. */

import { decide, nameButtons } from "./actions.js";
import { button, byId, element, hue, told } from "./element.js";
import { GAP, gridOf, moved, visible } from "./layout.js";
import { thumbnail } from "./pictures.js";

export class Grid {
  #cells = new Map();
  #anchor = null;
  #selecting = false;
  #list = null;
  #layout = null;
  #names = [];

  constructor(app) {
    this.app = app;
    this.root = byId("grid");
    this.scroll = byId("grid-scroll");
    this.listbox = byId("cells");
    this.bar = byId("selection");
    this.scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(this.scroll);
    this.listbox.addEventListener("click", (click) => this.#clicked(click));
  }

  show() {
    this.#names = nameButtons(this.app, (slug) => this.command({ verb: "named", slug }));
    this.#layout = null;
    this.#measure();
    this.#reveal();
    this.#focus();
  }

  update() {
    const { session } = this.app;
    this.#draw();
    this.#showBar();
  }

  /** Does a command of keys or buttons; false when it is not of this view. */
  command(command) {
    const { session } = this.app;
    const crops = session.selection.size ? [...session.selection] : [session.current].filter(Boolean);
    const done = {
      move: () => this.#move(command),
      select: () => this.#toggle(session.at),
      selectAll: () => this.#selectAll(),
      open: () => session.list.length && this.app.open("single"),
      firstUndecided: () => session.goToUndecided() && this.#reveal(),
      out: () => this.#out(),
    }[command.verb];
    if (done) done();
    else if (!decide(this.app, command, crops)) return false;
    this.app.update();
    if (command.verb === "move") this.#focus();
    return true;
  }

  #out() {
    this.#selecting = false;
    this.app.session.clearSelection();
  }

  #move({ to, extend }) {
    const { session } = this.app;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / this.#layout.row));
    const { columns } = this.#layout;
    if (!session.list.length) return;
    const from = session.at;
    session.at = moved(to, from, { columns, count: session.list.length, page });
    if (extend) this.#range(this.#anchor ?? from, session.at);
    else this.#anchor = null;
    this.#reveal();
  }

  #range(from, to) {
    const { session } = this.app;
    this.#anchor = from;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    for (const crop of session.list.slice(first, last + 1)) session.selection.add(crop);
  }

  #toggle(index) {
    const { session } = this.app;
    const crop = session.list[index];
    if (crop === undefined) return;
    session.at = index;
    this.#anchor = index;
    if (!session.selection.delete(crop)) session.selection.add(crop);
  }

  #selectAll() {
    for (const crop of this.app.session.list) this.app.session.selection.add(crop);
  }

  /** A click opens; on the mark, with Ctrl, or while selecting, it selects; with Shift, a range. */
  #clicked(click) {
    const cell = click.target.closest("[role=option]");
    if (!cell) return;
    const { session } = this.app;
    const index = Number(cell.dataset.index);
    const isMark = click.target.closest(".mark") !== null;
    if (click.shiftKey) {
      this.#range(this.#anchor ?? session.at, index);
      session.at = index;
    } else if (this.#selecting || isMark || click.ctrlKey || click.metaKey) {
      this.#toggle(index);
    } else {
      session.at = index;
      this.app.open("single");
      return;
    }
    this.app.update();
    this.#focus();
  }

  // ── Drawing ────────────────────────────────────────────────────────────────────────────────

  #measure() {
    if (this.root.hidden || !this.scroll.clientWidth) return;
    const layout = gridOf(this.listbox.clientWidth);
    if (this.#layout?.side === layout.side && this.#layout.columns === layout.columns) return;
    this.#layout = layout;
    this.#list = null;
    this.#draw();
  }

  /** Takes all cells away where another list is shown, or in another layout. */
  #clear() {
    const { list } = this.app.session;
    if (this.#list === list) return;
    this.#list = list;
    this.#anchor = null;
    this.#cells.clear();
    this.listbox.replaceChildren();
  }

  #draw() {
    if (!this.#layout) return; // not on the screen
    const hadFocus = this.listbox.contains(document.activeElement);
    this.#clear();
    this.#drawCells();
    if (hadFocus && !this.listbox.contains(document.activeElement)) this.#focus();
  }

  #drawCells() {
    const { session } = this.app;
    const count = session.list.length;
    const { columns, row, side } = this.#layout;
    this.listbox.style.height = `${Math.ceil(count / columns) * row}px`;
    const view = { top: this.scroll.scrollTop, height: this.scroll.clientHeight || 600, count };
    const [from, to] = visible(this.#layout, view);
    const indexes = new Set(Array.from({ length: to - from }, (_, offset) => from + offset));
    if (count) indexes.add(session.at); // what has the focus is never taken away
    for (const [index, cell] of this.#cells) {
      if (indexes.has(index)) continue;
      cell.remove();
      this.#cells.delete(index);
    }
    for (const index of [...indexes].sort((one, other) => one - other)) {
      if (!this.#cells.has(index)) this.#add(index, columns, row, side);
      this.#state(index);
    }
  }

  #add(index, columns, row, side) {
    const { session } = this.app;
    const cell = element("div", { role: "option", class: "cell", "data-index": index, "aria-posinset": index + 1 },
      element("span", { class: "frame" }, thumbnail(session.item(session.list[index]), side)),
      element("span", { class: "mark", "aria-hidden": "true" }),
      element("span", { class: "verdict" }),
      element("span", { class: "label" }));
    cell.style.width = `${side}px`;
    cell.style.height = `${row - GAP}px`;
    cell.style.left = `${(index % columns) * (side + GAP)}px`;
    cell.style.top = `${Math.floor(index / columns) * row}px`;
    const after = [...this.#cells].filter(([one]) => one > index).sort(([one], [other]) => one - other)[0];
    this.listbox.insertBefore(cell, after ? after[1] : null); // read out in order
    this.#cells.set(index, cell);
  }

  #state(index) {
    const { session } = this.app;
    const cell = this.#cells.get(index);
    const crop = session.list[index];
    const { verdict, character } = session.shown(crop);
    const item = session.item(crop);
    const isSelected = session.selection.has(crop);
    cell.className = `cell ${hue(session, character)} ${verdict ?? ""} ${item.doubts.length ? "doubtful" : ""}`;
    cell.tabIndex = index === session.at ? 0 : -1;
    cell.setAttribute("aria-selected", String(isSelected));
    cell.setAttribute("aria-setsize", String(session.list.length));
    const name = session.nameOf(character);
    const said = [name, item.timecode, verdict, item.doubts.length && "doubtful"].filter(Boolean).join(", ");
    if (cell.getAttribute("aria-label") === said) return;
    cell.setAttribute("aria-label", said);
    cell.querySelector(".verdict").textContent = { kept: "Kept", rejected: "Rejected" }[verdict] ?? "";
    cell.querySelector(".label").replaceChildren(
      element("i", { class: "dot" }), character === "" ? "Nobody" : told(name));
  }

  #reveal() {
    if (!this.#layout) return;
    const { columns, row } = this.#layout;
    const top = Math.floor(this.app.session.at / columns) * row;
    const { scrollTop, clientHeight } = this.scroll;
    if (top < scrollTop) this.scroll.scrollTop = top;
    else if (top + row > scrollTop + clientHeight) this.scroll.scrollTop = top + row - clientHeight;
    this.#draw();
  }

  #focus() {
    this.#cells.get(this.app.session.at)?.focus({ preventScroll: true });
  }

  #showBar() {
    const { session } = this.app;
    const number = session.selection.size;
    const count = session.list.length;
    this.root.classList.toggle("selecting", this.#selecting);
    const act = (verb) => () => this.command({ verb });
    const key = `${number} ${this.#selecting} ${count}`;
    if (this.bar.dataset.key === key) return;
    this.bar.dataset.key = key;
    const focused = this.bar.contains(document.activeElement) ? document.activeElement.textContent : null;
    const all = button(`All ${count.toLocaleString("en")}`, { class: "quiet", disabled: !count || number >= count, onclick: act("selectAll") }, "A");
    const select = button("Select", {
      class: "quiet", "aria-pressed": String(this.#selecting),
      onclick: () => { this.#selecting = !this.#selecting; this.app.update(); },
    });
    this.bar.replaceChildren(...(number
      ? [
          element("b", { class: "number", textContent: `${number.toLocaleString("en")} selected` }),
          button("Keep", { class: "keep", onclick: act("keep") }, "K"),
          button("Reject", { class: "reject", onclick: act("reject") }, "R"),
          element("div", { class: "names" }, ...this.#names),
          all, select, button("Clear", { class: "quiet", onclick: act("out") }, "Esc"),
        ]
      : [select, all, element("span", { class: "hint", textContent: "A click or tap opens; the mark selects" })]));
    if (focused) [...this.bar.querySelectorAll("button")].find((one) => one.textContent === focused)?.focus();
  }
}
