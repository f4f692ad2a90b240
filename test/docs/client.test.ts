/** docs/client.md and the client in README.md: what they show compiles, and what they list is what there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createClient } from '../../lib/client/node.ts'
import { settingsOf } from '../../lib/client/settings.ts'
import { LIMITS } from '../pins/size.ts'
import { blocksOf, compile, optionsOf } from './typescript-blocks.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const page = read('docs/client.md')
const shown = [...blocksOf(page), ...blocksOf(read('README.md')).filter((block) => block.includes('fastify-mse/client'))]
const { program, faults } = compile([...shown, "client.call('ping', { on: 1 }).then((pong: number) => pong)"])

/** The cells under a heading, row by row, without quotes and with plain numbers. */
function tableUnder (heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const [rows = ''] = section.slice(section.indexOf('\n|') + 1).split(/\n(?!\|)/)
  return rows.split('\n').slice(2).map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim().replaceAll('`', '').replace(/(?<=\d) (?=\d)/g, '')))
}

t.test('everything that the pages show compiles', async (t) => {
  t.ok(shown.length >= 7, `${shown.length} blocks were compiled`)
  t.equal(faults.length, 1, 'a fault would be seen')
  t.match(faults.at(-1), /pong: number/)
  t.strictSame(faults.slice(0, -1), [])
})

t.test('the options are those that there are, with the defaults that they have', async (t) => {
  const told = new Map(tableUnder('Options').map(([name = '', value = '']) => [name, value]))
  t.strictSame(Object.fromEntries(told), Object.fromEntries(optionsOf(program, 'MseClientOptions')))
  const settings = Object.entries(settingsOf({ url: 'http://localhost/mse', getToken: () => '' })).filter(([, value]) => typeof value === 'number')
  t.ok(settings.length >= 9)
  for (const [name, value] of settings) t.equal(told.get(name), String(value), name)
})

t.test('states, reasons and transports are those of the types', async (t) => {
  /** The words of a union of strings in a source. */
  const words = (path: string, type: string): string[] => {
    const [, text = ''] = new RegExp(`export type ${type} =(.*?)\\n\\n`, 's').exec(`${read(path)}\n\n`) ?? []
    return [...text.replace(/\/\*\*.*?\*\//gs, '').matchAll(/'(\w+)'/g)].map(([, word = '']) => word)
  }
  const firstCells = (heading: string): Array<string | undefined> => tableUnder(heading).map(([cell]) => cell)
  t.strictSame(firstCells('States'), words('lib/client/options.ts', 'ClientState'))
  t.strictSame(firstCells('Transports'), words('lib/client/options.ts', 'TransportName'))
  t.strictSame(firstCells('Tokens').sort(), words('lib/client/options.ts', 'TokenReason').sort())
  t.strictSame(firstCells('Errors'), words('lib/client/client-error.ts', 'ClientErrorReason'))
})

t.test('the sizes are those above which a test fails', async (t) => {
  t.strictSame(tableUnder('Size'), LIMITS.map(({ entry, maxBytes }) => [entry, `${maxBytes} bytes`]))
})

t.test('media without WebRTC are refused as the page says, and nothing else is', async (t) => {
  const client = createClient({ url: 'http://127.0.0.1:9/mse', getToken: () => '' })
  await t.rejects(client.media.start(), TypeError)
  t.equal(client.state, 'connecting')
  await client.close()
  t.equal(client.state, 'closed')
})
