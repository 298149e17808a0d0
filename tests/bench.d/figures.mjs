// The rounds of tests/bench become a table, a JSON file and a page:
//
//   node figures.mjs ROUNDS SETTINGS [--json FILE] [--report FILE]
//
// ROUNDS has one JSON object a line: a row's id, the round, and what was measured in it. SETTINGS has
// lines `name<TAB>value` of the machine and the servers. A row's figure is the median of its rounds;
// its ratio is the median of the ratios to row A of the same round. Ends with 1 if anything failed.
import { readFileSync, writeFileSync } from 'node:fs';

const NAMES = {
  A: 'pgbench, TPC-B-like', B: 'recordPurchase, 5 lines', C: 'the same, all at one partner',
  D: 'recordPurchases of 100', E: 'payWithPoints', F: 'mixed', 'F-open': 'mixed, open loop at 70 % of its maximum',
  G: 'B on embedded SQLite', H: 'wallet and 20 of history, 10 million entries',
  'H-open': 'the same, open loop at half its maximum', I: 'B with 1 million members, 10 million entries',
  J: 'B through two gateways', K: 'resident memory, under B', L: 'import of receipts, lines',
  'L-sqlite': 'the same on SQLite', M: 'start until the first answer',
  N: 'a decision: 20 lines, 1,000 rules, one core', 'N-100': 'the same, 100 rules',
  O: 'a million entries into the money books, and settled', P: 'the partner matrix of a year',
  Q: 'claimReward, 200 members, one reward',
};

// What the row is held against; the figures of other rows are at hand in `rows`.
const BARS = {
  B: ['≥ 1.5 × A', (row) => row.ratio >= 1.5],
  C: ['≥ 0.9 × B', (row, rows) => row.ratio >= 0.9 * rows.B?.ratio],
  D: ['≥ 2.5 × A', (row) => row.ratio >= 2.5],
  E: ['≥ 1.5 × A', (row) => row.ratio >= 1.5],
  F: ['≥ 1.3 × A', (row) => row.ratio >= 1.3],
  'F-open': ['p99 < 50 ms', (row) => row.p99_ms < 50],
  G: ['≥ 1.5 × A', (row) => row.ratio >= 1.5],
  'H-open': ['p99 < 5 ms', (row) => row.p99_ms < 5],
  I: ['≥ 0.8 × B', (row, rows) => row.ratio >= 0.8 * rows.B?.ratio],
  J: ['≥ 0.95 × B', (row, rows) => row.ratio >= 0.95 * rows.B?.ratio],
  K: ['< 40 MB idle, < 250 MB', (row) => row.idle_rss_mb < 40 && row.rss_mb < 250],
  L: ['≥ 25,000/s', (row) => row.rate >= 25_000],
  'L-sqlite': ['≥ 40,000/s', (row) => row.rate >= 40_000],
  M: ['< 300 ms', (row) => row.p50_ms < 300],
  N: ['< 2 ms', (row) => row.p50_ms < 2],
  'N-100': ['< 0.3 ms', (row) => row.p50_ms < 0.3],
  O: ['≥ 16,667/s, < 512 MB', (row) => row.rate >= 1e6 / 60 && row.rss_mb < 512],
  P: ['< 50 ms', (row) => row.p50_ms < 50],
  Q: ['≥ 0.5 × payments', (row) => row.of_payments >= 0.5],
};

const [roundsFile, settingsFile, ...options] = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
const text = (file) => readFileSync(file, 'utf8').trim();
const rounds = text(roundsFile).split('\n').filter(Boolean).map((line) => JSON.parse(line));
const settings = text(settingsFile).split('\n').map((line) => line.split('\t'));

function median(values) {
  const known = values.filter((value) => Number.isFinite(value)).sort((one, other) => one - other);
  if (known.length === 0) return null;
  const middle = known.length >> 1;
  return known.length % 2 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
}

function rounded(value, digits) {
  return value === null || value === undefined ? null : Number(value.toFixed(digits));
}

// The reference of a round: rounds are counted through the whole run, so no two meet.
const reference = new Map(rounds.filter((one) => one.id === 'A').map((one) => [one.round, one.rate]));
const ids = Object.keys(NAMES).filter((id) => rounds.some((one) => one.id === id));

function row(id) {
  const own = rounds.filter((one) => one.id === id);
  const of = (pick) => median(own.map(pick));
  const figures = {
    id, name: NAMES[id], rounds: own.length,
    rate: rounded(of((one) => one.rate), 1),
    ratio: rounded(of((one) => one.rate / reference.get(one.round)), 3),
    p50_ms: rounded(of((one) => one.p50_ms), 3), p95_ms: rounded(of((one) => one.p95_ms), 3),
    p99_ms: rounded(of((one) => one.p99_ms), 3),
    // The longest of all rounds: a median would hide a stall.
    max_ms: rounded(Math.max(...own.map((one) => one.max_ms ?? -1)), 3),
    cpu_s: Object.fromEntries(['gateway', 'database', 'redis', 'generator'].map((group) => [group, rounded(of((one) => one.cpu_s?.[group]), 2)])),
    seconds: rounded(of((one) => one.seconds), 1),
    rss_mb: rounded(Math.max(...own.map((one) => one.rss_mb ?? -1)), 1),
    failed: own.reduce((sum, one) => sum + (one.failed ?? 0) + (one.broken ?? 0), 0),
    behind: Math.max(...own.map((one) => one.behind ?? 0)),
  };
  const share = of((one) => one.of_payments);
  if (share !== null) figures.of_payments = rounded(share, 3);
  const idle = of((one) => one.idle_rss_mb);
  if (idle !== null) figures.idle_rss_mb = rounded(idle, 1);
  for (const name of ['max_ms', 'rss_mb']) if (figures[name] < 0) figures[name] = null;
  const notes = [...new Set(own.map((one) => one.note).filter(Boolean))];
  if (notes.length > 0) figures.note = notes.join('; ');
  return figures;
}

const rows = Object.fromEntries(ids.map((id) => [id, row(id)]));
for (const [id, [bar, holds]] of Object.entries(BARS)) {
  if (rows[id]) Object.assign(rows[id], { bar, is_met: Boolean(holds(rows[id], rows)) });
}

const number = (value, digits = 0) =>
  value === null || value === undefined ? '' : value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const COLUMNS = [
  ['row', (one) => `${one.id}. ${one.name}`],
  ['a second', (one) => number(one.rate)],
  ['× A', (one) => number(one.ratio, 2)],
  ['p50 ms', (one) => number(one.p50_ms, one.p50_ms < 1 ? 3 : 1)],
  ['p95', (one) => number(one.p95_ms, 1)],
  ['p99', (one) => number(one.p99_ms, 1)],
  ['max', (one) => number(one.max_ms, 1)],
  ['CPU s: gateway', (one) => number(one.cpu_s.gateway, 1)],
  ['database', (one) => number(one.cpu_s.database, 1)],
  ['Redis', (one) => number(one.cpu_s.redis, 1)],
  ['generator', (one) => number(one.cpu_s.generator, 1)],
  ['in s', (one) => number(one.seconds, 1)],
  ['RSS MB', (one) => (one.idle_rss_mb ? `${number(one.idle_rss_mb)} idle, ` : '') + number(one.rss_mb)],
  ['facts behind', (one) => (one.behind ? number(one.behind) : '')],
  ['failed', (one) => (one.failed ? number(one.failed) : '')],
  ['bar', (one) => (one.bar ? `${one.bar}: ${one.of_payments ? `${number(one.of_payments, 2)}, ` : ''}${one.is_met ? 'met' : 'NOT met'}` : '')],
];

function table() {
  const cells = [COLUMNS.map(([name]) => name), ...Object.values(rows).map((one) => COLUMNS.map(([, show]) => show(one)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const lines = cells.map((line) => `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`);
  return lines.join('\n');
}

function page() {
  const notes = Object.values(rows).filter((one) => one.note).map((one) => `- ${one.id}: ${one.note}`);
  return `# Benchmarks

Written by \`tests/bench --report\` on ${new Date().toISOString().slice(0, 10)}; everything, the load generator too, shared this machine.

| | |
| --- | --- |
${settings.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}

${table()}

A row's figures are the medians of its rounds, its ratio the median of the ratios to row A of the same round, max and RSS
the largest of all rounds. A rate counts what was done (of a batch each purchase), and only what the answer said was done.
In a closed loop each connection waits for its answer; in an open loop requests have their moments, and latency counts
from these. CPU is what the processes used in a round, over as many seconds as stand beside it. "Facts behind" is how many
entries waited for their place in the sequence at the end of a round. After each row \`florin verify\` held.
${notes.length > 0 ? `\n${notes.join('\n')}\n` : ''}`;
}

console.log(`\n${table()}`);
for (const one of Object.values(rows)) if (one.note) console.log(`${one.id}: ${one.note}`);
if (option('--json')) {
  writeFileSync(option('--json'), `${JSON.stringify({ measured_at: new Date().toISOString(), machine: Object.fromEntries(settings), rows: Object.values(rows) }, null, 2)}\n`);
}
if (option('--report')) writeFileSync(option('--report'), page());
process.exit(Object.values(rows).some((one) => one.failed > 0) ? 1 : 0);
