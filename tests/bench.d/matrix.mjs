// How long the matrix of a year takes: node matrix.mjs ID ROUND TIMES URL
//
// BENCH_TOKEN is an operator's. Asks one after the other, so that nothing waits for anything else, and prints
// a line as rounds.mjs does. Whatever isn't an answer with cells ends it.
import { Agent, request } from 'node:http';

const [id, round, times, url] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

function ask(query, variables) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${process.env.BENCH_TOKEN}` };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => {
        const told = JSON.parse(text);
        if (told.errors) reject(new Error(text));
        else resolve(told.data);
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query, variables }));
  });
}

const MATRIX = `query($from: ID!, $to: ID!) { partnerMatrix(fromCycleId: $from, toCycleId: $to) {
  cells { issuer { code } acceptor { code } points funding { amount } burn { amount } } } }`;

const { settlementCycles } = await ask('{ settlementCycles(first: 100) { nodes { id firstDay } } }');
const cycles = settlementCycles.nodes.sort((one, other) => one.firstDay.localeCompare(other.firstDay)).slice(-12);
const variables = { from: cycles[0].id, to: cycles.at(-1).id };
const took = [];
let cells;
for (let time = 0; time < Number(times); time++) {
  const begun = performance.now();
  ({ partnerMatrix: { cells } } = await ask(MATRIX, variables));
  took.push(performance.now() - begun);
}
if (cells.length === 0) throw new Error('nobody spent anything');
took.sort((one, other) => one - other);
const at = (share) => took[Math.floor((took.length - 1) * share)];
console.log(JSON.stringify({
  id, round: Number(round), p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1),
  note: `${cells.length} cells of ${cycles.length} cycles`,
}));
agent.destroy();
