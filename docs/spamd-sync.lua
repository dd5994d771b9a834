-- The sync protocol of spamd(8), version 2, for Wireshark and tshark.
--
--   tshark -X lua_script:spamd-sync.lua -ni em0 -f 'udp port 8025'
--
-- Wireshark loads it from the folder "Personal Lua Plugins" (Help, About, Folders). It does not verify the HMAC: that
-- takes the key, see `spamd-sync decode -K`.

local sync = Proto('spamdsync', 'spamd sync')

local types = {
  [0] = 'END',
  [1] = 'GREY',
  [2] = 'WHITE',
  [3] = 'TRAPPED',
  [4] = 'DELETE WHITE',
  [5] = 'DELETE TRAPPED',
}

local f = {
  version = ProtoField.uint8('spamdsync.version', 'Version'),
  family = ProtoField.uint8('spamdsync.family', 'Address family'),
  length = ProtoField.uint16('spamdsync.length', 'Length'),
  counter = ProtoField.uint32('spamdsync.counter', 'Counter'),
  hmac = ProtoField.bytes('spamdsync.hmac', 'HMAC-SHA1'),
  padding = ProtoField.bytes('spamdsync.padding', 'Padding'),
  tlv_type = ProtoField.uint16('spamdsync.tlv.type', 'Type', base.DEC, types),
  tlv_length = ProtoField.uint16('spamdsync.tlv.length', 'Length'),
  timestamp = ProtoField.absolute_time('spamdsync.timestamp', 'Timestamp', base.UTC),
  expires = ProtoField.absolute_time('spamdsync.expires', 'Expires', base.UTC),
  ip = ProtoField.ipv4('spamdsync.ip', 'Address'),
  from = ProtoField.string('spamdsync.from', 'From', base.UNICODE),
  to = ProtoField.string('spamdsync.to', 'To', base.UNICODE),
  helo = ProtoField.string('spamdsync.helo', 'HELO', base.UNICODE),
  refused = ProtoField.string('spamdsync.refused', 'Refused'),
}
sync.fields = f

local refused = ProtoExpert.new('spamdsync.expert.refused', 'A receiver refuses it', expert.group.MALFORMED, expert.severity.ERROR)
sync.experts = { refused }

local HEADER, TLV, GREY, ADDRESS, MIN, MAX = 32, 4, 18, 16, 36, 1408
-- Entries on the line of a packet.
local SHOWN = 4

-- A string whose last byte, counted in its length, is its only NUL, and that is one line.
local function is_text(buffer, at, length)
  if length < 1 or buffer(at + length - 1, 1):uint() ~= 0 then return false end
  for i = at, at + length - 2 do
    local byte = buffer(i, 1):uint()
    if byte == 0 or byte == 10 or byte == 13 then return false end
  end
  return true
end

-- Adds a GREY; returns what is wrong with it, if anything.
local function add_grey(buffer, at, size, tree)
  if size < GREY then return 'GREY of ' .. size .. ' bytes', at + 2 end
  tree:add(f.timestamp, buffer(at + 4, 4))
  tree:add(f.ip, buffer(at + 8, 4))
  local start = at + GREY
  local lengths = { buffer(at + 12, 2):uint(), buffer(at + 14, 2):uint(), buffer(at + 16, 2):uint() }
  if GREY + lengths[1] + lengths[2] + lengths[3] > size then return 'GREY strings longer than their TLV', at + 12 end
  for i, field in ipairs({ f.from, f.to, f.helo }) do
    if not is_text(buffer, start, lengths[i]) then return 'GREY string is not one NUL-terminated line', start end
    tree:add(field, buffer(start, lengths[i] - 1))
    start = start + lengths[i]
  end
  return nil
end

-- Walks over the TLVs; returns what is wrong, and at which byte.
local function add_tlvs(buffer, tree, words)
  local at, size = HEADER, buffer:len()
  while size - at >= TLV do
    local kind, length = buffer(at, 2):uint(), buffer(at + 2, 2):uint()
    local fits = length >= TLV and at + length <= size
    local name = types[kind] or ('type ' .. kind)
    local branch = tree:add(sync, buffer(at, fits and length or TLV), name)
    branch:add(f.tlv_type, buffer(at, 2))
    branch:add(f.tlv_length, buffer(at + 2, 2))
    if kind == 0 then
      if length ~= TLV then return 'END of length ' .. length, at + 2 end
      if at + TLV ~= size then return (size - at - TLV) .. ' bytes after END', at + TLV end
      return nil
    end
    if not fits then return 'a TLV of length ' .. length, at + 2 end
    if kind == 1 then
      local why, where = add_grey(buffer, at, length, branch)
      if why then return why, where end
    elseif kind <= 5 then
      if length ~= ADDRESS then return 'TLV ' .. kind .. ' of ' .. length .. ' bytes, not 16', at + 2 end
      branch:add(f.timestamp, buffer(at + 4, 4))
      branch:add(f.expires, buffer(at + 8, 4))
      branch:add(f.ip, buffer(at + 12, 4))
    end
    words[#words + 1] = kind <= 5 and (name .. ' ' .. tostring(buffer(at + (kind == 1 and 8 or 12), 4):ipv4())) or name
    at = at + length
  end
  return 'no END', at
end

-- The checks of a receiver, in their order, but for the HMAC.
local function add_datagram(buffer, tree, words)
  local size = buffer:len()
  if size >= HEADER then
    tree:add(f.version, buffer(0, 1))
    tree:add(f.family, buffer(1, 1))
    tree:add(f.length, buffer(2, 2))
    tree:add(f.counter, buffer(4, 4))
    tree:add(f.hmac, buffer(8, 20))
    tree:add(f.padding, buffer(28, 4))
  end
  if size < MIN then return 'short', 'under 36 bytes', 0 end
  if size > MAX then return 'oversize', 'over 1408 bytes', MAX end
  if buffer(0, 1):uint() ~= 2 then return 'version', 'not version 2', 0 end
  if buffer(1, 1):uint() ~= 2 then return 'family', 'not address family 2', 1 end
  if buffer(2, 2):uint() ~= size then return 'length', 'not the length of the datagram', 2 end
  local why, where = add_tlvs(buffer, tree, words)
  if why then return 'malformed', why, where end
  return nil
end

function sync.dissector(buffer, pinfo, root)
  pinfo.cols.protocol = 'spamd-sync'
  local tree = root:add(sync, buffer())
  local words = {}
  local reason, why, where = add_datagram(buffer, tree, words)
  if reason then
    local text = reason .. ': ' .. why .. ' (at byte ' .. where .. ')'
    tree:add(f.refused, buffer(), reason):set_generated()
    tree:add_proto_expert_info(refused, text)
    pinfo.cols.info = text
  else
    local more = #words > SHOWN and (', ' .. (#words - SHOWN) .. ' more') or ''
    pinfo.cols.info = table.concat(words, ', ', 1, math.min(#words, SHOWN)) .. more
  end
  return buffer:len()
end

DissectorTable.get('udp.port'):add(8025, sync)
