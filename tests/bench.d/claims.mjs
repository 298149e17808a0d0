// Many members claim one reward: node claims.mjs ID ROUND URL TILLS MEMBERS CARDS
//
// TILLS and MEMBERS are files of tokens, one a line; a till's partner offers the reward, 10,000 of it. First
// as many payments are made by as many callers at once, then the reward is claimed until there is none left:
// exactly 10,000 must get one, and whoever asks then must hear so. Prints a line as rounds.mjs does, with what
// claims make of the payments' rate. Whatever is neither an answer nor that refusal ends it.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

const STOCK = 10_000;
const [id, round, url, tillsFile, membersFile, cards] = process.argv.slice(2);
const lines = (file) => readFileSync(file, 'utf8').trim().split('\n');
const [tills, members] = [lines(tillsFile), lines(membersFile)];
const agent = new Agent({ keepAlive: true, maxSockets: members.length });

function ask(token, query, input) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => {
        const told = JSON.parse(text);
        if (told.errors) reject(new Error(text));
        else resolve(Object.values(told.data)[0]);
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query, variables: { input } }));
  });
}

async function done(token, query, input) {
  const payload = await ask(token, query, input);
  if (payload.userErrors.length > 0) throw new Error(JSON.stringify(payload));
  return payload;
}

// As many callers as there are members, each doing `work` again when it is done, until it says that it is over.
async function together(work) {
  const begun = performance.now();
  await Promise.all(members.map(async (_, place) => {
    while (await work(place));
  }));
  return (performance.now() - begun) / 1000;
}

const ERRORS = 'userErrors { code message path }';
const DRAFT = `mutation($input: DraftRewardInput!) { draftReward(input: $input) { reward { id } ${ERRORS} } }`;
const LAUNCH = `mutation($input: SetRewardStatusInput!) { setRewardStatus(input: $input) { reward { id } ${ERRORS} } }`;
const PAY = `mutation($input: PayWithPointsInput!) { payWithPoints(input: $input) { entry { id points } isReplayed ${ERRORS} } }`;
const CLAIM = `mutation($input: ClaimRewardInput!) { claimReward(input: $input) { claim { id points } isReplayed ${ERRORS} } }`;

async function offers(till, code) {
  const terms = { defaultLanguage: 'en', wordings: [{ language: 'en', title: 'A mug' }],
    prices: [{ code: 'points', points: 1 }], stock: { total: STOCK } };
  const { reward } = await done(till, DRAFT, { code, kind: 'FREE_PRODUCT', terms });
  await done(till, LAUNCH, { rewardId: reward.id, expectedVersion: 1, status: 'LIVE' });
  return reward.id;
}

let serial = 0;
const key = () => `${id}${round}-${(serial += 1)}`;

const paying = await together(async (place) => {
  if (serial >= STOCK) return false;
  const cardNumber = `BENCH-${String(Math.floor(Math.random() * cards)).padStart(7, '0')}`;
  await done(tills[place % tills.length], PAY, {
    idempotencyKey: key(), member: { cardNumber }, points: 1, occurredAt: new Date().toISOString() });
  return true;
});
const payments = serial;

const rewardId = await offers(tills[0], `${id.toLowerCase()}-${round}`);
const latencies = [];
let out = 0;
const claiming = await together(async (place) => {
  const begun = performance.now();
  const { claim, userErrors } = await ask(members[place], CLAIM, {
    rewardId, expectedPrice: { points: 1 }, idempotencyKey: key() });
  if (claim) {
    latencies.push(performance.now() - begun);
    return true;
  }
  if (userErrors[0].code !== 'REWARD_OUT_OF_STOCK') throw new Error(JSON.stringify(userErrors));
  out += 1;
  return false;
});
if (latencies.length !== STOCK || out !== members.length) {
  throw new Error(`${latencies.length} of ${STOCK} were claimed, and ${out} of ${members.length} heard that there was none left`);
}
latencies.sort((one, other) => one - other);
const at = (share) => latencies[Math.floor((latencies.length - 1) * share)];
const rate = STOCK / claiming;
console.log(JSON.stringify({
  id, round: Number(round), rate, seconds: claiming, of_payments: rate / (payments / paying),
  p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1),
  note: `${STOCK} of ${STOCK} claimed by ${members.length} members at once`,
}));
agent.destroy();
