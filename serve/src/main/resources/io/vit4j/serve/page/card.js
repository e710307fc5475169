// A model card's Markdown as elements: what model cards use of it. HTML and pictures in it are shown as text, so nothing is fetched.

import { el } from "./elements.js";

const SAFE_LINK = /^(https?:\/\/|mailto:|#)/i;
const INLINE = /\\([\\`*_{}[\]<>()#|!~&$:@^.+=-])|(`+)(.+?)\2|!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\(((?:[^()\s]|\([^()\s]*\))+)[^)]*\)|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*|<(https?:\/\/[^\s>]+)>/;

/** The text of a line with its code, emphasis and links. */
function inline(text) {
  const parts = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    const [all, escaped, , code, picture, link, target, strong, emphasis, address] = found;
    parts.push(rest.slice(0, found.index));
    if (escaped !== undefined) parts.push(escaped);
    else if (code !== undefined) parts.push(el("code", {}, code.trim()));
    else if (picture !== undefined) parts.push(picture);
    else if (link !== undefined) parts.push(anchor(target, inline(link)));
    else if (strong !== undefined) parts.push(el("strong", {}, ...inline(strong)));
    else if (emphasis !== undefined) parts.push(el("em", {}, ...inline(emphasis)));
    else parts.push(anchor(address, [address]));
    rest = rest.slice(found.index + all.length);
  }
  parts.push(rest);
  return parts.filter(part => part !== "");
}

function anchor(target, children) {
  if (!SAFE_LINK.test(target)) return el("span", {}, ...children);
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** A table row's cells; \| is a character of a cell. */
const cells = line => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map(cell => cell.trim());

function table(lines) {
  const right = cells(lines[1]).map(cell => cell.endsWith(":"));
  const row = (line, tag) => el("tr", {}, ...cells(line).map((cell, i) =>
    el(tag, { className: right[i] || /^[-+]?[\d.,]+( to [\d.,]+)?( ?%)?$/.test(cell) ? "number" : "" }, ...inline(cell))));
  return el("div", { className: "scroll" }, el("table", {},
    el("thead", {}, row(lines[0], "th")),
    el("tbody", {}, ...lines.slice(2).map(line => row(line, "td")))));
}

function list(lines) {
  const tag = /^\s*\d/.test(lines[0]) ? "ol" : "ul";
  const items = [];
  for (const line of lines) {
    const item = /^\s*(?:[-*+]|\d+[.)])\s+(.*)/.exec(line);
    if (item) items.push(item[1]);
    else items[items.length - 1] += " " + line.trim();
  }
  return el(tag, {}, ...items.map(item => el("li", {}, ...inline(item))));
}

const isItem = line => /^\s*([-*+]|\d+[.)])\s+/.test(line);
const startsBlock = line => /^\s*$|^#{1,6}\s|^(```|~~~)|^\s*\|/.test(line) || isItem(line);

/** The elements of a card; the front matter, which is for the hub, is left out. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/^---\n[\s\S]*?\n---\n/, "").replace(/<!--[\s\S]*?-->/g, "").split("\n");
  const blocks = [];
  for (let at = 0; at < lines.length;) {
    const from = at;
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(lines[at]);
    if (/^\s*$/.test(lines[at])) {
      at++;
    } else if (heading) {
      blocks.push(el("h" + Math.min(6, heading[1].length + 2), {}, ...inline(heading[2])));
      at++;
    } else if (/^(```|~~~)/.test(lines[at])) {
      const fence = lines[at++].slice(0, 3);
      while (at < lines.length && !lines[at].startsWith(fence)) at++;
      blocks.push(el("pre", { tabIndex: 0 }, el("code", {}, lines.slice(from + 1, at).join("\n"))));
      at++;
    } else if (/^\s*\|/.test(lines[at]) && /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[at + 1] || "")) {
      while (at < lines.length && /^\s*\|/.test(lines[at])) at++;
      blocks.push(table(lines.slice(from, at)));
    } else if (isItem(lines[at])) {
      while (at < lines.length && (isItem(lines[at]) || /^\s+\S/.test(lines[at]))) at++;
      blocks.push(list(lines.slice(from, at)));
    } else {
      do at++; while (at < lines.length && !startsBlock(lines[at]));
      blocks.push(el("p", {}, ...inline(lines.slice(from, at).join(" ").replace(/^>\s?/, ""))));
    }
  }
  return blocks;
}
