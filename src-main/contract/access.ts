import { oc } from '@orpc/contract'
import { declaredErrors } from './failures.ts'
import { z } from './zod.ts'

// Users, roles and groups, their policies, and the simulator. A principal is a name in the caller's account, or an ARN.

const operation = oc.errors(declaredErrors)
const nothing = z.object({})
const name = z.string()
const tag = z.object({ TagKey: z.string(), TagValue: z.string() })

const principal = z.object({
  arn: z.string(),
  name: z.string(),
  id: z.string(),
  createdAt: z.date(),
  groups: z.array(z.string()),
  tags: z.array(tag),
  trustPolicy: z.string().optional(),
})

const group = z.object({ arn: z.string(), name: z.string(), readyMade: z.boolean(), members: z.array(z.string()) })

const owner = z.string().describe('ARN of a user, a role or a group')

export const access = {
  createUser: operation.input(z.object({ name, group: z.string().optional(), policy: z.string().optional(), tags: z.array(tag).optional() })).output(principal),
  listUsers: operation.input(nothing).output(z.object({ users: z.array(principal) })),
  deleteUser: operation.input(z.object({ name })).output(nothing),
  createRole: operation.input(z.object({ name, trustPolicy: z.string(), policy: z.string().optional(), tags: z.array(tag).optional() })).output(principal),
  listRoles: operation.input(nothing).output(z.object({ roles: z.array(principal) })),
  deleteRole: operation.input(z.object({ name })).output(nothing),
  createGroup: operation.input(z.object({ name })).output(group),
  listGroups: operation.input(nothing).output(z.object({ groups: z.array(group) })),
  deleteGroup: operation.input(z.object({ name })).output(nothing),
  addUserToGroup: operation.input(z.object({ group: z.string(), user: z.string() })).output(nothing),
  removeUserFromGroup: operation.input(z.object({ group: z.string(), user: z.string() })).output(nothing),
  putPolicy: operation.input(z.object({ owner, name, document: z.string() })).output(nothing),
  deletePolicy: operation.input(z.object({ owner, name })).output(nothing),
  listPolicies: operation.input(z.object({ owner })).output(z.object({ policies: z.array(z.object({ name: z.string(), document: z.string() })) })),
  simulate: operation
    .input(
      z.object({
        principal: z.string().describe('`root`, the name of a user, or an ARN'),
        action: z.string().describe('Such as kms:Decrypt'),
        resource: z.string().describe('ARN'),
        context: z.record(z.string(), z.string()).optional().describe('Encryption context'),
        conditions: z.record(z.string(), z.array(z.string())).optional().describe('Values of other condition keys'),
      }),
    )
    .output(
      z.object({
        allowed: z.boolean(),
        reason: z.string(),
        statement: z.object({ document: z.string(), index: z.int(), sid: z.string().optional() }).optional(),
        grantId: z.string().optional(),
      }),
    ),
}
