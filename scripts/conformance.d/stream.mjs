// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// stream.mjs LIBRARY URL TOKEN COUNT: follows the stream with an EventSource of others, which comes back by itself when the
// line breaks, and prints "id event" of what it hears until it has heard COUNT events of warnings.
import { pathToFileURL } from 'node:url'

const [library, url, token, count] = process.argv.slice(2)
const { EventSource } = await import(pathToFileURL(library))
let heard = 0
const source = new EventSource(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }) })
for (const kind of ['ready', 'reset', 'warning.released', 'warning.answered', 'warning.extended', 'warning.undelivered', 'warning.silent']) {
  source.addEventListener(kind, (event) => {
    console.log(event.lastEventId, kind)
    if (kind.startsWith('warning.') && ++heard >= Number(count)) {
      source.close()
      process.exit(0)
    }
  })
}
