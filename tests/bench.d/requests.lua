-- What wrk sends in tests/bench: no body twice, every answer looked into.
--
-- Closed loop by default: each connection sends its next request when it has its answer. With
-- BENCH_RATE it is an open loop: requests have their moments, whatever the answers do, and a
-- request's time counts from its moment, so that a stall shows in all that had to wait for it.
--
--   BENCH_KIND     purchase, batch, payment, mixed, history
--   BENCH_RUN      a word that no other run of this database has: numbers of receipts begin with it
--   BENCH_TOKENS   a file of tokens, one a line, of whoever sends this kind
--   BENCH_MEMBERS  a file of members' tokens, for mixed
--   BENCH_CARDS    how many cards there are
--   BENCH_RATE     requests a second, all threads together; without it a closed loop
--   BENCH_THREADS  how many threads wrk has
--   BENCH_OUT      the file that the figures go to
local ffi = require 'ffi'
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]

local kind = os.getenv('BENCH_KIND')
local cards = tonumber(os.getenv('BENCH_CARDS'))
local rate = tonumber(os.getenv('BENCH_RATE') or '') or 0
local threads_wanted = tonumber(os.getenv('BENCH_THREADS'))
local is_open = rate > 0
local BATCH = 100
-- A histogram's bounds grow by half a percent.
local FINENESS = 200

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set('number', #threads)
end

local time = ffi.new('bench_time')

local function microseconds()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanoseconds) / 1e3
end

local function lines(path)
  local found = {}
  for line in io.lines(path) do table.insert(found, line) end
  return found
end

-- A moment as GraphQL wants it, made once a second.
local moment, moment_at = nil, 0
local function now()
  local at = os.time()
  if at ~= moment_at then moment, moment_at = os.date('!%Y-%m-%dT%H:%M:%SZ', at), at end
  return moment
end

-- --- documents ---------------------------------------------------------------------------------

local ERRORS = 'userErrors { code message path }'

local DOCUMENTS = {
  purchase = 'mutation($input: RecordPurchaseInput!) { recordPurchase(input: $input) { points isReplayed ' .. ERRORS .. ' } }',
  kept = 'mutation($input: RecordPurchaseInput!) { recordPurchase(input: $input) { points isReplayed purchase { id receiptNumber } ' .. ERRORS .. ' } }',
  batch = 'mutation($input: RecordPurchasesInput!) { recordPurchases(input: $input) { results { points isReplayed ' .. ERRORS .. ' } } }',
  payment = 'mutation($input: PayWithPointsInput!) { payWithPoints(input: $input) { entry { id points } isReplayed ' .. ERRORS .. ' } }',
  quote = 'query($input: RecordPurchaseInput!) { quotePurchase(input: $input) { quote { availablePoints earning { points } } ' .. ERRORS .. ' } }',
  giveback = 'mutation($input: ReturnPurchaseInput!) { returnPurchase(input: $input) { purchaseReturn { points } isReplayed ' .. ERRORS .. ' } }',
  own = '{ viewer { wallet { available pending held debt history(first: 20) { nodes { id kind points occurredAt reason { summary } partner { code } } } } } }',
  history = 'query($card: String!) { member(by: { cardNumber: $card }) { wallet { available pending held debt history(first: 20) { nodes { id kind points occurredAt reason { summary } partner { code } } } } } }',
}

-- Tokens stand in the heads, so that a request is two pieces put together.
local function heads(tokens, path)
  local made = {}
  for place, token in ipairs(tokens) do
    made[place] = 'POST ' .. path .. ' HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' ..
      'Accept: application/json\r\nAuthorization: Bearer ' .. token .. '\r\n'
  end
  return made
end

local till_heads, member_heads
local slot, sent = 0, {}

local function whole(head, document, variables)
  local body = '{"query":"' .. document .. '","variables":' .. variables .. '}'
  local id = is_open and ('x-request-id: ' .. slot .. '\r\n') or ''
  return head .. id .. 'Content-Length: ' .. #body .. '\r\n\r\n' .. body
end

-- --- what is in them ---------------------------------------------------------------------------

local CATEGORIES = { 'COFFEE', 'BREAD', 'FRUIT', 'CHEESE', 'PASTA', 'SOAP', 'PAPER', 'FISH' }
local serial = 0

local function unused()
  serial = serial + 1
  return run .. '-' .. number .. '-' .. serial
end

local function card()
  return string.format('BENCH-%07d', math.random(0, cards - 1))
end

local function money(minor)
  return string.format('%d.%02d', math.floor(minor / 100), minor % 100)
end

-- A sale of five lines.
local function sale(receipt)
  local parts, total = {}, 0
  for line = 1, 5 do
    local minor = math.random(50, 2500)
    total = total + minor
    parts[line] = '{"sku":"' .. math.random(100000, 999999) .. '","category":"' ..
      CATEGORIES[math.random(#CATEGORIES)] .. '","quantity":' .. math.random(1, 3) ..
      ',"amount":"' .. money(minor) .. '"}'
  end
  return '{"receiptNumber":"' .. receipt .. '","storeCode":"S1","member":{"cardNumber":"' .. card() ..
    '"},"occurredAt":"' .. now() .. '","total":{"amount":"' .. money(total) ..
    '","currencyCode":"EUR"},"lines":[' .. table.concat(parts, ',') .. ']}'
end

local function some_till() return math.random(#till_heads) end

local KINDS = {}

function KINDS.purchase()
  return whole(till_heads[some_till()], DOCUMENTS.purchase, '{"input":' .. sale(unused()) .. '}')
end

function KINDS.batch()
  local sales = {}
  for place = 1, BATCH do sales[place] = sale(unused()) end
  return whole(till_heads[some_till()], DOCUMENTS.batch, '{"input":{"purchases":[' .. table.concat(sales, ',') .. ']}}')
end

function KINDS.payment()
  return whole(till_heads[some_till()], DOCUMENTS.payment, '{"input":{"idempotencyKey":"' .. unused() ..
    '","member":{"cardNumber":"' .. card() .. '"},"points":' .. math.random(1, 5) .. ',"occurredAt":"' .. now() .. '"}}')
end

function KINDS.history()
  return whole(till_heads[some_till()], DOCUMENTS.history, '{"card":"' .. card() .. '"}')
end

function KINDS.quote()
  return whole(till_heads[some_till()], DOCUMENTS.quote, '{"input":' .. sale('Q') .. '}')
end

function KINDS.own()
  return whole(member_heads[math.random(#member_heads)], DOCUMENTS.own, 'null')
end

-- A purchase whose answer says how to give it back: its number ends in its till.
function KINDS.kept()
  local till = some_till()
  return whole(till_heads[till], DOCUMENTS.kept, '{"input":' .. sale(unused() .. '-t' .. till) .. '}')
end

local bought, bought_first, bought_last = {}, 1, 0

function KINDS.giveback()
  local purchase = bought[bought_first]
  if not purchase then return KINDS.kept() end
  bought[bought_first] = nil
  bought_first = bought_first + 1
  return whole(till_heads[purchase.till], DOCUMENTS.giveback, '{"input":{"idempotencyKey":"' .. unused() ..
    '","purchaseId":"' .. purchase.id .. '","occurredAt":"' .. now() .. '"}}')
end

-- Of twenty: purchases 10, wallet and history 5, quotes 2, payments 2, returns 1.
local MIX = {
  'kept', 'own', 'kept', 'quote', 'kept', 'own', 'kept', 'payment', 'kept', 'own',
  'kept', 'giveback', 'kept', 'own', 'kept', 'quote', 'kept', 'own', 'kept', 'payment',
}
local turn = 0

function KINDS.mixed()
  turn = turn % #MIX + 1
  return KINDS[MIX[turn]]()
end

local make

function init()
  run = os.getenv('BENCH_RUN')
  -- Each thread of each wrk draws other cards.
  local seed = os.time() + number * 7919
  for place = 1, #run do seed = seed * 31 % 1000003 + run:byte(place) end
  math.randomseed(seed)
  till_heads = heads(lines(os.getenv('BENCH_TOKENS')), wrk.path)
  local members = os.getenv('BENCH_MEMBERS')
  member_heads = members and heads(lines(members), wrk.path)
  make = KINDS[kind]
  -- Threads take turns, so that their moments don't fall together.
  begun = microseconds() + number * 1e6 / math.max(rate, 1)
  answered, failed, first_failure, histogram, slowest = 0, 0, '', {}, 0
end

-- --- when --------------------------------------------------------------------------------------

local due, due_first, due_last = {}, 1, 0

if is_open then
  local interval = 1e6 * threads_wanted / rate

  -- A free connection takes the next moment; what is late goes at once.
  function delay()
    due_last = due_last + 1
    due[due_last] = begun + due_last * interval
    return math.max(0, math.floor((due[due_last] - microseconds()) / 1e3))
  end
end

function request()
  if is_open then
    slot = slot + 1
    local at = microseconds()
    -- Sent a little early it counts from when it was sent. wrk asks for one request at its start that
    -- it never sends, and for which it has no moment.
    if due[due_first] then
      at = math.min(due[due_first], at)
      due_first = due_first + 1
    end
    sent[slot] = at
  end
  return make()
end

-- --- what came back ----------------------------------------------------------------------------

local function count(body, text)
  local found, from = 0, 1
  while true do
    local at, last = body:find(text, from, true)
    if not at then return found end
    found, from = found + 1, last + 1
  end
end

-- HTTP 200 says nothing: no error, nothing refused, nothing that was there before.
local function is_good(status, body)
  if status ~= 200 or body:find('"errors":', 1, true) or body:find('"isReplayed":true', 1, true) then
    return false
  end
  if kind == 'batch' then return count(body, '"userErrors":[]') == BATCH end
  if body:find('"userErrors":[]', 1, true) then return true end
  return body:find('"history":{"nodes":[', 1, true) ~= nil
end

local function remember(body)
  local id, till = body:match('"purchase":{"id":"(pur_[%w]+)","receiptNumber":"[^"]-%-t(%d+)"')
  if id then
    bought_last = bought_last + 1
    bought[bought_last] = { id = id, till = tonumber(till) }
  end
end

local function record(headers)
  local id = tonumber(headers['x-request-id'])
  if not id or not sent[id] then return end
  local took = microseconds() - sent[id]
  sent[id] = nil
  slowest = math.max(slowest, took)
  -- The keys are text: wrk can't hand tables with other keys from thread to thread.
  local bucket = string.format('%d', math.floor(math.log(math.max(took, 1)) * FINENESS))
  histogram[bucket] = (histogram[bucket] or 0) + 1
end

function response(status, headers, body)
  answered = answered + 1
  if not is_good(status, body) then
    failed = failed + 1
    if first_failure == '' then first_failure = status .. ' ' .. body:sub(1, 600) end
  end
  if kind == 'mixed' then remember(body) end
  if is_open then record(headers) end
end

-- --- the figures -------------------------------------------------------------------------------

-- Each thread has a state of its own.
local function gathered(name)
  local whole_of_it, all = {}, 0
  for _, thread in ipairs(threads) do
    for bucket, times in pairs(thread:get(name)) do
      bucket = tonumber(bucket)
      whole_of_it[bucket] = (whole_of_it[bucket] or 0) + times
      all = all + times
    end
  end
  return whole_of_it, all
end

local function percentiles_of_moments()
  local buckets, all = gathered('histogram')
  local order = {}
  for bucket in pairs(buckets) do table.insert(order, bucket) end
  table.sort(order)
  return function(percent)
    local reached = 0
    for _, bucket in ipairs(order) do
      reached = reached + buckets[bucket]
      if reached >= all * percent / 100 then return math.exp((bucket + 1) / FINENESS) end
    end
    return 0
  end
end

function done(summary, latency)
  local good, bad, example, max = 0, 0, '', latency.max
  for _, thread in ipairs(threads) do
    good = good + thread:get('answered') - thread:get('failed')
    bad = bad + thread:get('failed')
    if example == '' then example = thread:get('first_failure') end
  end
  local percentile = function(percent) return latency:percentile(percent) end
  if is_open then
    percentile, max = percentiles_of_moments(), 0
    for _, thread in ipairs(threads) do max = math.max(max, thread:get('slowest')) end
  end
  local errors = summary.errors
  local file = io.open(os.getenv('BENCH_OUT'), 'w')
  file:write(string.format(
    '{"requests":%d,"seconds":%.3f,"operations":%d,"failed":%d,"broken":%d,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
    good, summary.duration / 1e6, good * (kind == 'batch' and BATCH or 1), bad,
    errors.connect + errors.read + errors.write + errors.timeout,
    percentile(50) / 1e3, percentile(95) / 1e3, percentile(99) / 1e3, max / 1e3))
  file:close()
  if bad > 0 then print('the first that failed: ' .. example) end
end
