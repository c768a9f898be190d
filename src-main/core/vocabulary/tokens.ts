// The words in which a token's abilities are told, wherever they are shown.

/**
 * What came of one check. `refused`: the token answered with a CKR code; `wrong`: it answered, but not with the truth; `absent`: its list
 * of mechanisms does not have it; `crash` and `hang`: the library ended its process, or did not come back before the deadline.
 */
export const checkOutcomes = ['works', 'refused', 'wrong', 'absent', 'crash', 'hang'] as const
export type CheckOutcome = (typeof checkOutcomes)[number]

/** Where the IV of CKM_AES_GCM comes from: the caller; the token, into the caller's buffer; the token, behind the tag. */
export const gcmIvModes = ['host-iv', 'token-iv', 'appended'] as const
export type GcmIvMode = (typeof gcmIvModes)[number]

/**
 * How far "not extractable" can be believed. `hardware`: every trial to get a key out was refused, and the library says that the slot is
 * hardware; `software`: refused too, but by a program; `not-enforced`: a trial succeeded; `unproven`: a trial gave no answer.
 */
export const enforcementBadges = ['hardware', 'software', 'not-enforced', 'unproven'] as const
export type EnforcementBadge = (typeof enforcementBadges)[number]

/** Groups of checks, in the order in which they are tried and shown. */
export const checkGroups = ['keys', 'encryption', 'mac', 'rsa', 'curves', 'wrapping', 'enforcement'] as const
export type CheckGroup = (typeof checkGroups)[number]
