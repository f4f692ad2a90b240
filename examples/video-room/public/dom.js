// @ts-check
/* global HTMLElement, HTMLTemplateElement */

/**
 * The element with this id, checked: a page and a script that do not fit together fail at once and by name.
 * @template {HTMLElement} T
 * @param {string} id @param {new (...args: any[]) => T} type @returns {T}
 */
export function element (id, type) {
  return checked(document.getElementById(id), type, `#${id}`)
}

/**
 * The first match within `parent`.
 * @template {Element} T
 * @param {ParentNode} parent @param {string} selector @param {new (...args: any[]) => T} type @returns {T}
 */
export function within (parent, selector, type) {
  return checked(parent.querySelector(selector), type, selector)
}

/** A copy of the template's only element. @param {string} id @returns {HTMLElement} */
export function fromTemplate (id) {
  const { firstElementChild } = element(id, HTMLTemplateElement).content
  return checked(firstElementChild?.cloneNode(true) ?? null, HTMLElement, `the content of #${id}`)
}

/**
 * @template T
 * @param {unknown} value @param {new (...args: any[]) => T} type @param {string} name @returns {T}
 */
function checked (value, type, name) {
  if (value instanceof type) return value
  throw new Error(`The page has no ${name} of the type ${type.name}.`)
}
