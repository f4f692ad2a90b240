import t from 'tap'
import { integer, oneOf, readArguments } from '../../bin/arguments.ts'
import { seconds } from '../../bin/duration.ts'
import { SERVE_FLAGS, serveSettings } from '../../bin/serve-settings.ts'
import { UsageError } from '../../bin/usage-error.ts'

const usage = (message: RegExp) => ({ name: 'UsageError', message })

t.test('takes a flag from the command line, then from the environment', async (t) => {
  const read = (argv: string[], env: NodeJS.ProcessEnv) => readArguments(SERVE_FLAGS, argv, env)
  t.match(read(['--port', '1', '--max-streams=2'], { MSE_PORT: '3', MSE_HOST: 'h' }), { port: '1', 'max-streams': '2', host: 'h' })
  t.equal(read([], { MSE_MAX_STREAMS: '4' })['max-streams'], '4')
  t.equal(read([], { MSE_PORT: '' }).port, undefined, 'an empty variable is an absent one')
})

t.test('refuses in one line what it does not know', async (t) => {
  const cases: Array<[string[], RegExp]> = [
    [['--bogus', '1'], /^Unknown option '--bogus'$/], [['--port'], /argument missing/], [['loose'], /loose/], [['--port', '1', '--port', '2'], /^--port is given 2 times$/],
    [['--secret', '-x'], /^Option '--secret' argument is ambiguous: a value that starts with "-" goes after "="$/]
  ]
  for (const [argv, message] of cases) {
    t.throws(() => readArguments(SERVE_FLAGS, argv, {}), usage(message), argv.join(' '))
    try { readArguments(SERVE_FLAGS, argv, {}) } catch (error) { t.notMatch(String(error), /\n/) }
  }
})

t.test('reads whole numbers, words and times, and names what it refuses', async (t) => {
  t.equal(integer('n', '7', 1, 9), 7)
  for (const text of ['', '0', '10', '-1', '1.5', '1e0', '0x1', ' 1', 'seven', '1'.repeat(400)]) t.throws(() => integer('n', text, 1, 9), usage(/^--n has to be a whole number in 1\.\.9, got "/), text)
  t.equal(oneOf('w', 'b', ['a', 'b']), 'b')
  t.throws(() => oneOf('w', 'c', ['a', 'b']), usage(/^--w has to be one of a, b, got "c"$/))
  for (const [text, value] of [['90', 90], ['90s', 90], ['15m', 900], ['1h', 3_600], ['7d', 604_800]] as const) t.equal(seconds('e', text), value)
  for (const text of ['', '0', '1w', '1 h', '-1h', '1.5h', '367d', 'h', '1h30m']) t.throws(() => seconds('e', text), usage(/^--e has to be a time/), text)
})

t.test('starts for development on loopback, with a secret of its own', async (t) => {
  const settings = serveSettings([], {})
  t.match(settings, { port: 8080, host: '127.0.0.1', engine: 'werift', environment: 'development', path: '/mse', logLevel: 'error', secretIsGenerated: true })
  t.match(settings.secret, /^[0-9a-f]{64}$/)
  t.not(serveSettings([], {}).secret, settings.secret)
})

t.test('never makes up a secret for production', async (t) => {
  for (const argv of [['--env', 'production'], ['--env', 'production', '--secret', '']]) t.throws(() => serveSettings(argv, {}), usage(/^production needs a secret/))
  t.throws(() => serveSettings([], { MSE_ENV: 'production', MSE_SECRET: '' }), usage(/^production needs a secret/))
  t.match(serveSettings([], { MSE_ENV: 'production', MSE_SECRET: 's' }), { secret: 's', secretIsGenerated: false, logLevel: 'info' })
})

t.test('refuses settings that cannot be right', async (t) => {
  const bad: string[][] = [
    ['--port', '65536'], ['--port', 'http'], ['--engine', 'janus'], ['--env', 'test'], ['--path', 'mse'], ['--path', '/a b'], ['--path', '/a"><script>'], ['--path', '/../x'], ['--path', '/'],
    ['--secret=-----BEGIN PUBLIC KEY-----'], ['--max-streams', '0'], ['--messages-per-second', '-1'], ['--log-level', 'loud'], ['--engine', 'none', '--max-streams', '4']
  ]
  for (const argv of bad) t.throws(() => serveSettings(argv, {}), UsageError, argv.join(' '))
})

t.test('knows the proxies that it is told of, as addresses, networks or names', async (t) => {
  t.equal(serveSettings([], {}).trustedProxies, undefined)
  t.strictSame(serveSettings(['--trust-proxy', '10.0.0.5,10.0.0.0/8,::1,2001:db8::/32,loopback'], {}).trustedProxies, ['10.0.0.5', '10.0.0.0/8', '::1', '2001:db8::/32', 'loopback'])
  for (const list of ['', 'true', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', '2001:db8::/129', '10.0.0.5, 10.0.0.6']) {
    t.throws(() => serveSettings([`--trust-proxy=${list}`], {}), usage(/^--trust-proxy has to be addresses/), list)
  }
})
