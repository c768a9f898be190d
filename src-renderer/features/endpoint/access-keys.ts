import { shallowRef, type Ref } from 'vue'
import type { AccessKeyView } from '#contract/endpoint.ts'
import { useAction, type Action } from '#api/action.ts'
import { useApi } from '#api/client.ts'
import { confirm } from '#ui/confirm.ts'
import { toast } from '#ui/toast.ts'

/** A key that was just made: the secret is in this one answer and nowhere else. */
export interface MadeAccessKey {
  readonly accessKeyId: string
  readonly principal: string
  /** ASCII. Its owner wipes it. */
  readonly secret: Uint8Array
}

export interface AccessKeys {
  /** Undefined until they are loaded. */
  readonly rows: Ref<readonly AccessKeyView[] | undefined>
  /** Accounts that a key may act for. */
  readonly accounts: Ref<readonly string[]>
  readonly load: Action<[], void>
  /** Whatever changes one that exists. */
  readonly change: Action<[work: () => Promise<void>], void>
  /** Throws ApiFailure, for the dialog that asked. */
  create(principal: string | undefined): Promise<MadeAccessKey>
  switchTo(row: AccessKeyView, active: boolean): Promise<void>
  /** After a question. */
  remove(row: AccessKeyView): Promise<void>
}

/** The keys that programs sign with. */
export function useAccessKeys(): AccessKeys {
  const api = useApi()
  const rows = shallowRef<readonly AccessKeyView[]>()
  const accounts = shallowRef<readonly string[]>([])

  const load = useAction(async () => {
    const [found, declared] = await Promise.all([api.accessKeys.list({}), api.accounts.list({})])
    rows.value = [...found.accessKeys].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
    accounts.value = declared.accounts
  })
  const change = useAction(async (work: () => Promise<void>) => {
    await work()
    await load.run()
  })

  async function update(row: AccessKeyView, active: boolean): Promise<void> {
    await api.accessKeys.update({ accessKeyId: row.accessKeyId, active })
  }

  return {
    rows,
    accounts,
    load,
    change,

    async create(principal) {
      const made = await api.accessKeys.create(principal === undefined ? {} : { principal })
      void load.run()
      return { accessKeyId: made.accessKeyId, principal: made.principal, secret: made.secretAccessKey ?? new Uint8Array() }
    },

    async switchTo(row, active) {
      await change.run(async () => {
        await update(row, active)
        toast(`${row.accessKeyId} is ${active ? 'enabled' : 'disabled'}`, () => void change.run(() => update(row, !active)))
      })
    },

    async remove(row) {
      const sure = await confirm({
        title: `Delete ${row.accessKeyId}`,
        text: 'Programs that sign with it are refused from now on. It cannot be had back; disabling it can be undone.',
        yes: 'Delete access key',
        no: 'Keep it',
        danger: true,
      })
      if (!sure) return
      await change.run(async () => {
        await api.accessKeys.delete({ accessKeyId: row.accessKeyId })
        toast(`${row.accessKeyId} is deleted`)
      })
    },
  }
}
