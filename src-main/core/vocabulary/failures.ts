// Every way in which Holdfast refuses or fails, as one closed table. AWS KMS's own codes keep AWS's names and texts
// (texts as the real service gives them); ours are in capitals. Inside, code throws `new VaultError(code, details)`;
// what is not in this table is our own fault and reaches a person only as INTERNAL with an incident id.

/** Values that may travel in a failure's details. Never input that could hold a secret. */
export type Details = Readonly<Record<string, string | number>>

interface Row<D extends Details> {
  /** The HTTP status at an endpoint: AWS gives 400 for every fault of the caller, 500 for the service's own. */
  readonly status: 400 | 500
  /** What happened, as a sentence. An empty text is AWS's own silence. */
  readonly text: (details: D) => string
  /** What to do about it, as a sentence; undefined where the text says it. */
  readonly advice?: (details: D) => string
}

function refused<D extends Details = Record<never, never>>(text: (details: D) => string, advice?: (details: D) => string): Row<D> {
  return advice ? { status: 400, text, advice } : { status: 400, text }
}

function broken<D extends Details = Record<never, never>>(text: (details: D) => string, advice?: (details: D) => string): Row<D> {
  return advice ? { status: 500, text, advice } : { status: 500, text }
}

export const failures = {
  // AWS KMS
  AccessDeniedException: refused<{ text: string }>((d) => d.text),
  AlreadyExistsException: refused<{ text: string }>((d) => d.text),
  ConflictException: refused<{ text: string }>((d) => d.text),
  DisabledException: refused<{ keyArn: string; because: 'disabled' | 'pending deletion' | 'pending replica deletion' }>((d) => `${d.keyArn} is ${d.because}.`),
  DryRunOperationException: refused(() => 'The request would have succeeded, but the DryRun option is set.'),
  ExpiredImportTokenException: refused(() => '', () => 'Import parameters hold for 24 hours: ask for new ones, and wrap the material again.'),
  IncorrectKeyException: refused(() => 'The key ID in the request does not identify a CMK that can perform this operation.'),
  IncorrectKeyMaterialException: refused(() => '', () => 'The material is not of the form and length of this key, or is not what was imported before.'),
  InvalidAliasNameException: refused<{ text: string }>((d) => d.text),
  IncompleteSignatureException: refused<{ text: string }>((d) => d.text),
  InvalidArnException: refused<{ text: string }>((d) => d.text),
  InvalidCiphertextException: refused(() => '', () => 'The ciphertext was altered, cut, or was made with another encryption context.'),
  InvalidGrantTokenException: refused(() => 'The grant token is not of a grant that there is.'),
  InvalidImportTokenException: refused(() => '', () => 'The token belongs to another key, was used already, or was altered. Ask for new import parameters.'),
  InvalidKeyUsageException: refused<{ text: string }>((d) => d.text),
  InvalidMarkerException: refused(() => 'Invalid marker.', () => 'Start the listing again without a marker.'),
  InvalidSignatureException: refused<{ text: string }>((d) => d.text),
  KMSInternalException: broken<{ text: string }>((d) => d.text),
  KMSInvalidMacException: refused(() => '', () => 'The MAC does not belong to this message, key and algorithm.'),
  KMSInvalidSignatureException: refused(() => '', () => 'The signature does not belong to this message, key and algorithm.'),
  KMSInvalidStateException: refused<{ keyArn: string; because: string } | { text: string }>((d) => ('text' in d ? d.text : `${d.keyArn} is ${d.because}.`)),
  KeyUnavailableException: broken<{ text: string }>((d) => d.text),
  LimitExceededException: refused<{ text: string }>((d) => d.text),
  MalformedPolicyDocumentException: refused<{ text: string }>((d) => d.text),
  MissingAuthenticationTokenException: refused(() => 'Missing Authentication Token', () => 'Sign the request with Signature Version 4.'),
  NotAuthorizedException: refused<{ text: string }>((d) => d.text),
  NotFoundException: refused<{ text: string }>((d) => d.text),
  RequestExpired: refused(() => 'Request has expired.'),
  SerializationException: refused(() => '', () => 'The body is not JSON, or a member of it has another type than the operation gives it.'),
  TagException: refused<{ text: string }>((d) => d.text),
  UnknownOperationException: refused(() => '', () => 'Check the X-Amz-Target header: the endpoint serves TrentService.NAME.'),
  UnrecognizedClientException: refused(() => 'The security token included in the request is invalid.', () => 'The access key does not exist here, or is disabled.'),
  UnsupportedOperationException: refused<{ text: string }>((d) => d.text),
  ValidationException: refused<{ text: string }>((d) => d.text),

  // The vault
  VAULT_NOT_INITIALISED: refused(() => 'There is no vault here yet.', () => 'Create one with `init`, or in the console.'),
  VAULT_ALREADY_INITIALISED: refused(() => 'This home already holds a vault.', () => 'Choose another home to create a second vault.'),
  VAULT_LOCKED: refused(() => 'The vault is locked.', () => 'Unlock it with its passphrase first.'),
  VAULT_IN_USE: refused(() => 'Another Holdfast process owns this vault and did not answer within 10 seconds.', () => 'Stop that process, or wait until it is done.'),
  ALREADY_RUNNING: refused(() => 'Holdfast is already running for this vault.', () => 'Get a link to its console with `holdfast link`, or stop it first.'),
  NOT_RUNNING: refused(() => 'No running Holdfast owns this vault.', () => 'Start one with `holdfast serve`.'),
  VAULT_DAMAGED: broken<{ file: string; reason: string }>((d) => `${d.file} is damaged: ${d.reason}.`, () => 'Nothing was opened or changed. Restore the file from a copy.'),
  VAULT_TOO_NEW: refused<{ file: string; version: number }>((d) => `${d.file} was written by a newer Holdfast (version ${d.version}).`, () => 'Use that version of Holdfast, or a newer one.'),
  PASSPHRASE_INCORRECT: refused<{ waitSeconds: number }>(
    () => 'The passphrase does not open this vault.',
    (d) => (d.waitSeconds > 0 ? `The next try is possible in ${d.waitSeconds} s.` : 'Try again.'),
  ),
  PASSPHRASE_TOO_SHORT: refused<{ minimum: number }>((d) => `A passphrase needs at least ${d.minimum} characters.`, () => 'Several random words are easy to keep in mind and hard to guess.'),
  PASSPHRASE_MISSING: refused(() => 'No passphrase was given.', () => 'Give --passphrase-file FILE, set HOLDFAST_PASSPHRASE_FILE, or run in a terminal that can ask.'),
  RECOVERY_CODE_INVALID: refused(() => 'The recovery code does not open this vault.', () => 'Check each group against the printed sheet; its check digits tell a slip of the hand.'),
  RECOVERY_NOT_SET_UP: refused(() => 'This vault has no recovery code.', () => 'A recovery code is made at `init --recovery` only.'),
  NOT_SIGNED_IN: refused(() => 'Nobody is signed in on this connection.', () => 'Sign in with the passphrase, or run `login`.'),
  SESSION_ENDED: refused(() => 'The session has ended.', () => 'Sign in again.'),

  // HSMs
  HSM_UNAVAILABLE: broken<{ member: string; reason: string }>((d) => `HSM ${d.member} does not answer: ${d.reason}.`, () => 'Check the device and its library; the call can be tried again.'),
  MODULE_NOT_FOUND: refused<{ looked: string }>((d) => `No PKCS#11 library was found (${d.looked}).`, () => 'Install SoftHSM (Debian: `apt-get install softhsm2`) or name a library.'),
  PIN_INCORRECT: refused<{ member: string }>((d) => `The PIN of HSM ${d.member} is not correct.`, () => 'It was not tried again. Check it before the next try: tokens lock after a few.'),
  PIN_LOCKED: refused<{ member: string }>((d) => `The PIN of HSM ${d.member} is locked.`, () => 'Unblock it with the security officer PIN.'),
  LOGIN_NEEDED: refused<{ member: string }>((d) => `HSM ${d.member} needs a login.`, () => 'Give its PIN.'),
  TOKEN_REMOVED: broken<{ member: string }>((d) => `The token of HSM ${d.member} is not there.`, () => 'Put it back; keys work again as soon as it is found.'),
  TOKEN_FULL: broken<{ member: string }>((d) => `The token of HSM ${d.member} has no room for another key.`, () => 'Delete what is no longer needed on it, or use another token.'),
  MATERIAL_REFUSED: broken<{ member: string; attribute: string }>(
    (d) => `HSM ${d.member} made a key that does not keep ${d.attribute} as asked.`,
    () => 'The key was destroyed. This token cannot be trusted with keys.',
  ),
  KIND_UNSUPPORTED: refused<{ member: string; kind: string }>((d) => `HSM ${d.member} cannot make a key of kind ${d.kind}.`, () => 'Its page shows what it can do. Use another HSM for such keys.'),
  MATERIAL_MISSING: broken<{ member: string }>((d) => `HSM ${d.member} does not hold the material of this key.`, () => 'The object was deleted on the token, or this is another token.'),
  SEALING_UNSUPPORTED: refused<{ member: string }>((d) => `HSM ${d.member} has neither a working AES-GCM nor a working HMAC-SHA256.`, () => 'Use another token.'),
  AUDIT_TRAIL_CHANGED: broken<{ record: number }>(
    (d) => `The audit trail is not what was recorded, from record ${d.record} on.`,
    () => 'No checkpoint was signed. `holdfast audit verify` says what is wrong; keep this vault as it is.',
  ),
  SERVICE_KEY_UNSUPPORTED: refused<{ member: string; purpose: string }>((d) => `HSM ${d.member} cannot hold the vault's own ${d.purpose} key.`, () => 'It needs Ed25519, ECDSA P-256 or RSA signatures, each of which was tried.'),
  CHANGE_UNFINISHED: broken<{ keyArn: string }>((d) => `An earlier change of ${d.keyArn} in the HSM has not finished.`, () => 'It is completed or undone as soon as the HSM answers.'),

  // Data and transport
  MALFORMED: refused<{ what: string }>((d) => `This is not ${d.what}.`),
  NOT_AUTHENTIC: refused<{ what: string }>((d) => `${d.what} was altered or is not under this key.`),
  FILE_UNREADABLE: refused<{ file: string; reason: string }>((d) => `${d.file} cannot be read: ${d.reason}.`),
  FILE_UNWRITABLE: refused<{ file: string; reason: string }>((d) => `${d.file} cannot be written: ${d.reason}.`),
  FILE_EXISTS: refused<{ file: string }>((d) => `${d.file} exists already.`, () => 'Choose to replace it or to keep both, or another folder.'),
  FILE_CHANGED: refused<{ file: string }>((d) => `${d.file} was changed while it was read.`, () => 'Nothing was written. Try again when no other program writes to it.'),
  FILES_FAILED: refused<{ count: number; folder: string }>((d) => `${d.count} files of ${d.folder} were not done.`, () => 'All others were. What failed is named above.'),
  KEY_NOT_HERE: refused<{ file: string }>((d) => `No key of this vault opens ${d.file}.`, () => 'Inspect the file to see under which keys it is.'),
  CONTEXT_DIFFERS: refused<{ file: string }>((d) => `The encryption context of ${d.file} is not the one that was expected.`, () => 'Inspect the file to see its context.'),
  TRANSFER_ENDED: refused(() => 'This transfer was used before, has ended, or never was.', () => 'Give the file again.'),
  DISK_FULL: broken<{ file: string }>((d) => `There is no room left to write ${d.file}.`, () => 'Free some space and try again; nothing was changed.'),
  STORE_FAILED: broken<{ reason: string }>((d) => `The vault's database refused the change: ${d.reason}.`, () => 'Nothing was changed.'),
  CONNECTION_LOST: broken(() => 'The connection to Holdfast was lost.', () => 'It is tried again; check that Holdfast still runs.'),
  PORT_UNAVAILABLE: refused<{ port: number; reason: string }>((d) => `Port ${d.port} of 127.0.0.1 cannot be had: ${d.reason}.`, () => 'Choose another with `--port`, or leave it out.'),
  ENDPOINT_ON: refused<{ url: string }>((d) => `The endpoint is on already, at ${d.url}.`, () => 'Switch it off first to have it elsewhere.'),
  CANCELLED: refused(() => 'Cancelled.'),
  INTERNAL: broken<{ incident: string }>((d) => `Something went wrong inside Holdfast (incident ${d.incident}).`, () => 'The log has the details under this number.'),
} as const

export type FailureCode = keyof typeof failures
export type FailureDetails<C extends FailureCode> = Parameters<(typeof failures)[C]['text']>[0]

class DeclaredFailure extends Error {
  override readonly name = 'VaultError'
  readonly code: FailureCode
  readonly details: Details

  constructor(code: FailureCode, details: Details = {}) {
    super(failureText(code, details))
    this.code = code
    this.details = details
  }
}

/** A declared failure: the only thing that a service throws on purpose. `message` is the table's text. */
export type VaultError = DeclaredFailure

// The details that a code's row asks for are checked where a failure is made; a caught one is any of the codes.
export const VaultError = DeclaredFailure as unknown as {
  new <C extends FailureCode>(code: C, ...details: Record<never, never> extends FailureDetails<C> ? [] : [FailureDetails<C>]): VaultError
  readonly prototype: VaultError
}

/** The table's sentence for a failure. */
export function failureText(code: FailureCode, details: Details): string {
  return (failures[code] as Row<Details>).text(details)
}

/** The table's advice for a failure; undefined where the text itself says what to do. */
export function failureAdvice(code: FailureCode, details: Details): string | undefined {
  return (failures[code] as Row<Details>).advice?.(details)
}

/** The HTTP status of a failure. */
export function failureStatus(code: FailureCode): 400 | 500 {
  return failures[code].status
}

export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(failures, text)
}

/** For what cannot be: our own fault, loudly. */
export function unreachable(what: string): never {
  throw new Error(`unreachable: ${what}`)
}
