import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { REQUIREMENTS } from './requirements.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = `${ROOT}test/matrix/`

const manifest = Object.keys(REQUIREMENTS).sort()
const page = readFileSync(`${ROOT}PROTOCOL.md`, 'utf8')
const bodies = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.test.ts') && name !== 'completeness.test.ts')
  .flatMap((name) => [...readFileSync(FOLDER + name, 'utf8').matchAll(/^requirement\('([A-Z]+-[A-Z]+-\d+)'/gm)].map(([, id]) => id))

t.test('every rule of PROTOCOL.md is in the manifest, and nothing else is', async (t) => {
  const rules = [...page.matchAll(/^- \*\*(MSE-[A-Z]+-\d+)\*\* /gm)].map(([, id]) => id)
  t.ok(rules.length > 80, `${rules.length} rules were read`)
  t.strictSame(rules.filter((id, index) => rules.indexOf(id) !== index), [], 'no id is used twice')
  t.strictSame(rules.sort(), manifest)
})

t.test('every id that PROTOCOL.md mentions is one of its rules', async (t) => {
  const mentioned = new Set([...page.matchAll(/MSE-[A-Z]+-\d+/g)].map(([id]) => id))
  t.strictSame([...mentioned].filter((id) => !manifest.includes(id)), [])
})

t.test('every row of the manifest that names transports has one test body, and every body has a row', async (t) => {
  const rows = Object.entries(REQUIREMENTS).filter(([, row]) => typeof row !== 'string').map(([id]) => id)
  t.strictSame([...bodies].sort(), rows.sort())
})

t.test('every row that names a test file names one that is there', async (t) => {
  const files = Object.values(REQUIREMENTS).filter((row) => typeof row === 'string')
  t.ok(files.length > 0)
  t.strictSame(files.filter((file) => !file.endsWith('.test.ts') || !existsSync(ROOT + file)), [])
})
