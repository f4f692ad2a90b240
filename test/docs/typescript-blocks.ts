/** The TypeScript in a page, compiled as its reader would: in a module of its own, with the browser's types and Node's. */
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What a block may use without saying where it is from: what the page has introduced before, and what is the reader's own. */
const KNOWN = `
import type { DomStream, MseClient } from 'fastify-mse/client'
declare global {
  function fetchToken (): Promise<string>
  function tell (text: string): void
  function show (userId: string, stream: DomStream, screen?: DomStream | null): void
  function hide (userId: string): void
  const client: MseClient
}
`

/** The blocks of a page that are marked as TypeScript. */
export function blocksOf (page: string): string[] {
  return [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text)
}

/** Compiles texts that are not on disk, each as a module. */
export function compile (texts: readonly string[]): { program: ts.Program, faults: string[] } {
  const files = new Map([KNOWN, ...texts].map((text, index) => [`${ROOT}test/docs/made-up-${index}.ts`, `${text}\nexport {}\n`]))
  const parsed = ts.getParsedCommandLineOfConfigFile(`${ROOT}tsconfig.json`, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} })
  const options = { ...parsed?.options, noEmit: true, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'] }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => files.has(file) || fileExists(file)
  host.readFile = (file) => files.get(file) ?? readFile(file)
  host.getSourceFile = (file, languageVersion, ...more) => {
    const text = files.get(file)
    return text === undefined ? getSourceFile(file, languageVersion, ...more) : ts.createSourceFile(file, text, languageVersion)
  }
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host })
  const faults = [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(textOf)
  })
  return { program, faults }
}

function textOf ({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file?.text.slice(0, start).split('\n').length ?? 0
  return `${file?.text.split('\n')[line - 1] ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}

/** The members of a type that the package exports, with the default that its doc block tells. */
export function optionsOf (program: ts.Program, typeName: string): Map<string, string> {
  const source = program.getSourceFile(`${ROOT}lib/client/index.ts`)
  const checker = program.getTypeChecker()
  const symbol = source && checker.getSymbolAtLocation(source)
  const type = symbol && checker.getExportsOfModule(symbol).find(({ name }) => name === typeName)
  if (type === undefined) throw new Error(`there is no ${typeName}`)
  return new Map(checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(type)).map((member) => {
    const tag = member.getJsDocTags(checker).find(({ name }) => name === 'default')
    return [member.name, ts.displayPartsToString(tag?.text) || 'required']
  }))
}
