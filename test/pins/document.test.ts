import t from 'tap'
import { DEFAULT_LIMITS } from '../../lib/core/limits.ts'
import { CLOSE_CODES, MAX_BATCH, MAX_DEPTH, MAX_ID_LENGTH, MSE_CONTRACTS, MSE_ERRORS } from '../../lib/protocol/index.ts'
import { DEFAULT_CONNECTION_LIMITS, DEFAULT_TIMES } from '../../plugins/options.ts'
import { readProjectFile } from './sources.ts'

const page = readProjectFile('PROTOCOL.md')

/** The rows of the table under the heading that starts so, cell by cell, without its head. */
function tableUnder (heading: string): string[][] {
  const section = page.slice(page.indexOf(`\n## ${heading}`))
  const lines = section.split('\n').slice(2)
  const first = lines.findIndex((line) => line.startsWith('|'))
  const rest = lines.slice(first + 2)
  return rest.slice(0, rest.findIndex((line) => !line.startsWith('|'))).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
}

t.test('PROTOCOL.md has the errors of the code', async (t) => {
  const told = tableUnder('2. Errors').map(([code, message]) => ({ code: Number(code), message }))
  const byCode = (a: { code: number }, b: { code: number }): number => a.code - b.code
  t.strictSame(told.sort(byCode), Object.values(MSE_ERRORS).map(({ code, message }) => ({ code, message: String(message) })).sort(byCode))
})

t.test('PROTOCOL.md has the methods of the code', async (t) => {
  const rows = tableUnder('3. Methods').map(([name, kind, direction, access, after]) => [name, kind, direction, access, after])
  t.strictSame(rows, MSE_CONTRACTS.map((contract) => [
    contract.name, contract.kind, contract.kind === 'request' ? 'client' : contract.direction,
    contract.environment === null ? contract.access : `${contract.access}, ${contract.environment} only`, contract.after.join(', ')
  ]))
})

t.test('PROTOCOL.md has the close codes of the code', async (t) => {
  const told = tableUnder('13. Closing').map(([code, name]) => [name, Number(code)])
  t.strictSame(Object.fromEntries(told), { ...CLOSE_CODES })
})

t.test('PROTOCOL.md has the numbers of the code', async (t) => {
  const told = tableUnder('14. Numbers').map(([option = '', value]) => [option.replaceAll('`', ''), JSON.parse(value ?? '') as unknown])
  t.strictSame(Object.fromEntries(told), { ...DEFAULT_LIMITS, ...DEFAULT_TIMES, ...DEFAULT_CONNECTION_LIMITS })
  t.strictSame([MAX_BATCH, MAX_DEPTH, MAX_ID_LENGTH], [32, 32, 128])
})
