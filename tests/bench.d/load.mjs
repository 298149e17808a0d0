// Loads what the rows of tests/bench need, through the gateway as anybody would:
//
//   node load.mjs partners URL OPERATOR_TOKEN NUMBER           and ten rules; prints their codes
//   node load.mjs shops URL OPERATOR_TOKEN < receipts.csv      the partners and stores of a file
//   node load.mjs members URL TOKENS CARDS                     enrols, each with a purchase to spend
//   node load.mjs past CODES CARDS PURCHASES                   prints a year of receipts
//   node load.mjs payments URL TOKENS CARDS NUMBER             some of those points are spent
//
// TOKENS is a file of partners' tokens, one a line. Whatever isn't done, for whatever reason, ends it.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';

const CONNECTIONS = 64;
const BATCH = 100;
const BATCHES = 8;
const DAY = 24 * 3600 * 1000;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const [what, url, secret, ...rest] = process.argv.slice(2);

function post(token, body, path = '/graphql') {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Accept: 'application/json' };
    const sent = request(new URL(path, url), { method: 'POST', agent, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, wait: answer.headers['retry-after'], text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const LATER = /"code":"(THROTTLED|OVERLOADED|UNAVAILABLE)"/;

// What can be sent again is: loading isn't measured, and each of its writes has a key.
async function ask(token, query, variables, path) {
  for (;;) {
    const { status, wait, text } = await post(token, JSON.stringify({ query, variables }), path);
    if (LATER.test(text)) {
      await new Promise((resolve) => setTimeout(resolve, Number(wait ?? 1) * 1000));
      continue;
    }
    const answer = JSON.parse(text);
    if (status !== 200 || answer.errors || /"userErrors":\[\{/.test(text)) throw new Error(`${status} ${text}`);
    return answer.data;
  }
}

// Does `work` for 0 to `times`, so many at a time.
async function each(times, work, connections = CONNECTIONS) {
  let next = 0;
  const worker = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

async function partner(code, stores) {
  const onboarded = await ask(secret, `mutation($input: OnboardPartnerInput!) { onboardPartner(input: $input) {
    partner { id } userErrors { code message path } } }`, { input: {
      code, name: `Partner ${code}`, receiptScope: 'PARTNER', baseRateMillipoints: 1000,
      roles: { isIssuer: true, isAcceptor: true } } });
  const partnerId = onboarded.onboardPartner.partner.id;
  await ask(secret, `mutation($input: SignContractInput!) { signContract(input: $input) {
    contract { id } userErrors { code message path } } }`, { input: {
      partnerId, validFrom: '2015-01-01T00:00:00Z', funding: 'AT_ISSUE', issuePrice: '0.012', acceptancePrice: '0.009',
      serviceFeeBp: 150, breakageShareBp: 2000, onUs: 'FULL', paymentDays: 14, disputeDays: 10, taxCode: 'STD' } });
  for (const store of stores) {
    await ask(secret, `mutation($input: AddStoreInput!) { addStore(input: $input) {
      store { id } userErrors { code message path } } }`, { input: { partnerId, code: store, name: `Store ${store}` } });
  }
}

// Ten that are live, of the kinds that a programme has: every sale is asked by those that could give it
// something, and some of them do.
const RULES = [
  ['bakery', { lines: 'line.category == "BAKERY"', effect: { multiplier: { factorBp: 20000 } } }],
  ['dairy', { lines: 'line.category in ["DAIRY", "CHEESE"]', effect: { perLine: { points: 3 } } }],
  ['fifty', { effect: { threshold: { minimum: '50.00', points: 100 } }, limits: [{ period: 'WEEK', count: 1 }] }],
  ['tuesday', { schedule: { weekdays: [2] }, effect: { multiplier: { factorBp: 15000 } } }],
  ['evening', { schedule: { hours: { fromMinute: 1080, untilMinute: 1260 } }, effect: { fixed: { points: 2 } } }],
  ['welcome', { condition: 'member.first_purchase', effect: { fixed: { points: 50 } } }],
  ['online', { condition: 'purchase.channel == "ONLINE"', effect: { fixed: { points: 5 } } }],
  ['tenth', { effect: { everyNth: { every: 10, points: 100 } } }],
  ['big', { condition: 'purchase.total > 10000', group: 'size', effect: { fixed: { points: 40 } } }],
  ['many', { condition: 'size(purchase.lines) >= 5', group: 'size', effect: { fixed: { points: 1 } },
    budget: { points: 1000000000 } }],
];

async function rules() {
  for (const [code, terms] of RULES) {
    const drafted = await ask(secret, `mutation($input: DraftEarningRuleInput!) { draftEarningRule(input: $input) {
      rule { id } userErrors { code message path } } }`, { input: { code, terms: { name: code, ...terms } } });
    await ask(secret, `mutation($input: SetEarningRuleStatusInput!) { setEarningRuleStatus(input: $input) {
      rule { id } userErrors { code message path } } }`, { input: {
        ruleId: drafted.draftEarningRule.rule.id, expectedVersion: 1, status: 'LIVE' } });
  }
}

async function partners(number) {
  await rules();
  const code = (place) => `shop-${String(place + 1).padStart(4, '0')}`;
  await each(number, (place) => partner(code(place), ['S1']));
  for (let place = 0; place < number; place++) console.log(code(place));
}

async function shops() {
  const stores = new Map();
  let columns;
  for await (const line of createInterface({ input: process.stdin })) {
    // Neither a partner's code nor a store's holds a comma, and both stand before what may.
    const fields = line.split(',');
    if (!columns) {
      columns = { partner: fields.indexOf('partner'), store: fields.indexOf('store_no') };
      continue;
    }
    const [code, store] = [fields[columns.partner], fields[columns.store]];
    if (!stores.has(code)) stores.set(code, new Set());
    if (store) stores.get(code).add(store);
  }
  const codes = [...stores.keys()];
  await each(codes.length, (place) => partner(codes[place], stores.get(codes[place])));
}

const card = (place) => `BENCH-${String(place).padStart(7, '0')}`;

const RECORD = `mutation($input: RecordPurchasesInput!) { recordPurchases(input: $input) {
  results { points userErrors { code message path } } } }`;

function sale(receiptNumber, cardNumber, ageDays, amounts) {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const money = (minor) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
  return {
    receiptNumber, storeCode: 'S1', member: { cardNumber },
    occurredAt: new Date(Date.now() - ageDays * DAY).toISOString(),
    total: { amount: money(total), currencyCode: 'EUR' },
    lines: amounts.map((amount, line) => ({ sku: String(1000 + line), category: 'COFFEE', quantity: 1, amount: money(amount) })),
  };
}

async function members(tokens, number) {
  await each(number, (place) => ask(tokens[place % tokens.length], `mutation($input: EnrolMemberInput!) {
    enrolMember(input: $input) { member { id } userErrors { code message path } } }`, { input: { cardNumber: card(place) } }));
  // Old enough for its points to be spent, and enough for every payment of every row.
  await each(Math.ceil(number / BATCH), (batch) => {
    const cards = Array.from({ length: Math.min(BATCH, number - batch * BATCH) }, (_, place) => batch * BATCH + place);
    const purchases = cards.map((place) => sale(`FUND-${place}`, card(place), 40, [100_000_000]));
    return ask(tokens[batch % tokens.length], RECORD, { input: { purchases } }, '/graphql/batch');
  }, BATCHES);
}

const some = (limit) => Math.floor(Math.random() * limit);

// A year of receipts in the order of time, for `florin import receipts --backfill`; each card has one.
function past(codes, number, purchases) {
  const begun = Date.now() - 365 * DAY;
  const lines = ['partner,receipt_no,occurred_at,card_no,store_no,sku,category,brand,quantity,amount_minor,discount_minor'];
  for (let place = 0; place < purchases; place++) {
    const head = [codes[some(codes.length)], `PAST-${place}`, new Date(begun + place * (364 * DAY / purchases)).toISOString(),
      card(place < number ? place : some(number)), 'S1'].join(',');
    for (let line = 0; line < 5; line++) lines.push(`${head},${1000 + some(9000)},COFFEE,National,1,${50 + some(2450)},0`);
  }
  console.log(lines.join('\n'));
}

async function payments(tokens, number, times) {
  await each(times, (place) => ask(tokens[place % tokens.length], `mutation($input: PayWithPointsInput!) {
    payWithPoints(input: $input) { entry { id } userErrors { code message path } } }`, { input: {
      idempotencyKey: `PAST-${place}`, member: { cardNumber: card(some(number)) }, points: 1 + some(5), occurredAt: new Date().toISOString() } }));
}

// In Redis each caller has a bucket of its own: a partner one for all its clients.
const tokens = () => readFileSync(secret, 'utf8').trim().split('\n');
const work = {
  partners: () => partners(Number(rest[0])),
  shops,
  members: () => members(tokens(), Number(rest[0])),
  past: () => past(readFileSync(url, 'utf8').trim().split('\n'), Number(secret), Number(rest[0])),
  payments: () => payments(tokens(), ...rest.map(Number)),
};
Promise.resolve(work[what]()).then(() => agent.destroy(), (error) => {
  console.error(`load.mjs ${what}: ${error.message}`);
  process.exit(1);
});
