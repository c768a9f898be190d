import type { FileFactsSeen } from '#services/files/inspect-file.ts'
import { printable } from './file-progress.ts'

/** What a header says, for a person: a name and its value per line. */
export function factLines(path: string, facts: FileFactsSeen): string[] {
  const { plaintextLength, frames, frameLength, format, context, dataKeys, messageId } = facts
  const pairs = Object.entries(context).map(([key, value]) => `${key} = ${value}`)
  const content = plaintextLength === undefined ? 'not whole: something is missing, or was put behind its end' : `${plaintextLength} bytes in ${frames ?? 0} frames of ${frameLength}`
  return [
    path,
    ...row('format', `AWS Encryption SDK message, version ${format.version}, suite ${format.suite}${format.signed ? ', signed' : ''}${format.commits ? '' : ', without key commitment'}`),
    ...dataKeys.flatMap(({ provider, keyArn }) => row('key', keyArn ?? `another kind of key (${provider})`)),
    ...(pairs.length === 0 ? row('context', 'none') : pairs.flatMap((pair) => row('context', pair))),
    ...row('content', content),
    ...row('message', messageId),
    ...row('verified', 'nothing: the header was read without a key'),
  ].map(printable)
}

function row(name: string, value: string): string[] {
  return [`  ${name.padEnd(9)}${value}`]
}
