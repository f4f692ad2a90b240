import t from 'tap'
import { run } from '../../bin/run.ts'
import { createAuthenticate } from '../../plugins/jwt.ts'
import Fastify from 'fastify'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { TestTerminal } from './test-terminal.ts'

const output = async (argv: string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const terminal = new TestTerminal()
  await run(argv, env, terminal)
  return terminal.stdout
}
const base = ['token', '--user', 'ada', '--room', 'lobby']

t.test('prints a token alone that the server takes', async (t) => {
  const authenticate = await createAuthenticate(Fastify(), { secret: TEST_SECRET })
  const line = await output([...base, '--secret', TEST_SECRET, '--role', 'admin', '--agent', 'mobile', '--domain', 'd', '--expires', '2h'])
  t.match(line, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const identity = await authenticate(line.trim())
  t.match(identity, { userId: 'ada', roomId: 'lobby', role: 'admin', agent: 'mobile', domain: 'd' })
  t.equal((identity.expiresAt ?? 0) - (identity.issuedAt ?? 0), 7_200_000)
})

t.test('takes the secret from the environment and an hour where no time is given', async (t) => {
  const authenticate = await createAuthenticate(Fastify(), { secret: TEST_SECRET })
  const identity = await authenticate((await output(base, { MSE_SECRET: TEST_SECRET })).trim())
  t.match(identity, { role: 'user', agent: null, domain: null })
  t.equal((identity.expiresAt ?? 0) - (identity.issuedAt ?? 0), 3_600_000)
})

t.test('refuses what would make no good token', async (t) => {
  const bad: Array<[string[], RegExp]> = [
    [['token', '--room', 'r', '--secret', 's'], /^--user is missing$/], [['token', '--user', 'u', '--secret', 's'], /^--room is missing$/], [base, /^--secret is missing$/],
    [[...base, '--secret', 's', '--role', 'root'], /^--role /], [[...base, '--secret', 's', '--agent', 'tv'], /^--agent /], [[...base, '--secret', 's', '--expires', 'soon'], /^--expires /],
    [['token', '--user', 'a\nb', '--room', 'r', '--secret', 's'], /^userId has control characters$/], [['token', '--user', 'u', '--room', 'r'.repeat(257), '--secret', 's'], /^roomId is longer/],
    [[...base, '--secret=-----BEGIN PUBLIC KEY-----\nx'], /^--secret is a key in PEM/],
    [[], /^a command is missing/], [['bogus'], /^there is no command "bogus"/]
  ]
  for (const [argv, message] of bad) await t.rejects(output(argv), { name: 'UsageError', message }, argv.join(' ').slice(0, 60))
})

t.test('prints help and version', async (t) => {
  for (const argv of [['--help'], ['-h'], ['help'], ['serve', '--help'], ['token', '--help'], ['call', '--help'], ['tail', '-h']]) t.match(await output(argv), /mse serve[^]+--messages-per-second <n>[^]+mse token[^]+--expires[^]+mse call\n[^]+--notify {2,}[^]+mse tail\n[^]+--transport <name>/)
  for (const argv of [['--version'], ['-v']]) t.match(await output(argv), /^\d+\.\d+\.\d+\S*\n$/)
})
