/** What `import t from 'tap'` is to the files of a batch: the test of the file whose turn it is, with its own hooks, jobs and end. */
let current

/** @param t the test of the file that is next */
export function setCurrent (t) {
  current = t
}

export default new Proxy({}, {
  get (_, name) {
    const value = current[name]
    return typeof value === 'function' ? value.bind(current) : value
  },
  set (_, name, value) {
    current[name] = value
    return true
  }
})
