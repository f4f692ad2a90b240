import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = `${ROOT}test/types/`
/** Not on disk: a source with a fault, and one that expects a fault that is not there. */
const FAULTY: Readonly<Record<string, string>> = {
  [`${FOLDER}faulty.ts`]: "import { defineMethod } from '../../lib/protocol/index.ts'\nexport const wrong = defineMethod({ name: 7 })\n",
  [`${FOLDER}unexpected.ts`]: "import { defineMethod } from '../../lib/protocol/index.ts'\n// @ts-expect-error\nexport const right = defineMethod({ name: 'seven' })\n"
}

t.test('the types infer and refuse what they should', async (t) => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).map((name) => FOLDER + name)
  const program = compile([...files, ...Object.keys(FAULTY)])
  const diagnosticsOf = (file: string): string[] => {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error(`${file} was not compiled`)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(textOf)
  }
  t.ok(files.length >= 2, `${files.length} files were compiled`)
  t.strictSame(files.flatMap(diagnosticsOf), [])
  for (const file of Object.keys(FAULTY)) t.equal(diagnosticsOf(file).length, 1, 'a fault would be seen')
})

function compile (files: readonly string[]): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(`${ROOT}tsconfig.json`, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => { throw new Error(textOf(diagnostic)) } })
  const options = { ...config?.options, noEmit: true }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => Object.hasOwn(FAULTY, file) || fileExists(file)
  host.readFile = (file) => FAULTY[file] ?? readFile(file)
  host.getSourceFile = (file, languageVersion, ...more) => {
    const text = FAULTY[file]
    return text === undefined ? getSourceFile(file, languageVersion, ...more) : ts.createSourceFile(file, text, languageVersion)
  }
  return ts.createProgram({ rootNames: files, options, host })
}

function textOf ({ file, start, messageText }: ts.Diagnostic): string {
  const line = file === undefined || start === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
  return `${file?.fileName.slice(ROOT.length) ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}
