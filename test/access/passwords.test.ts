import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { ARGON2, hashPassword, isOutdated, passwordIs } from '../../src/access/hashing.ts'
import { accountKey, accountName } from '../../src/access/names.ts'
import { checkPassword } from '../../src/access/password-rules.ts'

const context = ['anna.berg', 'Norrskolan', 'Södra skolan']

const REFUSED = [
  ['too short', 'kort men fin'.slice(0, 11)],
  ['too long', 'x7'.repeat(129)],
  ['an obvious word and a year', 'Sommar2026!!'],
  ['the same in capitals and with accents', 'LÖSENORD-2026'],
  ['two obvious words', 'passwordqwerty'],
  ['the name of a site', 'Norrskolan12'],
  ['a part of the name of a site', 'södra-skolan-1'],
  ['the name of the account', 'anna.berg.1234'],
  ['a run', 'abcdefghijklmnop'],
  ['a run downwards', '987654321098'],
  ['a repetition', 'aaaaaaaaaaaaaaaa'],
  ['two characters again and again', 'xyxyxyxyxyxyxyxy'],
  ['blanks', '            '],
] as const

for (const [what, password] of REFUSED) {
  test(`a password is refused that is ${what}`, () => {
    assert.throws(
      () => checkPassword(password, context),
      (error: Error) => {
        assert.equal((error as { code?: string }).code, 'ERR_PASSWORD_REFUSED')
        assert.ok(!error.message.includes(password))
        return true
      },
    )
  })
}

for (const password of [
  'häst batteri klammer',
  'x9Kf-72qLp-wz',
  'norrskolan spiller fotball',
  'ääkköset ja öylätit',
  '高い山と深い海と広い空へ行く鳥',
]) {
  test(`a password of any characters is taken: ${password}`, () => {
    checkPassword(password, context)
  })
}

test('a hash is argon2id with the parameters of today, salted, and the password its own', async () => {
  const [one, two] = await Promise.all([hashPassword('häst batteri'), hashPassword('häst batteri')])
  assert.match(one ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.notEqual(one, two)
  assert.equal(await passwordIs('häst batteri', one), true)
  assert.equal(await passwordIs('häst batteri'.normalize('NFD'), one), true, 'other keyboards')
  assert.equal(await passwordIs('hast batteri', one), false)
  assert.equal(await passwordIs('häst batteri', undefined), false)
})

test('a hash of other parameters is outdated', async () => {
  const made = (options: object): Promise<string> => hash('x', { ...ARGON2, ...options })
  assert.equal(isOutdated(await made({})), false)
  assert.equal(isOutdated(await made({ timeCost: 1 })), true)
  assert.equal(isOutdated(await made({ memoryCost: 8192 })), true)
  assert.equal(isOutdated(await made({ algorithm: 1 })), true)
})

test('many hashes at once wait for each other and all come', async () => {
  const stored = await hashPassword('one two three')
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, n) => passwordIs(n % 2 === 0 ? 'one two three' : 'no', stored)),
  )
  assert.equal(all.filter(Boolean).length, 6)
})

test('names of accounts are kept composed, and compared without capitals and compatibility forms', () => {
  assert.equal(accountName(' Åsa.Ek '.normalize('NFD')), 'Åsa.Ek'.normalize('NFC'))
  for (const same of [
    'åsa.ek',
    'ÅSA.EK',
    'Åsa.Ek'.normalize('NFD'),
    'ｅk'.replace('ｅk', 'åsa.ek'),
  ]) {
    assert.equal(accountKey(same), accountKey('Åsa.Ek'))
  }
  assert.equal(accountKey('Ｗeiß'), accountKey('WEISS'))
  assert.equal(accountKey('ΣΑΣ'), accountKey('σασ'))
})

for (const name of ['', ' ', '-anna', 'an na', 'a\nb', '<b>', 'x'.repeat(101)]) {
  test(`${JSON.stringify(name.slice(0, 8))} is no name of an account`, () => {
    assert.throws(() => accountName(name), { code: 'ERR_USAGE' })
  })
}
