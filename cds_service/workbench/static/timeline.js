// <bone-timeline>: draws the Vega specification in its template as SVG, at the width it is given.
// Hover shows the nearest mark's name; one Tab stop leads to the marks, arrow keys from mark to mark.
// Names are shown as text only. Vega runs without eval and is given nothing to fetch.

const LIBRARY = new URL("vendor/vega.min.js", import.meta.url).href;
const INTERPRETER = new URL("vendor/vega-interpreter.js", import.meta.url).href;
const REACH = 26; // px from the pointer to the middle of a mark

let loaded;
function library() {
  loaded ??= import(LIBRARY).then(() => import(INTERPRETER));
  return loaded;
}

const offline = {
  load: () => Promise.reject(new Error("the timeline fetches nothing")),
  sanitize: () => Promise.reject(new Error("the timeline links nowhere")),
};

class BoneTimeline extends HTMLElement {
  async connectedCallback() {
    if (this.view) return;
    const template = this.querySelector("template");
    if (!template) return;
    const spec = JSON.parse(template.content.textContent);
    const { expressionInterpreter } = await library();
    if (!this.isConnected || this.view) return;
    this.stage = document.createElement("div");
    this.tip = document.createElement("div");
    this.tip.className = "bone-timeline-tip";
    this.tip.hidden = true;
    this.tip.setAttribute("aria-hidden", "true"); // a screen reader reads the mark's own name
    const margin = spec.padding.left + spec.padding.right;
    this.view = new vega.View(vega.parse(spec, null, { ast: true }), {
      renderer: "svg",
      container: this.stage,
      expr: expressionInterpreter,
      loader: offline,
      hover: false,
    });
    this.margin = margin;
    this.replaceChildren(template, this.stage, this.tip);
    this.width = 0;
    await this.fit();
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this);
    this.listen();
    this.dataset.drawn = "";
  }

  disconnectedCallback() {
    this.resized?.disconnect();
    this.view?.finalize();
    this.view = undefined;
    delete this.dataset.drawn;
  }

  async fit() {
    if (!this.view) return;
    const width = Math.max(Math.floor(this.clientWidth) - this.margin, 200);
    if (width === this.width) return;
    this.width = width;
    await this.view.width(width).runAsync();
    this.name();
  }

  // Vega names groups and marks in English; the marks keep their own names and get the page's word.
  name() {
    const svg = this.stage.querySelector("svg");
    for (const group of svg.querySelectorAll("g[role]")) {
      if (!group.getAttribute("aria-label")) group.setAttribute("role", "none");
      else group.setAttribute("role", "group");
      group.removeAttribute("aria-roledescription");
    }
    this.stage.setAttribute("role", "group");
    this.stage.removeAttribute("aria-roledescription");
    const origin = svg.getBoundingClientRect();
    this.marks = [...svg.querySelectorAll('[role="graphics-symbol"]')].map((element) => {
      const box = element.getBoundingClientRect();
      element.setAttribute("role", "img");
      element.setAttribute("aria-roledescription", this.getAttribute("mark"));
      element.setAttribute("tabindex", "-1");
      return place(element, box, origin);
    });
    this.step(this.marks.find((mark) => mark.element === document.activeElement) ?? this.marks[0]);
  }

  step(mark) {
    if (!mark) return;
    this.current?.element.setAttribute("tabindex", "-1");
    this.current = mark;
    mark.element.setAttribute("tabindex", "0");
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    this.addEventListener("pointerdown", (event) => this.point(event));
    this.addEventListener("pointermove", (event) => this.point(event));
    this.addEventListener("pointerleave", () => this.hide());
    this.addEventListener("focusin", (event) => {
      const mark = this.marks.find(({ element }) => element === event.target);
      if (mark) {
        this.step(mark);
        this.show(mark);
      }
    });
    this.addEventListener("focusout", () => this.hide());
    this.addEventListener("keydown", (event) => this.move(event));
  }

  point(event) {
    if (this.tip.contains(event.target)) return; // the tip can be pointed at and read
    const origin = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - origin.left, event.clientY - origin.top];
    let [best, least] = [null, REACH];
    for (const mark of this.marks) {
      const away = Math.hypot(outside(x, mark.left, mark.right), outside(y, mark.top, mark.bottom));
      const far = away || Math.hypot(x - mark.x, y - mark.y) / 1000;
      if (far < least) [best, least] = [mark, far];
    }
    if (best) this.show(best);
  }

  move(event) {
    if (event.key === "Escape") return this.hide();
    const row = this.marks.filter((mark) => mark.row === this.current.row).sort((a, b) => a.left - b.left);
    const rows = [...new Set(this.marks.map((mark) => mark.row))];
    const at = row.indexOf(this.current);
    const to = {
      ArrowLeft: () => row[at - 1],
      ArrowRight: () => row[at + 1],
      Home: () => row[0],
      End: () => row.at(-1),
      ArrowUp: () => this.near(rows[rows.indexOf(this.current.row) - 1]),
      ArrowDown: () => this.near(rows[rows.indexOf(this.current.row) + 1]),
    }[event.key];
    if (!to) return undefined;
    event.preventDefault();
    to()?.element.focus();
    return undefined;
  }

  near(row) {
    const there = this.marks.filter((mark) => row && mark.row === row);
    return there.sort((a, b) => Math.abs(a.x - this.current.x) - Math.abs(b.x - this.current.x))[0];
  }

  show(mark) {
    this.shown?.element.classList.remove("bone-timeline-shown");
    this.shown = mark;
    mark.element.classList.add("bone-timeline-shown");
    this.tip.textContent = mark.element.getAttribute("aria-label");
    this.tip.hidden = false;
    const room = this.clientWidth - this.tip.offsetWidth;
    this.tip.style.left = `${Math.min(Math.max(mark.x - this.tip.offsetWidth / 2, 0), Math.max(room, 0))}px`;
    const above = mark.top - this.tip.offsetHeight - 8;
    this.tip.style.top = `${above < 0 ? mark.bottom + 8 : above}px`;
  }

  hide() {
    this.shown?.element.classList.remove("bone-timeline-shown");
    this.shown = undefined;
    this.tip.hidden = true;
  }
}

// Where a mark lies in the picture, and the lane or panel it is in.
function place(element, box, origin) {
  const [left, right] = [box.left - origin.left, box.right - origin.left];
  const [top, bottom] = [box.top - origin.top, box.bottom - origin.top];
  const row = element.closest('g[role="group"]');
  return { element, row, left, right, top, bottom, x: (left + right) / 2, y: (top + bottom) / 2 };
}

function outside(value, low, high) {
  return Math.max(low - value, 0, value - high);
}

customElements.define("bone-timeline", BoneTimeline);
