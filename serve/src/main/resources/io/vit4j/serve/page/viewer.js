// A picture, and over it where a model looked.

import { el } from "./elements.js";

/** A viewer of one model. Its element is for the page; the rest changes what it shows. */
export class Viewer {
  constructor() {
    this.original = el("img", { className: "original", alt: "" });
    this.overlay = el("img", { className: "overlay", alt: "", hidden: true });
    this.without = el("p", { className: "without", hidden: true }, "This browser cannot show this kind of picture. Turn on “Where the model looked” to see it.");
    this.stage = el("div", { className: "stage", tabIndex: 0, role: "group" },
      el("div", { className: "layers" }, this.original, this.overlay), this.without);
    this.caption = el("figcaption", { className: "fine" });
    this.element = el("figure", { className: "viewer" }, this.stage, this.caption);
    this.original.addEventListener("error", () => this.canShow(false));
    this.original.addEventListener("load", () => this.canShow(true));
  }

  canShow(isShown) {
    this.stage.classList.toggle("blind", !isShown);
    this.without.hidden = isShown || !this.overlay.hidden;
  }

  show(picture) {
    this.stage.setAttribute("aria-label", picture.file.name);
    this.original.alt = picture.file.name;
    this.original.src = picture.url;
    this.hide();
  }

  hide() {
    this.overlay.hidden = true;
    this.overlay.removeAttribute("src");
    this.say("");
    this.without.hidden = !this.stage.classList.contains("blind");
  }

  look(url, words) {
    this.overlay.src = url;
    this.overlay.alt = words;
    this.overlay.hidden = false;
    this.without.hidden = true;
    this.say(words);
  }

  say(words, isError = false) {
    this.caption.textContent = words;
    this.caption.classList.toggle("error", isError);
  }

  strength(percent) {
    this.overlay.style.setProperty("opacity", String(percent / 100));
  }

  actual(isActual) {
    this.stage.classList.toggle("actual", isActual);
  }
}

/** Two viewers that are scrolled show the same place. */
export function scrollTogether(viewers) {
  for (const one of viewers) {
    one.stage.addEventListener("scroll", () => {
      for (const other of viewers) {
        if (other !== one && (other.stage.scrollTop !== one.stage.scrollTop || other.stage.scrollLeft !== one.stage.scrollLeft)) {
          other.stage.scrollTo(one.stage.scrollLeft, one.stage.scrollTop);
        }
      }
    });
  }
}
