import { z } from './zod.ts'

// What the endpoint answers of AWS CloudTrail: shapes as in AWS's service model (cloudtrail, 2013-11-01). Not part of the console's contract.

const nothing = z.object({})

export const cloudTrail = {
  /** AWS takes one attribute. */
  LookupEvents: z.object({
    LookupAttributes: z.array(z.object({ AttributeKey: z.string(), AttributeValue: z.string() })).optional(),
    StartTime: z.date().optional(),
    EndTime: z.date().optional(),
    EventCategory: z.string().optional(),
    MaxResults: z.number().optional(),
    NextToken: z.string().optional(),
  }),
  DescribeTrails: nothing.extend({ trailNameList: z.array(z.string()).optional(), includeShadowTrails: z.boolean().optional() }),
  ListPublicKeys: nothing.extend({ StartTime: z.date().optional(), EndTime: z.date().optional(), NextToken: z.string().optional() }),
} as const
