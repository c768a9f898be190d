import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failures, type FailureCode } from '#core/vocabulary/failures.ts'
import vitestConfig from '../vitest.config.ts'

// What the documents say is true, and what the rules speak of exists. Nothing here may pass because a thing is missing.

const root = join(import.meta.dirname, '..')

describe('ARCHITECTURE.md', () => {
  it('lists exactly the folders that exist', () => {
    const layers = tableOf('ARCHITECTURE.md', 'folder').map((row) => unquoted(row['folder']))
    expect(layers.toSorted()).toEqual([...foldersIn('src-main'), ...foldersIn('src-renderer'), 'test'].toSorted())
  })

  it('names only paths that exist', () => {
    const paths = pathsNamedIn('ARCHITECTURE.md')
    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter((path) => globSync(path, { cwd: root }).length === 0)).toEqual([])
  })
})

describe('layers', () => {
  const mainLayers = foldersIn('src-main')

  it('are each a TypeScript project that `tsc -b` builds', () => {
    const references = jsonOf<{ references: { path: string }[] }>('tsconfig.json').references.map(({ path }) => path)
    expect(references.filter((path) => path.startsWith('src-main/')).toSorted()).toEqual(mainLayers.toSorted())
    expect(mainLayers.filter((layer) => !existsSync(join(root, layer, 'tsconfig.json')))).toEqual([])
  })

  it('are each imported by their name', () => {
    const imports = Object.values(manifest().imports).map((target) => target.replace('./', '').replace('/*', ''))
    expect(imports.filter((path) => path.startsWith('src-main/')).toSorted()).toEqual(mainLayers.toSorted())
    expect(imports.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('are what the rules of dependency-cruiser speak of, or are planned', () => {
    // Rules are written before the layer, so that it is born under them. A layer that has come leaves this list.
    const planned: string[] = []
    const named = new Set(readText('.dependency-cruiser.cjs').matchAll(/\^src-main\/\(?([a-z|]+)\)?/g).flatMap(([, names = '']) => names.split('|')))
    const folders = new Set(mainLayers.map((layer) => layer.replace('src-main/', '')))
    expect([...named].filter((name) => !folders.has(name) && !planned.includes(name))).toEqual([])
    expect(planned.filter((name) => folders.has(name))).toEqual([])
  })
})

describe('README.md', () => {
  const commands = () => shellLinesIn('README.md')

  it('shows commands', () => {
    expect(commands().length).toBeGreaterThan(1)
  })

  it('names npm scripts that exist', () => {
    const named = commands().flatMap((line) => {
      const [, script] = /^npm (?:run (?:-s )?)?([\w:]+)/.exec(line) ?? []
      return script === undefined || ['ci', 'install'].includes(script) ? [] : [script]
    })
    expect(named).toContain('start')
    expect(named.filter((script) => !(script in manifest().scripts))).toEqual([])
  })

  it('names subcommands that the command line has', () => {
    const subcommands = commands().flatMap((line) => {
      const [, rest] = /^npm run -s cli -- (.+)$/.exec(line) ?? []
      return rest === undefined ? [] : [subcommandIn(rest)]
    })
    expect(subcommands.length).toBeGreaterThan(0)
    expect([...new Set(subcommands)].filter((words) => !helpOf(words).includes(`holdfast ${words}`))).toEqual([])
  })
})

describe('failures', () => {
  it('each say what happened or what to do', () => {
    const silent = (Object.keys(failures) as FailureCode[]).filter((code) => sentencesOf(code).join('') === '')
    expect(silent).toEqual([])
  })

  it('give advice as sentences', () => {
    const cut = (Object.keys(failures) as FailureCode[]).filter((code) => !/^$|[.!?]$/.test(sentencesOf(code)[1]))
    expect(cut).toEqual([])
  })
})

describe('dependencies', () => {
  const rows = () => tableOf('docs/adr/0002-dependencies.md', 'package')
  const { dependencies, devDependencies, optionalDependencies } = manifest()
  const declared = { ...dependencies, ...devDependencies, ...optionalDependencies }

  it('are each in the decision record, in their exact version', () => {
    const recorded = Object.fromEntries(rows().map((row) => [unquoted(row['package']), row['version']]))
    expect(recorded).toEqual(declared)
  })

  it('are pinned', () => {
    expect(Object.entries(declared).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  it('carry the licence that is recorded', () => {
    const wrong = rows().flatMap((row) => {
      const file = `node_modules/${unquoted(row['package'])}/package.json`
      // Optional packages are for one platform each.
      if (!existsSync(join(root, file)) && unquoted(row['package']) in optionalDependencies) return []
      const { license } = jsonOf<{ license: string }>(file)
      return license === row['licence'] ? [] : [`${row['package'] ?? ''}: ${license}`]
    })
    expect(wrong).toEqual([])
  })

  it('reach the product only if they are permissive', () => {
    const copyleft = rows().filter((row) => /GPL/.test(row['licence'] ?? '') && row['where'] !== 'tests')
    expect(copyleft).toEqual([])
  })
})

describe('decision records', () => {
  const records = globSync('docs/adr/*.md', { cwd: root })

  it('are numbered without gaps', () => {
    const numbers = records.map((path) => Number(/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1])).toSorted((a, b) => a - b)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(numbers.length).toBeGreaterThan(0)
  })

  it.each(records)('%s has its five parts', (path) => {
    const headings = [...readText(path).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Context', 'Decision', 'Alternatives', 'Consequences', 'Checked by'])
  })
})

describe('tests', () => {
  it('find something in each of their projects', () => {
    const projects = (vitestConfig.test?.projects ?? []) as { test: { name: string; include: string[] } }[]
    const globs = projects.flatMap(({ test }) => test.include)
    expect(globs.length).toBeGreaterThan(0)
    expect(globs.filter((glob) => globSync(glob, { cwd: root }).length === 0)).toEqual([])
  })

  it('have vectors in each folder of vectors', () => {
    const folders = foldersIn('test/vectors')
    expect(folders.length).toBeGreaterThan(0)
    expect(folders.filter((folder) => readdirSync(join(root, folder)).length === 0)).toEqual([])
  })
})

interface Manifest {
  readonly imports: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

function manifest(): Manifest {
  return jsonOf<Manifest>('package.json')
}

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what it reads; `expect` looks at it
function jsonOf<T>(path: string): T {
  return JSON.parse(readText(path)) as T
}

/** The folders directly below one, as paths from the root. */
function foldersIn(path: string): string[] {
  const entries = readdirSync(join(root, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`)
}

/** The rows of the Markdown table whose first column has this heading, as heading to cell. */
function tableOf(path: string, firstHeading: string): Record<string, string>[] {
  const lines = readText(path).split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${firstHeading} |`))
  expect(start, `${path} has a table of ${firstHeading}`).toBeGreaterThanOrEqual(0)
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  const headings = cellsOf(lines[start]!)
  return lines.slice(start + 2, end === -1 ? undefined : end).map((line) => Object.fromEntries(cellsOf(line).map((cell, column) => [headings[column]!, cell])))
}

function cellsOf(line: string): string[] {
  return line.split('|').slice(1, -1).map((cell) => cell.trim())
}

function unquoted(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '')
}

/** Paths in backquotes: what begins with one of the project's top folders. */
function pathsNamedIn(path: string): string[] {
  const quoted = [...readText(path).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)
  return quoted.filter((text) => /^(src-main|src-renderer|test|docs|build|bench)\/[\w./*-]+$/.test(text))
}

/** The lines of all shell blocks, without prompt and continuation. */
function shellLinesIn(path: string): string[] {
  const blocks = [...readText(path).matchAll(/^```(?:sh|bash|console|shell)\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  return blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')).map((line) => line.replace(/^\$ /, '').trim()).filter((line) => line !== '' && !line.startsWith('#'))
}

/** `kms encrypt` in `--home DIR kms encrypt --key-id alias/a`. */
function subcommandIn(commandLine: string): string {
  const withoutGlobals = commandLine.replace(/^(?:--(?:home|passphrase-file)[ =]\S+ +|--json +)*/, '')
  return (/^[a-z][a-z-]*(?: [a-z][a-z-]*)*(?= |$)/.exec(withoutGlobals)?.[0] ?? '').trim()
}

function helpOf(words: string): string {
  const result = spawnSync(process.execPath, [join(root, 'src-main/shells/cli/main.ts'), ...words.split(' '), '--help'], { encoding: 'utf8' })
  return result.stdout
}

/** A failure's text and advice, with stand-ins for its details. */
function sentencesOf(code: FailureCode): [text: string, advice: string] {
  const row = failures[code] as { text: (details: unknown) => string; advice?: (details: unknown) => string }
  const details: unknown = new Proxy({}, { get: () => '1' })
  return [row.text(details), row.advice?.(details) ?? '']
}
