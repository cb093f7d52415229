/** A server with an SS12000:2020 interface, after its public description: bearer tokens, pages, errors. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

export type Things = { [resource: string]: { id: string; [field: string]: unknown }[] }

export interface Ss12000Server {
  readonly url: string
  readonly tokenUrl: string
  readonly things: Things
  /** Ids by kind that were deleted while somebody read. */
  deleted: { [resource: string]: string[] }
  /** Path and query of every request. */
  readonly asked: string[]
  /** Answers instead of the page; taken away once it is used up. */
  readonly trouble: ((path: string, response: http.ServerResponse) => boolean)[]
  /** Tokens that have been given out, the last of which is good. */
  tokens: number
}

export const CLIENT = { clientId: 'rollcall', clientSecret: 'hemligt: å' }

export async function startSs12000(things: Things): Promise<Ss12000Server> {
  const server: Ss12000Server = {
    url: '',
    tokenUrl: '',
    things,
    deleted: {},
    asked: [],
    trouble: [],
    tokens: 0,
  }
  const json = (response: http.ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const listener = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/token') {
      const said = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString()
      const isRight = said === `${CLIENT.clientId}:${encodeURIComponent(CLIENT.clientSecret)}`
      if (!isRight) json(response, 401, { error: 'invalid_client' })
      else json(response, 200, { access_token: `token-${++server.tokens}`, token_type: 'Bearer' })
      return
    }
    server.asked.push(`${url.pathname}${url.search}`)
    const troubled = server.trouble[0]
    if (troubled?.(url.pathname, response) === true) {
      server.trouble.shift()
      return
    }
    if (request.headers.authorization !== `Bearer token-${server.tokens}`) {
      json(response, 401, { code: 'unauthorized' })
      return
    }
    const resource = url.pathname.replace('/v2.0/', '')
    if (resource === 'deletedEntities') {
      json(response, 200, { data: server.deleted, pageToken: null })
      return
    }
    const all = server.things[resource]
    if (all === undefined) {
      json(response, 404, {})
      return
    }
    const from = Number(url.searchParams.get('pageToken')?.replace('page-', '') ?? 0)
    const limit = Number(url.searchParams.get('limit'))
    const next = from + limit
    json(response, 200, {
      data: all.slice(from, next),
      pageToken: next < all.length ? `page-${next}` : null,
    })
  })
  listener.listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  const base = `http://localhost:${(listener.address() as AddressInfo).port}`
  return Object.assign(server, { url: `${base}/v2.0`, tokenUrl: `${base}/token` })
}

const spell = { startDate: '2026-08-01' }
const at = (id: string) => ({ id, displayName: id })

/** Two schools of a municipality; numbers are synthetic. Which day it is: 1 September 2026. */
export function municipality(): Things {
  return {
    organisations: [
      {
        id: 'M',
        displayName: 'Kommunen',
        organisationType: 'Huvudman',
        organisationNumber: '2120000142',
      },
      {
        id: 'S1',
        displayName: 'Norrskolan',
        organisationType: 'Skolenhet',
        schoolUnitCode: '12345678',
        parentOrganisation: at('M'),
      },
      {
        id: 'S2',
        displayName: 'Söderskolan',
        organisationType: 'Skolenhet',
        schoolUnitCode: '87654321',
        parentOrganisation: at('M'),
      },
    ],
    persons: [
      {
        id: 'elev-1',
        givenName: 'Ann',
        middleName: 'Bo',
        familyName: 'Ek',
        eduPersonPrincipalNames: ['ann@kommun.example'],
        civicNo: { value: '201001022383', nationality: 'SWE' },
        birthDate: '2010-01-02',
        sex: 'Kvinna',
        securityMarking: 'Ingen',
        emails: [
          { value: 'ann@hem.example', type: 'Privat' },
          { value: 'ann@skola.example', type: 'Skola elev' },
        ],
        phoneNumbers: [{ value: '070-1740605', mobile: true }],
        enrolments: [{ enroledAt: at('S1'), schoolYear: 9, schoolType: 'GR', ...spell }],
        responsibles: [{ person: at('vuxen-1'), relationType: 'Vårdnadshavare' }],
      },
      {
        id: 'elev-2',
        givenName: 'Dag',
        familyName: 'Al',
        enrolments: [{ enroledAt: at('S2'), schoolType: 'GR', ...spell }],
      },
      {
        id: 'elev-3',
        givenName: 'Hemlig',
        familyName: 'Person',
        securityMarking: 'Skyddad folkbokföring',
        enrolments: [{ enroledAt: at('S1'), schoolType: 'GR', ...spell }],
      },
      {
        id: 'elev-4',
        givenName: 'Snart',
        familyName: 'Här',
        enrolments: [{ enroledAt: at('S1'), schoolType: 'GR', startDate: '2026-09-08' }],
      },
      {
        id: 'elev-5',
        givenName: 'Nyss',
        familyName: 'Borta',
        enrolments: [
          { enroledAt: at('S1'), schoolType: 'GR', startDate: '2020-08-01', endDate: '2026-08-25' },
        ],
      },
      {
        id: 'elev-6',
        givenName: 'Aldrig',
        familyName: 'Började',
        enrolments: [{ enroledAt: at('S1'), schoolType: 'GR', cancelled: true, ...spell }],
      },
      { id: 'larare-1', givenName: 'Eva', familyName: 'Lind' },
      { id: 'rektor-1', givenName: 'Rut', familyName: 'Berg' },
      { id: 'vuxen-1', givenName: 'Per', familyName: 'Ek' },
      { id: 'vuxen-2', givenName: 'Ingens', familyName: 'Förälder' },
    ],
    groups: [
      {
        id: '9A',
        displayName: '9A',
        groupType: 'Klass',
        organisation: at('S1'),
        ...spell,
        groupMemberships: [
          { person: at('elev-1'), ...spell },
          { person: at('elev-3'), ...spell },
        ],
      },
      {
        id: 'MA',
        displayName: 'Matematik 9A',
        groupType: 'Undervisning',
        organisation: at('S1'),
        ...spell,
        groupMemberships: [
          { person: at('elev-1'), ...spell },
          { person: at('elev-1'), startDate: '2025-08-01', endDate: '2025-12-31' },
        ],
      },
      {
        id: 'ME',
        displayName: 'Mentorsgrupp',
        groupType: 'Mentor',
        organisation: at('S1'),
        ...spell,
        groupMemberships: [{ person: at('elev-1'), ...spell }],
      },
    ],
    duties: [
      {
        id: 'tjanst-1',
        person: at('larare-1'),
        dutyAt: at('S1'),
        dutyRole: 'Lärare',
        ...spell,
        assignmentRole: [{ group: at('ME'), assignmentRoleType: 'Mentor', ...spell }],
      },
      { id: 'tjanst-2', person: at('rektor-1'), dutyAt: at('M'), dutyRole: 'Rektor', ...spell },
    ],
    activities: [
      {
        id: 'lektion-1',
        displayName: 'Matematik',
        activityType: 'Undervisning',
        organisation: at('S1'),
        groups: [at('MA')],
        teachers: [{ duty: at('tjanst-1'), ...spell }],
        ...spell,
      },
    ],
  }
}
