// How long a command takes until it answers GraphQL: node start.mjs TIMES URL COMMAND…
//
// Each time the command is started, asked again and again from its first moment on, and ended once it
// has answered a question that reads the database. Prints the milliseconds, one time a line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';

const [times, url, command, ...words] = process.argv.slice(2);
const token = process.env.BENCH_TOKEN;
const PAUSE_MS = 1;
const PATIENCE_MS = 20_000;

function ask() {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => resolve(answer.statusCode === 200 && text.includes('"programme":{"code":')));
    });
    sent.on('error', () => resolve(false));
    sent.end('{"query":"{ programme { code } }"}');
  });
}

for (let time = 0; time < Number(times); time++) {
  const begun = performance.now();
  const child = spawn(command, words, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (!(await ask())) {
    if (performance.now() - begun > PATIENCE_MS) {
      child.kill('SIGKILL');
      throw new Error('no answer');
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  console.log((performance.now() - begun).toFixed(1));
  child.kill('SIGTERM');
  await ended;
}
