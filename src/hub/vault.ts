import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { StockpoolError } from '../error.ts'

/** Keeps tokens and buyer data from whoever can read the database file. */
export interface Vault {
  protect(text: string): string
  /** @throws StockpoolError `database` when the text was protected with another key, or without one. */
  reveal(protectedText: string): string
}

const open = 'plain:'
const sealed = 'aes256gcm:'

/**
 * With a key: AES-256-GCM, one random nonce a value. Without: kept as it is, and said so in the operating guide.
 * Values written before a key was given stay readable.
 */
export function createVault(key: string | Uint8Array | undefined): Vault {
  const secret = key === undefined ? null : deriveKey(key)
  return {
    protect: (text) => (secret === null ? open + text : sealed + encrypt(secret, text)),
    reveal(text) {
      if (text.startsWith(open)) return text.slice(open.length)
      if (secret === null || !text.startsWith(sealed)) {
        throw new StockpoolError('database', 'a stored value is encrypted, and no key was given', {
          field: 'encryptionKey',
          remedy: 'Pass createHub the encryptionKey that this database was written with.',
        })
      }
      return decrypt(secret, text.slice(sealed.length))
    },
  }
}

function deriveKey(key: string | Uint8Array): Buffer {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : Buffer.from(key)
  if (bytes.length < 16) {
    throw new StockpoolError('invalid_input', 'encryptionKey is too short', {
      field: 'encryptionKey',
      remedy: 'Give at least 16 bytes, best 32 random bytes: openssl rand -base64 32',
    })
  }
  return Buffer.from(hkdfSync('sha256', bytes, 'stockpool', 'vault 1', 32))
}

function encrypt(key: Buffer, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

function decrypt(key: Buffer, text: string): string {
  const bytes = Buffer.from(text, 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new StockpoolError('database', 'a stored value cannot be decrypted with this key', {
      field: 'encryptionKey',
      remedy: 'Pass createHub the encryptionKey that this database was written with.',
      cause,
    })
  }
}
