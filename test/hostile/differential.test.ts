/** One parser on every face: each text of the corpus, alone and within a message, is answered byte for byte alike. */
import { isUtf8 } from 'node:buffer'
import t from 'tap'
import { CORPUS } from './corpus/corpus.ts'
import type { Entry } from './corpus/entry.ts'
import { type Face, echoAnswer, echoCall, openFaces } from './corpus/faces.ts'

const PARSE_ERROR = '{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}'
const ENTRIES = Object.values(CORPUS).flat()

/** What each face says to a text; PROTOCOL.md lets one differ: MSE-WS-3. */
async function ask (faces: readonly Face[], input: string | Uint8Array): Promise<{ answers: string[], closed: string | null }> {
  const [first = '', ...others] = await Promise.all(faces.map((face) => face.ask(input)))
  const isText = typeof input === 'string' || isUtf8(input)
  return isText ? { answers: [first, ...others], closed: null } : { answers: others, closed: first }
}

/** The first fault in how a text is answered; null for none. */
async function faultOf (faces: readonly Face[], { input, isTaken, echo, isTakenInside }: Entry): Promise<string | null> {
  const alone = await ask(faces, input)
  const inside = await ask(faces, echoCall(input))
  for (const { answers, closed } of [alone, inside]) {
    if (new Set(answers).size !== 1) return `the faces differ: ${JSON.stringify(answers).slice(0, 400)}`
    if (closed !== null && closed !== 'closed with 1007') return closed
  }
  if ((alone.answers[0] === PARSE_ERROR) === isTaken) return `alone: ${alone.answers[0]?.slice(0, 200)}`
  if (isTakenInside === null) return null
  const expected = isTakenInside ? echoAnswer(echo) : PARSE_ERROR
  return inside.answers[0] === expected ? null : `inside: ${inside.answers[0]?.slice(0, 200)}`
}

t.test('the corpus is large, and no name in it is there twice', async (t) => {
  t.ok(ENTRIES.length >= 500, `${ENTRIES.length} texts`)
  t.equal(new Set(ENTRIES.map(({ name }) => name)).size, ENTRIES.length)
  for (const verdict of ['parses', 'refused', 'choice']) t.ok(ENTRIES.filter((entry) => entry.verdict === verdict).length > 80, verdict)
})

for (const [subject, entries] of Object.entries(CORPUS)) {
  t.test(`each face answers ${subject} alike, and as the corpus says`, async (t) => {
    const faces = await openFaces(t)
    for (const entry of entries) t.equal(await faultOf(faces, entry), null, entry.name)
  })
}
