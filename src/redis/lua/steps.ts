import { ADDRESS } from './address.ts';

/**
 * One step of the tuple machine, as `store/attempt.ts` has it. KEYS: address, tuple, due, and, where they can share a
 * script, the spamtraps.
 */
export const ATTEMPT = `${ADDRESS}
local given, own, record = tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]
local passtime, greyexp, whiteexp = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local trapWins, renewal, server = ARGV[8] == '1', tonumber(ARGV[9]), ARGV[10] == '1'
local ip, spelled, mailbox = ARGV[11], ARGV[12], ARGV[13]
local tupleKey, addressKeys = KEYS[2], { KEYS[1], KEYS[3] }

if KEYS[4] and redis.call('SISMEMBER', KEYS[4], mailbox) == 1 then return { 'spamtrap' } end

local now = clock(given, server)
local at = tonumber(ARGV[1])
if own then at = at + now - given else at = math.min(at, now) end

local address, before = load(KEYS[1])
local state = address and stateOf(address, now, trapWins)

if state and state.kind == 'white' then
  local since, till = state.at, state.till
  if not own then return { 'white', text(since), text(till), 0 } end
  address.pass = now
  address.passed = address.passed + 1
  local renewed = math.max(till, now + whiteexp)
  local announce = isForgotten(address, now) or now - address.announcedAt >= renewal
  if announce then
    noteAnnounced(address, renewed, now)
    since = applyChange(address, 'white', now, renewed, true, '')
  elseif renewed > till then
    applyChange(address, 'white', since, renewed, false, '')
  end
  save(addressKeys, ip, address, before, server)
  return { 'white', text(since), text(renewed), announce and 1 or 0 }
end

if state then
  redis.call('HINCRBY', KEYS[1], 'blocked', 1)
  return { 'trapped', text(state.till), address.by }
end

local known = redis.call('HMGET', tupleKey, 'first', 'expires', 'pass', 'blocked')
local live = known[1] and tonumber(known[2]) > at
if record == 'no' or (record == 'known' and not live) then return { 'unrecorded' } end

if not live then
  local first, expires = text(at), text(at + greyexp)
  redis.call('DEL', tupleKey)
  redis.call('HSET', tupleKey, 'first', first, 'pass', expires, 'expires', expires, 'blocked', '1', 'passed', '0')
  if spelled ~= '' then redis.call('HSET', tupleKey, 'spelled', spelled) end
  if server then expireAt(tupleKey, at + greyexp) end
  return { 'first', first, 1 }
end

local first, expires = tonumber(known[1]), tonumber(known[2])
local life = expires - first
if at < first and first < at + life then
  if known[3] == known[2] then redis.call('HSET', tupleKey, 'pass', text(at + life)) end
  first, expires = at, at + life
  redis.call('HSET', tupleKey, 'first', text(first), 'expires', text(expires))
end
if first + passtime >= at then
  redis.call('HINCRBY', tupleKey, 'blocked', 1)
  -- Last, for it may remove the tuple at once.
  if server then expireAt(tupleKey, expires) end
  return { 'early', text(first), tonumber(known[4]) + 1 }
end

local since, till = at, at + whiteexp
address = address or newRecord(first)
address.pass = at
redis.call('HSET', tupleKey, 'pass', text(at))
redis.call('HINCRBY', tupleKey, own and 'passed' or 'blocked', 1)
if server then expireAt(tupleKey, expires) end
if own then
  address.passed = address.passed + 1
  noteAnnounced(address, till, now)
  since = applyChange(address, 'white', at, till, true, '')
else
  applyChange(address, 'white', at, till, false, '')
end
save(addressKeys, ip, address, before, server)
return { 'promoted', text(since), text(till) }
`;

/** Merges a change into an address. KEYS: address, due. */
export const MERGE = `${ADDRESS}
local ip, kind, at, till, own, by = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6]
local given, announced, server = tonumber(ARGV[7]), ARGV[8] == '1', ARGV[9] == '1'
local now = clock(given, server)
if own then at = at + now - given end
local address, before = load(KEYS[1])
address = address or newRecord(at)
at = applyChange(address, kind, at, till, own, by)
if announced then noteAnnounced(address, till, now) end
save(KEYS, ip, address, before, server)
return text(at)
`;

/** Puts an address as it is, or merges it into what is known of it, as `store/load.ts` does. KEYS: address, due. */
export const LOAD_ADDRESS = `${ADDRESS}
local ip, server = ARGV[1], ARGV[2] == '1'
local added = asRecord({ unpack(ARGV, 3) })
local address, before = load(KEYS[1])
if address then
  if added.whiteRemoved > 0 then
    applyChange(address, 'remove-white', added.whiteRemoved, added.removalsUntil, false)
  end
  if added.trappedRemoved > 0 then
    applyChange(address, 'remove-trapped', added.trappedRemoved, added.removalsUntil, false)
  end
  for _, claim in ipairs(added.white) do applyChange(address, 'white', claim.at, claim.till, false, '') end
  for _, claim in ipairs(added.trapped) do applyChange(address, 'trapped', claim.at, claim.till, false, added.by) end
  address.first = math.min(address.first, added.first)
  for _, field in ipairs({ 'ownWhite', 'pass', 'blocked', 'passed', 'announcedUntil', 'announcedAt' }) do
    address[field] = math.max(address[field], added[field])
  end
end
save(KEYS, ip, address or added, before, server)
return 1
`;

/** Puts a tuple in the place of what is known of it. KEYS: tuple. */
export const LOAD_TUPLE = `${ADDRESS}
local server, spelled = ARGV[1] == '1', ARGV[7]
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'first', ARGV[2], 'pass', ARGV[3], 'expires', ARGV[4], 'blocked', ARGV[5], 'passed', ARGV[6])
if spelled ~= '' then redis.call('HSET', KEYS[1], 'spelled', spelled) end
if server then expireAt(KEYS[1], tonumber(ARGV[4])) end
return 1
`;

/**
 * Takes an address out of the index of what is due, or notes it as announced again, as `takeDue` does. What is not
 * live now stays, for it may come back. KEYS: address, due.
 */
export const TAKE_DUE = `${ADDRESS}
local ip, trapWins = ARGV[1], ARGV[3] == '1'
local server = ARGV[4] == '1'
local now = clock(tonumber(ARGV[2]), server)
local address, before = load(KEYS[1])
if not address then
  redis.call('ZREM', KEYS[2], ip)
  return { 'gone' }
end
if address.announcedUntil == 0 or not isForgotten(address, now) then return { 'kept' } end
local state = stateOf(address, now, trapWins)
if not state then return { 'kept' } end
noteAnnounced(address, state.till, now)
applyChange(address, state.kind, state.at, state.till, false, '')
save(KEYS, ip, address, before, server)
return { 'due', state.kind, text(state.at), text(state.till) }
`;

/** Removes an address that nothing holds any more. KEYS: address, due. */
export const PRUNE_ADDRESS = `${ADDRESS}
local address = load(KEYS[1])
if not address or heldUntil(address) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
`;

/** Removes a tuple that has expired. KEYS: tuple. */
export const PRUNE_TUPLE = `
local expires = redis.call('HGET', KEYS[1], 'expires')
if not expires or tonumber(expires) > tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])
`;
