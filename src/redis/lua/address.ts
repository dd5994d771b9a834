/**
 * Records of addresses in Lua, as `store/address-record.ts` has them: claims, the merge, the state. What comes before
 * each step that looks at an address. A change there is a change here; the tests run both side by side.
 */
export const ADDRESS = `
local FIELDS = { 'white', 'trapped', 'by', 'first', 'pass', 'blocked', 'passed', 'whiteRemoved', 'trappedRemoved',
  'removalsUntil', 'ownWhite', 'announcedUntil', 'announcedAt' }
local TEXTS = { white = true, trapped = true, by = true }
local MAX_CLAIMS = 32
local FORGOTTEN_AFTER = 120
local LATEST = 1e12

local function text(number) return string.format('%.17g', number) end

local function clock(given, server)
  if not server then return given end
  return tonumber(redis.call('TIME')[1])
end

local function expireAt(key, till)
  redis.call('PEXPIREAT', key, text(math.floor(math.min(till, LATEST) * 1000)))
end

local function parseClaims(list)
  local claims = {}
  for at, till in string.gmatch(list, '([^:,]+):([^:,]+)') do
    claims[#claims + 1] = { at = tonumber(at), till = tonumber(till) }
  end
  return claims
end

local function claimsText(claims)
  local list = {}
  for i, claim in ipairs(claims) do list[i] = text(claim.at) .. ':' .. text(claim.till) end
  return table.concat(list, ',')
end

local function asRecord(values)
  local record = {}
  for i, field in ipairs(FIELDS) do
    local value = values[i]
    if TEXTS[field] then record[field] = value or '' else record[field] = tonumber(value or 0) end
  end
  record.white = parseClaims(record.white)
  record.trapped = parseClaims(record.trapped)
  return record
end

local function newRecord(first)
  local record = asRecord({})
  record.first = first
  return record
end

local function load(key)
  local values = redis.call('HMGET', key, unpack(FIELDS))
  if not values[4] then return nil, {} end
  return asRecord(values), values
end

local function newest(claims) return claims[1] and claims[1].at or -1 end

local function longest(claims, least)
  for _, claim in ipairs(claims) do least = math.max(least, claim.till) end
  return least
end

local function heldUntil(record)
  return longest(record.trapped, longest(record.white, record.removalsUntil))
end

local function save(keys, ip, record, before, server)
  local changed = {}
  for i, field in ipairs(FIELDS) do
    local value = record[field]
    if type(value) == 'table' then value = claimsText(value) elseif type(value) == 'number' then value = text(value) end
    local known = before[i] or (TEXTS[field] and '' or '0')
    if value ~= known or (field == 'first' and not before[i]) then
      changed[#changed + 1] = field
      changed[#changed + 1] = value
      changed[field] = true
    end
  end
  if #changed == 0 then return end
  redis.call('HSET', keys[1], unpack(changed))
  if changed.announcedUntil then redis.call('ZADD', keys[2], text(record.announcedUntil), ip) end
  if server and (changed.first or changed.white or changed.trapped or changed.removalsUntil) then
    expireAt(keys[1], heldUntil(record))
  end
end

local function withClaim(claims, at, till)
  local kept, placed = {}, false
  for _, other in ipairs(claims) do
    if other.at >= at and other.till >= till then return claims end
    if other.at > at or other.till > till then
      if not placed and other.at < at then
        kept[#kept + 1] = { at = at, till = till }
        placed = true
      end
      kept[#kept + 1] = other
    end
  end
  if not placed then kept[#kept + 1] = { at = at, till = till } end
  for i = #kept, MAX_CLAIMS + 1, -1 do kept[i] = nil end
  return kept
end

local function newerThan(claims, removed)
  local kept = {}
  for _, claim in ipairs(claims) do
    if claim.at > removed then kept[#kept + 1] = claim end
  end
  return kept
end

local function earliestEffective(record, kind)
  if kind == 'white' then return math.max(record.whiteRemoved, newest(record.trapped)) + 1 end
  if kind == 'trapped' then return math.max(record.trappedRemoved + 1, newest(record.white)) end
  if kind == 'remove-white' then return newest(record.white) end
  return newest(record.trapped)
end

local function keepRemovals(record, till, removed)
  record.removalsUntil = longest(removed, math.max(record.removalsUntil, till))
end

local function applyChange(record, kind, at, till, own, by)
  if own then at = math.max(at, earliestEffective(record, kind)) end
  if kind == 'white' then
    if at <= record.whiteRemoved then keepRemovals(record, till, {})
    else record.white = withClaim(record.white, at, till) end
    if own then record.ownWhite = math.max(record.ownWhite, at) end
  elseif kind == 'trapped' then
    if at <= record.trappedRemoved then keepRemovals(record, till, {})
    else
      record.trapped = withClaim(record.trapped, at, till)
      if by ~= '' and at >= newest(record.trapped) then record.by = by end
    end
  elseif kind == 'remove-white' then
    record.whiteRemoved = math.max(record.whiteRemoved, at)
    keepRemovals(record, till, record.white)
    record.white = newerThan(record.white, record.whiteRemoved)
  else
    record.trappedRemoved = math.max(record.trappedRemoved, at)
    keepRemovals(record, till, record.trapped)
    record.trapped = newerThan(record.trapped, record.trappedRemoved)
  end
  return at
end

local function newestHolding(claims, now)
  for _, claim in ipairs(claims) do
    if claim.till > now then return claim.at end
  end
  return -1
end

local function latestUntil(claims, from)
  local latest = 0
  for _, claim in ipairs(claims) do
    if claim.at >= from then latest = math.max(latest, claim.till) end
  end
  return latest
end

local function ownWhite(record)
  return record.ownWhite > record.whiteRemoved and record.ownWhite or -1
end

local function stateOf(record, now, trapWins)
  local white = newestHolding(record.white, now)
  local trapped = newestHolding(record.trapped, now)
  if white < 0 and trapped < 0 then return nil end
  local against = trapWins and trapped >= 0 and math.min(white, ownWhite(record)) or white
  if against > trapped then return { kind = 'white', at = white, till = latestUntil(record.white, trapped + 1) } end
  return { kind = 'trapped', at = trapped, till = latestUntil(record.trapped, against) }
end

local function noteAnnounced(record, till, now)
  if record.announcedUntil + FORGOTTEN_AFTER <= now then record.announcedUntil = till end
  record.announcedAt = now
end

local function isForgotten(record, now)
  if record.announcedUntil > now then return false end
  return record.announcedAt < record.announcedUntil or record.announcedUntil + FORGOTTEN_AFTER <= now
end
`;
