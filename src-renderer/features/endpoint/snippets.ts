import manual from '../../../docs/kms.md?raw'

/** How one kind of client is pointed at the endpoint. */
export interface Snippet {
  readonly id: ClientId
  readonly label: string
  /** What must be so before it runs. */
  readonly note: string
  readonly text: string
}

const clients = {
  environment: { label: 'Environment', section: 'Switch it on', kind: 'sh', note: 'For the shell that starts the client. The last line makes an access key and asks for your passphrase; leave it out if you have one.' },
  aws: { label: 'AWS CLI', section: 'AWS CLI', kind: 'sh aws', note: 'In a shell with the environment. Newer versions (1.29, 2.13) need no --endpoint-url.' },
  boto3: { label: 'Python', section: 'Python: boto3', kind: 'python boto3', note: 'boto3, in the same environment: AWS_CA_BUNDLE is what it trusts.' },
  javascript: { label: 'JavaScript', section: 'JavaScript: AWS SDK v3', kind: 'js', note: '@aws-sdk/client-kms. NODE_EXTRA_CA_CERTS must be set before Node starts.' },
  encryptionSdk: { label: 'Encryption SDK', section: 'AWS Encryption SDK', kind: 'js', note: '@aws-crypto/client-node. What it writes opens under Files, and the other way round.' },
} as const satisfies Record<string, { label: string; section: string; kind: string; note: string }>

export type ClientId = keyof typeof clients

/** The programs of docs/kms.md, as they stand there and as its test runs them, with this endpoint's address and the vault's Region. */
export function snippets(around: { readonly url: string; readonly region: string }): readonly Snippet[] {
  return (Object.keys(clients) as ClientId[]).map((id) => {
    const { label, section, kind, note } = clients[id]
    return { id, label, note, text: fitted(block(section, kind), around) }
  })
}

/** The environment of a plain endpoint has no certificate to trust. */
function fitted(text: string, { url, region }: { readonly url: string; readonly region: string }): string {
  const lines = text.replaceAll('https://127.0.0.1:8443', url).replaceAll('=us-east-1', `=${region}`).split('\n')
  return lines.filter((line) => url.startsWith('https:') || !/^export (?:AWS_CA_BUNDLE|NODE_EXTRA_CA_CERTS)=/.test(line)).join('\n')
}

/** The fenced block of this kind below a heading. Throws if the manual has lost it: a page without its programs must not be built. */
function block(section: string, kind: string): string {
  const [, below] = manual.split(`\n## ${section}\n`)
  const [body] = (below ?? '').split('\n## ')
  const found = body?.split(`\n\`\`\`${kind}\n`)[1]?.split('\n```')[0]
  if (found === undefined) throw new Error(`docs/kms.md has no ${kind} below ${section}`)
  return found
}
