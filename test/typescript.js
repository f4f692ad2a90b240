// Lets Node 20 run the tests as they are written: types are taken away by esbuild, a millisecond a file. tap's own loader asks the TypeScript
// compiler in each of its processes, which costs seconds of each; the types are checked once, by `npm run types`.
import { register } from 'node:module'

register('./typescript-hooks.js', import.meta.url)
