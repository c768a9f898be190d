import { onMounted, onUnmounted } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useClient } from '#api/client.ts'
import { droppedFiles, holdsFiles, MOST_DROPPED } from '#ui/dropped-files.ts'
import { counted } from '#ui/numbers.ts'
import { useFileQueue } from '#stores/file-queue.ts'

/** Files that are dropped anywhere on the window are proposed on the Files page: the browser would open them and leave the console. */
export function useFileDrops(): void {
  const { given } = useClient()
  const queue = useFileQueue()
  const route = useRoute()
  const router = useRouter()
  /** How many elements the pointer has entered and not left: each one tells. */
  let depth = 0

  function over(event: DragEvent): void {
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = given === undefined || route.meta.wizard === true ? 'none' : 'copy'
  }

  function enter(event: DragEvent): void {
    if (!holdsFiles(event.dataTransfer)) return
    depth += 1
    queue.dragging = true
  }

  function leave(event: DragEvent): void {
    if (!holdsFiles(event.dataTransfer)) return
    depth = Math.max(0, depth - 1)
    if (depth === 0) queue.dragging = false
  }

  async function drop(event: DragEvent): Promise<void> {
    depth = 0
    queue.dragging = false
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    if (given === undefined || route.meta.wizard === true) return
    const { files, more, unreadable } = await droppedFiles(event.dataTransfer)
    queue.add(files.map(given))
    queue.notice = [
      ...(more ? [`Only the first ${MOST_DROPPED} files were taken: drop the others after these.`] : []),
      ...(unreadable > 0 ? [`${counted(unreadable, 'file or folder', 'files or folders')} could not be read.`] : []),
    ].join(' ')
    if (route.name !== 'files') await router.push({ name: 'files' })
  }

  const onDrop = (event: DragEvent): void => void drop(event)
  onMounted(() => {
    addEventListener('dragover', over)
    addEventListener('dragenter', enter)
    addEventListener('dragleave', leave)
    addEventListener('drop', onDrop)
  })
  onUnmounted(() => {
    removeEventListener('dragover', over)
    removeEventListener('dragenter', enter)
    removeEventListener('dragleave', leave)
    removeEventListener('drop', onDrop)
  })
}
