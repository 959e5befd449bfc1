// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// csaf.mjs LIBRARY FILE …: validates CSAF documents with csaf-validator-lib: the JSON schema and the mandatory tests.
// The library's optional tests need a spelling checker and are left out.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'

const [library, ...files] = process.argv.slice(2)
const load = (name) => import(pathToFileURL(`${library}/${name}`))
const { csaf_2_0, csaf_2_0_strict } = await load('schemaTests.js')
const mandatory = Object.entries(await load('mandatoryTests.js')).filter(([name]) => name.startsWith('mandatoryTest'))
const tests = [...Object.entries({ csaf_2_0, csaf_2_0_strict }), ...mandatory]
if (files.length === 0 || mandatory.length < 43 || !csaf_2_0) throw new Error(`${files.length} files, ${mandatory.length} mandatory tests`)

const failures = async (document) => {
  const out = []
  for (const [name, test] of tests) {
    const result = await test(document)
    if (!result.isValid) out.push(...result.errors.map((e) => `${name}: ${e.instancePath}: ${e.message}`))
  }
  return out
}

let failed = false
for (const file of files) {
  const text = await readFile(file, 'utf8')
  const bad = await failures(JSON.parse(text))
  if (bad.length) console.log(`FAILED: ${basename(file)}\n  ${bad.join('\n  ')}\n${text}`)
  failed ||= bad.length > 0
}
if (!failed) console.log(`ok: ${files.length} documents, ${tests.length} tests each`)

// the validator must be able to say no
const broken = JSON.parse(await readFile(files[0], 'utf8'))
broken.vulnerabilities[0].product_status.known_affected = ['CSAFPID-9999']
broken.document.tracking.version = '9'
const names = new Set((await failures(broken)).map((line) => line.split(':')[0]))
for (const want of ['mandatoryTest_6_1_1', 'mandatoryTest_6_1_16']) {
  if (!names.has(want)) {
    console.log(`FAILED: a broken document passes ${want}`)
    failed = true
  }
}
console.log(`ok: a broken document is refused by ${[...names].join(', ')}`)
process.exit(failed ? 1 : 0)
