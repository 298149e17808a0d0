// Rounds of tests/bench as lines of JSON, and what the script asks of them:
//
//   node rounds.mjs add ID ROUND GATEWAY DATABASE REDIS GENERATOR RSS_MB BEHIND NOTE FILE…   a line
//   node rounds.mjs acknowledged FILE…       how many operations were answered with success
//   node rounds.mjs good FILE…               ends with 1 if anything else came
//   node rounds.mjs share ROUNDS ID PERCENT  that part of a row's median rate
//   node rounds.mjs told < LINE              a line in words
//   node rounds.mjs estimate ID ROUND FILE   a line of what Criterion has measured
//
// CPU is in seconds. FILEs are what requests.lua leaves; several are load generators that ran side by
// side: what they did is added up, and of their latencies the worse counts.
import { readFileSync } from 'node:fs';

const [what, ...rest] = process.argv.slice(2);
const read = (file) => readFileSync(file, 'utf8').trim();
const parsed = (files) => files.map((file) => JSON.parse(read(file)));
const sum = (ran, name) => ran.reduce((total, one) => total + one[name], 0);

function add(id, round, gateway, database, redis, generator, rss, behind, note, ...files) {
  const ran = parsed(files);
  const worst = (name) => Math.max(...ran.map((one) => one[name]));
  const seconds = worst('seconds');
  console.log(JSON.stringify({
    id, round: Number(round), rate: sum(ran, 'operations') / seconds, seconds,
    p50_ms: worst('p50_ms'), p95_ms: worst('p95_ms'), p99_ms: worst('p99_ms'), max_ms: worst('max_ms'),
    cpu_s: { gateway: Number(gateway), database: Number(database), redis: Number(redis), generator: Number(generator) },
    rss_mb: Number(rss), behind: Number(behind), failed: sum(ran, 'failed'), broken: sum(ran, 'broken'),
    ...(note && { note }),
  }));
}

function share(file, id, percent) {
  const rounds = read(file).split('\n').map((line) => JSON.parse(line)).filter((one) => one.id === id);
  const rates = rounds.map((one) => one.rate).sort((one, other) => one - other);
  console.log(Math.floor((rates[rates.length >> 1] * percent) / 100));
}

function told() {
  const one = JSON.parse(read(0));
  const ms = (value) => (value === undefined ? '' : value.toFixed(1));
  const max = one.max_ms === undefined ? '' : `, max ${ms(one.max_ms)}`;
  console.log(`${one.id}, round ${one.round}: ${Math.round(one.rate)} a second; p50 ${ms(one.p50_ms)}, p99 ${ms(one.p99_ms)}${max} ms`);
}

function estimate(id, round, file) {
  const median = JSON.parse(read(file)).median.point_estimate / 1e6;
  console.log(JSON.stringify({ id, round: Number(round), p50_ms: median }));
}

const work = {
  add,
  acknowledged: (...files) => console.log(sum(parsed(files), 'operations')),
  good: (...files) => process.exit(parsed(files).some((one) => one.failed + one.broken > 0) ? 1 : 0),
  estimate,
  share,
  told,
};
work[what](...rest);
