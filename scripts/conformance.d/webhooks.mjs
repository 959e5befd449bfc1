// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// webhooks.mjs LIBRARY FILE: verifies what receivers got with the standard's library for JavaScript.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [library, file] = process.argv.slice(2)
const { Webhook } = createRequire(import.meta.url)(library)
const messages = JSON.parse(readFileSync(file, 'utf8'))
const verifies = (secret, body, headers) => {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch {
    return false
  }
}
if (messages.length < 6) throw new Error(`${messages.length} messages`)
for (const { headers, body, good, bad } of messages) {
  for (const secret of good) {
    if (!verifies(secret, body, headers)) throw new Error(`${headers['webhook-id']} is refused`)
    if (verifies(secret, body + ' ', headers)) throw new Error('an altered body passes')
    if (verifies(secret, body, { ...headers, 'webhook-id': 'other' })) throw new Error('another id passes')
  }
  for (const secret of bad) {
    if (verifies(secret, body, headers)) throw new Error(`${headers['webhook-id']} passes with a wrong secret`)
  }
}
console.log(`ok: ${messages.length} messages, while secrets are renewed; altered ones are refused`)
