import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The source files under some folders of the repository, by their path from its root, with `/`. */
export function sourceFiles(...folders: readonly string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|js|mjs)$/.test(name))
      .sort()
      .map((name) => {
        const path = `${folder}/${name.replaceAll('\\', '/')}`
        return { path, text: readFileSync(join(root, path), 'utf8') }
      }),
  )
}
