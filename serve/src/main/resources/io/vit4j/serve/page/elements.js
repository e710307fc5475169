// Elements of the page. What comes from outside is always text, never markup.

/** An element with properties, attributes (those with a dash, and role) and children. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** A part of a drawing. */
export function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const byId = id => document.getElementById(id);

/** A score as it is shown; numbers of a regression may be of any size. */
export const figure = value => Math.abs(value) < 1000 ? value.toFixed(3) : value.toPrecision(5);
