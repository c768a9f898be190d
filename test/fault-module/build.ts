import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const here = import.meta.dirname
const output = join(here, '..', '..', '.tools', 'fault-module')
const compilers = ['cc', 'gcc'] as const
const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O1', '-fPIC', '-shared', '-fvisibility=hidden']

/** Absolute path of the fault module, compiled if its sources have changed. Throws if no C compiler is at hand. */
export async function faultModule(): Promise<string> {
  const sources = await Promise.all(['fault.c', 'pkcs11.h'].map((name) => readFile(join(here, name))))
  const digest = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16)
  const library = join(output, `fault-${digest}.so`)
  if (await exists(library)) return library

  await mkdir(output, { recursive: true })
  // Several test processes may build at once: each under its own name, and the last rename wins with the same bytes.
  const part = `${library}.${process.pid}`
  await compile(part)
  await rename(part, library)
  return library
}

async function compile(target: string): Promise<void> {
  for (const compiler of compilers) {
    try {
      await promisify(execFile)(compiler, [...flags, '-o', target, join(here, 'fault.c'), '-ldl'])
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  throw new Error(`none of the compilers ${compilers.join(', ')} is installed`)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
