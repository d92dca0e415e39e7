/**
 * Every bug that the contract suite must find, planted one at a time in the toy connection, and a check that must
 * fail for it.
 */
export const shopBugs = {
  'last page dropped':
    'gives every order that was placed, through all pages, oldest change first within each',
  'page unsorted': 'gives every order that was placed, through all pages, oldest change first within each',
  'cursor skips': 'goes on from its cursor: what is new or has changed comes, however the pages overlap',
  'cursor in memory': 'gives the same again from an older cursor, also to another process',
  'complete until tomorrow': 'is complete only until a time that has passed, and never less than before',
  'unknown order invented': 'get equals read, and an order nobody has is null',
  'get throws something else': 'get equals read, and an order nobody has is null',
  'unpaid looks open': 'an order that is not paid does not look ready to ship, until it is paid',
  'ordered shrinks': 'an order cancelled on the channel shows every unit as cancelled',
  'money in floats': 'gives every order that was placed, through all pages, oldest change first within each',
  'raw thrown away': 'get equals read, and an order nobody has is null',
  'cancel says stopped': 'says too late for an order that has shipped',
  'trusts an accepted cancel':
    'says stopped only of what the channel has stopped, also when it accepts without applying',
  'failed row says done': 'one listing that the channel does not have fails alone',
  'bad row throws': 'one listing that the channel does not have fails alone',
  'rows out of order': 'one listing that the channel does not have fails alone',
  'zero is skipped': 'writes a full batch of absolute numbers, zero among them, and reads them back',
  'expected ignored': 'refuses a row whose number was not the expected one, and leaves the others',
  'trusts accepted':
    'says done only of what the channel shows, also when it accepts without applying or fails in part',
  'missing reads as zero':
    'a listing that the channel does not have reads as missing, beside others that are shown',
  'shipment without key': 'twice, and again by another process, is one shipment',
  'units forgotten': 'brings tracking to the channel, and the order is shipped',
  'secret in an error': 'a malformed order id gives null or a clear error, never another order',
  'secret in a value': 'get equals read, and an order nobody has is null',
  'buyer in a log': 'get equals read, and an order nobody has is null',
  'auth is retried': 'a refused credential is `auth`, and not hammered',
  'deaf to retry-after': "obeys the server's word on when to come back",
  'cursor crashes': 'a cursor that it never gave is an error with a code, or a fresh start',
  'subscribes again': 'ensure subscribes once, however often, for each address, and through lost answers',
  'webhook unsigned': 'a body changed by one bit, by a space or cut short is refused',
  'webhook body re-serialised': 'a body changed by one bit, by a space or cut short is refused',
  'webhook never stale':
    'an old delivery is refused where the platform signs its time, and else is the same event',
  'webhook id by delivery': 'the same event delivered again has the same id, another event another one',
  'webhook throws SyntaxError':
    'garbage is invalid input or a wrong signature, signed or not, and nothing else is ever thrown',
} as const

export const queueBugs = {
  'queue hint of nobody':
    'a message hints at what happened, and is gone once it was acknowledged, however often',
  'queue never forgets':
    'a message hints at what happened, and is gone once it was acknowledged, however often',
  'queue forgets at once': 'a message that was not acknowledged comes again, as the same event',
  'queue id by delivery': 'a message that was not acknowledged comes again, as the same event',
  'queue throws SyntaxError': 'garbage is invalid input, and nothing else is ever thrown',
  'queue subscribes again': 'ensure subscribes once, however often, and through lost answers',
} as const

export const returnBugs = {
  'last return of a page dropped': 'gives every return that buyers asked for, and get equals read',
  'unknown return invented': 'a return that nobody has is null',
  'return cursor skips': 'goes on from its cursor: what is new or has changed comes',
  'approve not sent': 'approve: changes the return, and may be repeated, also by another process',
  'approve refused twice': 'approve: ends in one answer through lost answers, 429 and 5xx',
  'decline approves': 'decline: changes the return, and may be repeated, also by another process',
  'decline refused twice': 'decline: ends in one answer through lost answers, 429 and 5xx',
  'close not sent': 'close: changes the return, and may be repeated, also by another process',
  'close refused twice': 'close: ends in one answer through lost answers, 429 and 5xx',
  'approve after decline':
    'an answer that comes after another one is too late, or refused, and changes nothing',
  'answers anybody': 'an answer to a return that nobody has is refused for good',
  'open without key': 'open: makes one return with its units, also when repeated and by another process',
  'open key by attempt': 'open: ends in one return through lost answers, 429 and 5xx',
  'arrival without key': 'receive: counts each arrival once, also when repeated, and the rest later',
  'one unit more received': 'receive: counts each arrival once, also when repeated, and the rest later',
  'arrival key by attempt': 'receive: ends in one arrival through lost answers, endless waits, 429 and 5xx',
  'refund without key': 'refund: pays once what it says, also when repeated and by another process',
  'refund amount doubled': 'refund: two keys are two refunds, and an amount is paid as given or not at all',
  'refund for anybody': 'refund: of an order that nobody has is refused for good, and pays nothing',
  'refund key by attempt': 'refund: ends in one refund through lost answers, endless waits, 429 and 5xx',
} as const

export const depotBugs = {
  'two orders': 'submitted twice, and at the same time, is one order',
  'reference not looked up': 'submitted twice, and at the same time, is one order',
  'nothing without an id': 'asked by reference alone it finds the order, or says that it cannot tell',
  'conflict unseen': 'the same reference with other contents is a conflict, and changes nothing',
  'label is a shipment': 'a label is not a shipment: labelled and handed over are two facts',
  'parcel without lines':
    'news of shipped parcels comes by the cursor, with tracking, and their lines sum to the order',
  'tracking lost':
    'news of shipped parcels comes by the cursor, with tracking, and their lines sum to the order',
  'updates stop early': 'loses no update among many, also when a pass ends between two pages',
  'hold unseen': 'an order on hold says so, and what a person should do',
  'basis wrong': 'reads stock with its basis and its time, and names its locations',
  'first page of stock': 'reads all stock through all pages, and a SKU nobody has gives no reading',
  'cancel always stops': 'says too late once everything has shipped',
  'keep stops nothing':
    'stops what is more than shall be left, and no more when it is repeated; or refuses, and stops nothing',
  'keep takes off again':
    'stops what is more than shall be left, and no more when it is repeated; or refuses, and stops nothing',
  'keep forgets a line': 'a SKU that shall not be left is stopped whole, or nothing is',
  'quote makes an order':
    'quotes with places and money that are known, dates that are to come, and changes nothing',
  'quote from nowhere':
    'quotes with places and money that are known, dates that are to come, and changes nothing',
  'quote for what is not there':
    'says of what is not there that it cannot ship it, quotes nothing, or refuses',
  'off before it was': 'says what an order has taken off its stock, and since when, as its readings show it',
  'never off': 'says what an order has taken off its stock, and since when, as its readings show it',
  'news never newer':
    'news of shipped parcels comes by the cursor, with tracking, and their lines sum to the order',
  'raw word lost': 'submits, and get gives the same order; a reference nobody has is null',
} as const

export const depotReturnBugs = {
  'return told twice':
    'tells of a return once: its order, its units, when, and what was done with them where that is known',
  'return without its order':
    'tells of a return once: its order, its units, when, and what was done with them where that is known',
  'announced is arrived':
    'tells of a return once: its order, its units, when, and what was done with them where that is known',
  'return always restocked':
    'tells of a return once: its order, its units, when, and what was done with them where that is known',
  'return of 1970':
    'tells of a return once: its order, its units, when, and what was done with them where that is known',
  'returns stop early':
    'loses no return among many, also when a pass ends between two pages and others change meanwhile',
  'last return of a pass skipped':
    'a return that cannot be read is told by itself, stops no other, and comes once it can be read',
  'return id by reading': 'a return that has not changed is the same one, told again and to another process',
  'return time of reading':
    'a return that has not changed is the same one, told again and to another process',
  'return news never newer':
    'more units, and what was done with them, are news of the same return, newer than what was told',
  'return never told again':
    'more units, and what was done with them, are news of the same return, newer than what was told',
  'return news is another return':
    'more units, and what was done with them, are news of the same return, newer than what was told',
  'unknown return status guessed': 'keeps a word for a return that it does not know, and makes nothing of it',
  'unknown fate guessed': 'keeps a word for a return that it does not know, and makes nothing of it',
  'word of a return lost': 'keeps a word for a return that it does not know, and makes nothing of it',
  'word of a fate lost': 'keeps a word for a return that it does not know, and makes nothing of it',
  'unreadable return stops others':
    'a return that cannot be read is told by itself, stops no other, and comes once it can be read',
  'unreadable return not told':
    'a return that cannot be read is told by itself, stops no other, and comes once it can be read',
  'a read of returns is not repeated':
    'a read of returns survives 429, 5xx, an HTML page and a broken connection, and has them all',
} as const

export type Bug =
  | keyof typeof shopBugs
  | keyof typeof queueBugs
  | keyof typeof returnBugs
  | keyof typeof depotBugs
  | keyof typeof depotReturnBugs
