import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withOtherStatus } from '../../src/ims/other-status.ts'

/** The bytes as they are while the look is taken; undefined if none is. */
function seen(xml: string): string | undefined {
  const bytes = Buffer.from(` ${xml}`)
  const during = withOtherStatus(bytes, 1, () => bytes.toString('utf8', 1))
  assert.equal(bytes.toString(), ` ${xml}`, 'nothing has changed afterwards')
  return during
}

for (const [written, other] of [
  ['<person recstatus="1"><x/></person>', '<person recstatus="2"><x/></person>'],
  ['<person recstatus="2"><x/></person>', '<person recstatus="1"><x/></person>'],
  [
    `<i:group a="it's" b='"'\n recstatus = '1' c="">`,
    `<i:group a="it's" b='"'\n recstatus = '2' c="">`,
  ],
  ['<membership recstatus="1"/>', '<membership recstatus="2"/>'],
] as const) {
  test(`the other status of ${written}`, () => assert.equal(seen(written), other))
}

for (const [what, written] of [
  ['a removal', '<person recstatus="3"></person>'],
  ['none', '<person></person>'],
  ['one that is longer', '<person recstatus="12"></person>'],
  ['one inside a value', `<person note='recstatus="1"'></person>`],
  ['one with another name', '<person xrecstatus="1"></person>'],
  ['one with a prefix', '<person x:recstatus="1"></person>'],
  ['one of an element inside', '<person><role recstatus="1"/></person>'],
  ['one in its text', '<person>recstatus="1"</person>'],
  ['one behind a tag that does not end', '<person recstatus="1"'],
] as const) {
  test(`${what} has no other`, () => assert.equal(seen(written), undefined))
}
