/**
 * One measurement that answers several questions. Each asks for it by its own name; who asks a second time wants a new one.
 * So the rounds of a run stay independent, and any of the questions can be asked alone.
 */
export class Shared {
  #measure
  #result = null
  #asked = new Set()

  constructor (measure) {
    this.#measure = measure
  }

  ask (name, context) {
    if (this.#result === null || this.#asked.has(name)) {
      this.#result = this.#measure(context)
      this.#asked.clear()
    }
    this.#asked.add(name)
    return this.#result
  }
}
