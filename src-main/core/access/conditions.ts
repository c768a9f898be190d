import { addressIn, isAddressRange } from './addresses.ts'
import { fits, fitsArn } from './patterns.ts'

/**
 * What a call is like, for conditions: the values of a condition key, which comes in lower case. Undefined: the call has no such key.
 * Asked only for keys that a statement names, so that what nobody asks for costs nothing.
 */
export type Facts = (key: string) => readonly string[] | undefined

export type Effect = 'Allow' | 'Deny'

export interface Condition {
  readonly operator: ConditionOperator
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly ifExists: boolean
  /** In lower case: keys are compared without regard to case. */
  readonly key: string
  readonly values: readonly string[]
}

interface Operator {
  /** One value of the call against one of the policy. */
  readonly holds: (given: string, wanted: string) => boolean
  /** The opposite is asked: no value of the policy may fit. It holds for a call that lacks the key. */
  readonly negated: boolean
}

// IAM, "IAM JSON policy elements: Condition operators". Null is a row of its own below: it asks for presence.
const operators = {
  StringEquals: { holds: (given, wanted) => given === wanted, negated: false },
  StringNotEquals: { holds: (given, wanted) => given === wanted, negated: true },
  StringEqualsIgnoreCase: { holds: sameLetters, negated: false },
  StringNotEqualsIgnoreCase: { holds: sameLetters, negated: true },
  StringLike: { holds: (given, wanted) => fits(wanted, given), negated: false },
  StringNotLike: { holds: (given, wanted) => fits(wanted, given), negated: true },
  NumericEquals: { holds: ordered(numberOf, (order) => order === 0), negated: false },
  NumericNotEquals: { holds: ordered(numberOf, (order) => order === 0), negated: true },
  NumericLessThan: { holds: ordered(numberOf, (order) => order < 0), negated: false },
  NumericLessThanEquals: { holds: ordered(numberOf, (order) => order <= 0), negated: false },
  NumericGreaterThan: { holds: ordered(numberOf, (order) => order > 0), negated: false },
  NumericGreaterThanEquals: { holds: ordered(numberOf, (order) => order >= 0), negated: false },
  DateEquals: { holds: ordered(timeOf, (order) => order === 0), negated: false },
  DateNotEquals: { holds: ordered(timeOf, (order) => order === 0), negated: true },
  DateLessThan: { holds: ordered(timeOf, (order) => order < 0), negated: false },
  DateLessThanEquals: { holds: ordered(timeOf, (order) => order <= 0), negated: false },
  DateGreaterThan: { holds: ordered(timeOf, (order) => order > 0), negated: false },
  DateGreaterThanEquals: { holds: ordered(timeOf, (order) => order >= 0), negated: false },
  Bool: { holds: sameLetters, negated: false },
  IpAddress: { holds: addressIn, negated: false },
  NotIpAddress: { holds: addressIn, negated: true },
  ArnEquals: { holds: (given, wanted) => fitsArn(wanted, given), negated: false },
  ArnLike: { holds: (given, wanted) => fitsArn(wanted, given), negated: false },
  ArnNotEquals: { holds: (given, wanted) => fitsArn(wanted, given), negated: true },
  ArnNotLike: { holds: (given, wanted) => fitsArn(wanted, given), negated: true },
} as const satisfies Record<string, Operator>

export type ConditionOperator = keyof typeof operators | 'Null'

/** What one value of a policy must be for its operator; undefined if it is that. */
export function valueFault(operator: ConditionOperator, value: string): string | undefined {
  if (operator === 'Null' || operator === 'Bool') return /^(true|false)$/i.test(value) ? undefined : 'must be true or false'
  if (operator.startsWith('Numeric')) return Number.isNaN(numberOf(value)) ? 'must be a number' : undefined
  if (operator.startsWith('Date')) return Number.isNaN(timeOf(value)) ? 'must be a date of ISO 8601, or seconds since 1970' : undefined
  if (operator === 'IpAddress' || operator === 'NotIpAddress') return isAddressRange(value) ? undefined : 'must be an address or a range such as 192.0.2.0/24'
  return undefined
}

export function isConditionOperator(text: string): text is ConditionOperator {
  return text === 'Null' || Object.hasOwn(operators, text)
}

/**
 * Whether one condition of a statement holds. A call has one value of most keys. Where it has several and the policy names no set operator
 * (an encryption context with `Dept` and `dept`), the doubt is decided against the caller: an Allow wants all of them, a Deny one.
 */
export function conditionHolds(condition: Condition, facts: Facts, effect: Effect): boolean {
  const given = facts(condition.key)
  if (condition.operator === 'Null') return condition.values.some((wanted) => (wanted.toLowerCase() === 'true') === (given === undefined))
  const operator: Operator = operators[condition.operator]
  const holds = (value: string): boolean => condition.values.some((wanted) => operator.holds(value, wanted)) !== operator.negated
  if (condition.set === 'ForAllValues') return given?.every(holds) ?? true
  if (given === undefined || given.length === 0) return condition.ifExists || (condition.set === undefined && operator.negated)
  return condition.set === 'ForAnyValue' || effect === 'Deny' ? given.some(holds) : given.every(holds)
}

function sameLetters(given: string, wanted: string): boolean {
  return given.toLowerCase() === wanted.toLowerCase()
}

/** A value that is no number or no date is in no order to any other. */
function ordered(read: (text: string) => number, wanted: (order: number) => boolean): Operator['holds'] {
  return (given, limit) => {
    const difference = read(given) - read(limit)
    return !Number.isNaN(difference) && wanted(difference)
  }
}

function numberOf(text: string): number {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
}

/** Milliseconds since 1970; a time without a zone is UTC. */
function timeOf(text: string): number {
  if (/^\d{5,11}$/.test(text)) return Number(text) * 1000
  const [, date, time, zone] = /^(\d{4}(?:-\d{2}(?:-\d{2})?)?)(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? []
  if (date === undefined || (time === undefined && zone !== undefined)) return NaN
  return Date.parse(time === undefined ? date : `${date}${time}${zone ?? 'Z'}`)
}
