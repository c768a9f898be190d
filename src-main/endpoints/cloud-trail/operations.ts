import { cloudTrail } from '#contract/cloud-trail.ts'
import { inputReader } from '../kms/input.ts'
import type { ServedOperation } from '../kms/operations.ts'

/** The prefix of X-Amz-Target. */
export const CLOUD_TRAIL_TARGET = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.'

const services = {
  LookupEvents: (all) => all.lookupEvents,
  DescribeTrails: (all) => all.describeTrails,
  ListPublicKeys: (all) => all.listPublicKeys,
} as const satisfies Record<keyof typeof cloudTrail, (operations: Parameters<ServedOperation['choose']>[0]) => object>

/** What is served of CloudTrail, by AWS's name: what its own tools need to look at and to validate an exported trail. */
export const cloudTrailOperations: ReadonlyMap<string, ServedOperation> = new Map(
  (Object.keys(cloudTrail) as (keyof typeof cloudTrail)[]).map((name) => [
    name,
    { name, service: 'cloudtrail', read: inputReader(cloudTrail[name]), choose: services[name] },
  ]),
)
