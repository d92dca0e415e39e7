import { describe, expect, it } from 'vitest'
import { classify, classifyToken, hasErrorId, saidBy } from '../../../adapters/ebay/errors.ts'
import { classifyTrading } from '../../../adapters/ebay/trading.ts'
import { childOf, readXml, textAt, writeXml } from '../../../adapters/ebay/xml.ts'

const error = (status: number, errorId: number, category = 'REQUEST') =>
  classify('getOrder')({
    status,
    headers: {},
    body: { errors: [{ errorId, category, message: 'short', longMessage: 'long' }] },
  })

describe('what eBay says', () => {
  it.each([
    [401, 1001, 'auth'],
    [403, 1100, 'auth'],
    [403, 1, 'permission'],
    [404, 11001, 'not_found'],
    [404, 25710, 'not_found'],
    [404, 25713, 'rejected'],
    [400, 32100, 'not_found'],
    [400, 32300, 'rejected'],
    [400, 25001, 'unavailable'],
    [429, 2001, 'rate_limited'],
    [500, 30500, 'unavailable'],
    [409, 34917, 'rejected'],
    [400, 215122, 'permission'],
    [418, 7, 'rejected'],
  ])('with %i and %i is %s', (status, id, code) => {
    const found = error(status, id)
    expect(found?.code).toBe(code)
    expect(found?.message).toContain(`${id}: long`)
    expect(found && hasErrorId(found, id)).toBe(true)
  })

  it('is repeated only where the fault is eBay’s own', () => {
    expect(error(400, 7, 'APPLICATION')?.code).toBe('unavailable')
    expect(error(400, 7, 'BUSINESS')?.retryable).toBe(false)
  })

  it('is nothing for a success, and the client’s own matter for a gateway’s page', () => {
    expect(classify('x')({ status: 207, headers: {}, body: { errors: [{ errorId: 1 }] } })).toBeNull()
    expect(classify('x')({ status: 502, headers: {}, body: '<html>' })).toBeNull()
    expect(classify('x')({ status: 400, headers: {}, body: null })?.code).toBe('rejected')
  })

  it.each([
    [{ errors: [{ errorId: 1, message: 'a' }] }, [{ id: 1, category: '', message: 'a' }]],
    [
      { errorMessage: { error: [{ errorId: 2, category: 'SYSTEM', longMessage: 'b' }] } },
      [{ id: 2, category: 'SYSTEM', message: 'b' }],
    ],
    [{ errorMessage: { error: { errorId: 3, message: 'c' } } }, [{ id: 3, category: '', message: 'c' }]],
    [
      { errors: [null, 7] },
      [
        { id: null, category: '', message: '' },
        { id: null, category: '', message: '' },
      ],
    ],
    ['text', []],
    [null, []],
  ])('is read from %j', (body, said) => {
    expect(saidBy(body)).toEqual(said)
  })

  it.each([
    [400, 'invalid_grant', 'auth'],
    [401, 'invalid_client', 'auth'],
    [400, 'invalid_scope', 'permission'],
    [400, 'something_new', 'auth'],
  ])('at the token endpoint with %i %s is %s', (status, code, expected) => {
    expect(
      classifyToken({ status, headers: {}, body: { error: code, error_description: 'secret' } }),
    ).toMatchObject({
      code: expected,
      message: expect.not.stringContaining('secret'),
    })
  })

  it('at the token endpoint with 429 or 503 passes', () => {
    expect([429, 503].map((status) => classifyToken({ status, headers: {}, body: '' }))).toEqual([null, null])
  })
})

describe('what the Trading API says inside a 200', () => {
  const said = (ack: string, code: number, severity = 'Error') =>
    classifyTrading('GetItem')({
      status: 200,
      headers: {},
      body: `<?xml version="1.0"?><GetItemResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Ack>${ack}</Ack><Errors><ErrorCode>${code}</ErrorCode><SeverityCode>${severity}</SeverityCode><LongMessage>why &amp; how</LongMessage></Errors></GetItemResponse>`,
    })

  it.each([
    [21917053, 'auth'],
    [932, 'auth'],
    [518, 'rate_limited'],
    [10007, 'unavailable'],
    [17, 'not_found'],
    [21916635, 'rejected'],
    [515, 'rejected'],
  ])('as a failure with %i is %s', (code, expected) => {
    expect(said('Failure', code)).toMatchObject({
      code: expected,
      message: expect.stringContaining('why & how'),
    })
  })

  it('as a warning or in part is for the rows to tell', () => {
    expect([said('Warning', 21917091, 'Warning'), said('PartialFailure', 515), said('Success', 0)]).toEqual([
      null,
      null,
      null,
    ])
  })

  it.each(['<html><body>busy</p></html>', '', '<GetItemResponse><Ack>Success</Ack>', 'oops'])(
    'in %j is no document',
    (body) => {
      expect(classifyTrading('GetItem')({ status: 200, headers: {}, body })?.code).toBe('unavailable')
    },
  )
})

describe('XML', () => {
  it('is written in order, escaped, without what is undefined', () => {
    expect(writeXml({ A: { B: 'x<&>"\'y', C: undefined, D: [1, true] } })).toBe(
      '<A><B>x&lt;&amp;&gt;&quot;&apos;y</B><D>1</D><D>true</D></A>',
    )
  })

  it('is read with names of any prefix, entities, CDATA, comments and attributes', () => {
    const root = readXml(
      '<?xml version="1.0"?><!-- a <b> --><n:R a="1>"><n:A currencyID="USD">1 &#60; &#x32; &amp;c; &nope;</n:A><B><![CDATA[<x>]]></B><C/></n:R>',
    )
    expect(root?.name).toBe('R')
    expect(textAt(root ?? undefined, 'B')).toBe('<x>')
    expect(childOf(root ?? undefined, 'C')).toEqual({ name: 'C', text: '', children: [] })
    expect(textAt(root ?? undefined, 'A', 'none')).toBeNull()
  })

  it('reads back what it wrote', () => {
    const text = 'Größe & <b> "q" \'s\' 日本'
    expect(textAt(readXml(writeXml({ R: { A: text } })) ?? undefined, 'A')).toBe(text)
  })
})
