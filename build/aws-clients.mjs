// AWS's command line and boto3, which the tests point at our endpoint. They are other people's programs that nobody needs to use Holdfast:
// root on Debian gets them, everybody else's tests skip what is not there and say so.

import { existsSync } from 'node:fs'
import { capture, which } from './child.mjs'
import { installSystemPackages, isDebian, isRoot } from './debian.mjs'
import { step } from './progress.mjs'

/** Installs what of them is missing, where that is ours to do. Throws SetUpError. */
export async function installAwsClients() {
  if (!isDebian() || !isRoot()) return
  const missing = [...(which('aws') ? [] : ['awscli']), ...((await hasBoto3()) ? [] : ['python3-boto3'])]
  if (missing.length > 0) await step(`installing AWS clients for the tests (${missing.join(', ')})`, () => installSystemPackages(missing))
}

async function hasBoto3() {
  for (const python of [which('python3'), '/usr/bin/python3']) {
    if (python && existsSync(python) && (await capture(python, ['-c', 'import boto3'])).code === 0) return true
  }
  return false
}
